package growth

import (
	"encoding/binary"
	"iter"
	"slices"
	"strings"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"

	"github.com/promfold/promfold/internal/judge"
	"github.com/promfold/promfold/internal/lines"
)

// Kind says what a view makes of its series.
type Kind uint8

// The kinds.
const (
	Counter Kind = iota
	Gauge
	Histogram
	watched Kind = 254 // no view: a line whose growth says what is usual for others of its metric
	NoKind  Kind = 255
)

// String returns the kind in lower case.
func (k Kind) String() string {
	if int(k) < len(kinds) {
		return kinds[k]
	}
	return "none"
}

var kinds = [...]string{"counter", "gauge", "histogram"}

// kindOf returns what is made of a family of a type, or NoKind.
func kindOf(t model.MetricType) Kind {
	switch t {
	case model.MetricTypeCounter, model.MetricTypeSummary:
		return Counter
	case model.MetricTypeHistogram:
		return Histogram
	case model.MetricTypeGauge, model.MetricTypeInfo, model.MetricTypeStateset:
		return Gauge
	}
	return NoKind
}

// Selection says which lines a view wants and how it groups them. It never
// changes once a Router has it.
type Selection struct {
	Kind   Kind
	Metric string // a counter's with or without _total, a histogram's family
	Every  bool   // all families of the kind
	Loose  bool   // what has no sum over instances: series without a type, quantiles of summaries, gauge histograms
	Type   model.MetricType
	Where  []*labels.Matcher
	By     []string
	// Without are the labels a group lacks, where By is empty; a list with one
	// empty name keeps all labels.
	Without []string
	Rules   judge.Rules
	// Body says that target labels never stand before those of the body.
	Body bool
	// Known returns what is known of a metric: who keeps its counts, and matchers
	// of the lines that are no sums of others. Nil: nothing is.
	Known func(metric string) (judge.Owner, []*labels.Matcher)
}

// Fit says how a line relates to a selection.
type Fit uint8

// The ways in which it does.
const (
	OfAnother     Fit = iota // another metric
	OfAnotherType            // the metric, with a type that the view does not take
	OfTheMetric              // the metric and type; the matchers decide
)

// Fits yields for each line of an instance the type that its family declares,
// and how it relates to the selection by name and type alone.
func (s *Selection) Fits(store *lines.Store, c *lines.Columns) iter.Seq2[model.MetricType, Fit] {
	return func(yield func(model.MetricType, Fit) bool) {
		for _, id := range c.IDs() {
			if l := store.Line(id); !yield(l.Family.Type, s.Takes(l)) {
				return
			}
		}
	}
}

// Takes compares name and type alone.
func (s *Selection) Takes(l *lines.Line) Fit {
	f, _ := s.fits(l)
	return f
}

// Part is what a view takes of an object's step.
type Part uint8

// The parts.
const (
	Whole   Part = iota // a counter's growth, a histogram's distribution, a gauge's value
	CountOf             // how many observations a histogram has
	SumOf               // their sum
	Matched             // nothing: the metric is there, but not selected
	Refused             // nothing: the metric is there with another type
)

// fits compares name and type alone.
func (s *Selection) fits(l *lines.Line) (Fit, Part) {
	switch {
	case l.Dropped:
		return OfAnother, Whole
	case s.Loose && (l.Role == lines.Quantile || l.Family.Type == model.MetricTypeUnknown ||
		l.Family.Type == model.MetricTypeGaugeHistogram && (l.Role == lines.Count || l.Role == lines.Native)):
		return OfTheMetric, Whole
	case s.Loose:
		return OfAnother, Whole
	case s.Every:
		return s.fitsEvery(l), Whole
	}
	switch s.Kind {
	case Histogram:
		return s.fitsHistogram(l), Whole
	case Counter:
		return s.fitsCounter(l)
	}
	return s.fitsGauge(l), Whole
}

func (s *Selection) fitsHistogram(l *lines.Line) Fit {
	if l.Family.Name != s.Metric {
		return OfAnother
	}
	switch s.typeOf(l) {
	case model.MetricTypeHistogram:
		return ofHistogram(l)
	case model.MetricTypeSummary:
		return ofSummary(l)
	}
	return OfAnotherType
}

// ofSummary takes the count and the sum of a summary: a histogram of one bucket.
// Its quantiles are those of the client's own window.
func ofSummary(l *lines.Line) Fit {
	if l.Role == lines.Count || l.Role == lines.Sum {
		return OfTheMetric
	}
	return OfAnother
}

// rangeLabel is what VictoriaMetrics' client writes in place of le.
const rangeLabel = "vmrange"

// ofHistogram takes the lines of a histogram, also buckets that cannot be read.
func ofHistogram(l *lines.Line) Fit {
	switch l.Role {
	case lines.Bucket, lines.Count, lines.Sum, lines.Native:
		return OfTheMetric
	case lines.Value:
		if rest, ok := strings.CutPrefix(l.Name, l.Family.Name); ok && rest == "_bucket" {
			return OfTheMetric
		}
	}
	return OfAnother
}

// fitsCounter also takes the count or the sum of a histogram or summary, all
// lines of which are then one object.
func (s *Selection) fitsCounter(l *lines.Line) (Fit, Part) {
	of := ofHistogram
	if l.Family.Type == model.MetricTypeSummary {
		of = ofSummary
	}
	if l.Family.Type == model.MetricTypeHistogram || l.Family.Type == model.MetricTypeSummary {
		switch rest, ok := strings.CutPrefix(s.Metric, l.Family.Name); {
		case ok && rest == "_count":
			return of(l), CountOf
		case ok && rest == "_sum":
			return of(l), SumOf
		}
	}
	base := strings.TrimSuffix(s.Metric, "_total")
	rest, ok := strings.CutPrefix(l.Name, base)
	if !ok || rest != "" && rest != "_total" || l.Role == lines.Native {
		return OfAnother, Whole
	}
	switch t := s.typeOf(l); {
	case l.Role == lines.Count || l.Role == lines.Sum:
		return OfTheMetric, Whole
	case l.Role != lines.Value || t != model.MetricTypeCounter && t != model.MetricTypeUnknown:
		return OfAnotherType, Whole
	}
	return OfTheMetric, Whole
}

func (s *Selection) fitsGauge(l *lines.Line) Fit {
	if l.Name != s.Metric || l.Role == lines.Native {
		return OfAnother
	}
	switch s.typeOf(l) {
	case model.MetricTypeCounter, model.MetricTypeHistogram, model.MetricTypeGaugeHistogram, model.MetricTypeSummary:
		return OfAnotherType
	}
	return OfTheMetric
}

// fitsEvery goes by the declared type alone.
func (s *Selection) fitsEvery(l *lines.Line) Fit {
	if s.Kind != kindOf(l.Family.Type) {
		return OfAnother
	}
	switch l.Role {
	case lines.Count, lines.Sum, lines.Bucket, lines.Native:
		return OfTheMetric
	case lines.Value:
		if s.Kind == Histogram {
			return ofHistogram(l)
		}
		return OfTheMetric
	}
	return OfAnother
}

func (s *Selection) typeOf(l *lines.Line) model.MetricType {
	if s.Type != "" {
		return s.Type
	}
	return l.Family.Type
}

// About reports whether the selection is on a family, as far as names tell.
func (s *Selection) About(f *lines.Family) bool {
	if s.Every {
		return s.Kind == kindOf(f.Type)
	}
	return OfFamily(s.Metric, f)
}

// OfFamily reports whether a metric of that name is one of the family's.
func OfFamily(metric string, f *lines.Family) bool {
	rest, ok := strings.CutPrefix(strings.TrimSuffix(metric, "_total"), strings.TrimSuffix(f.Name, "_total"))
	if !ok {
		return false
	}
	switch rest {
	case "":
		return true
	case "_count", "_sum":
		return f.Type == model.MetricTypeHistogram || f.Type == model.MetricTypeSummary
	case "_info":
		return f.Type == model.MetricTypeInfo
	}
	return false
}

// nameOf returns the name that a line has in the view.
func (s *Selection) nameOf(l *lines.Line) string {
	if s.Every && s.Kind == Histogram {
		return l.Family.Name
	}
	return l.Name
}

// label returns what a matcher of the view compares.
func (s *Selection) label(l *lines.Line, name string) string {
	if name == model.MetricNameLabel {
		return s.nameOf(l)
	}
	return l.Label(name)
}

// Mentions reports whether the view matches or groups by a label.
func (s *Selection) Mentions(name string) bool {
	if s.Body {
		return false
	}
	return slices.Contains(s.By, name) || len(s.Without) > 0 ||
		slices.ContainsFunc(s.Where, func(m *labels.Matcher) bool { return m.Name == name })
}

// bounds reports whether the view may tell buckets of one histogram apart.
func (s *Selection) bounds() bool {
	return s.Known != nil || s.keeps(labels.BucketLabel)
}

// Seen returns those of a target's labels that matter to the view.
func (s *Selection) Seen(target labels.Labels) labels.Labels {
	b := labels.NewBuilder(target)
	target.Range(func(l labels.Label) {
		if !s.Mentions(l.Name) {
			b.Del(l.Name)
		}
	})
	return b.Labels()
}

// given returns which of the target's labels the view mentions.
func (s *Selection) given(target labels.Labels) []string {
	var names []string
	target.Range(func(l labels.Label) {
		if s.Mentions(l.Name) {
			names = append(names, l.Name)
		}
	})
	return names
}

// Admits asks the matchers on labels that the target gives.
func (s *Selection) Admits(target labels.Labels) bool {
	given := s.given(target)
	for _, m := range s.Where {
		if slices.Contains(given, m.Name) && !m.Matches(target.Get(m.Name)) {
			return false
		}
	}
	return true
}

// Over puts the target's labels over a group's.
func (s *Selection) Over(group, target labels.Labels) labels.Labels {
	given := s.given(target)
	if len(given) == 0 {
		return group
	}
	b := labels.NewBuilder(group)
	for _, name := range given {
		if slices.Contains(s.By, name) || len(s.Without) > 0 && !slices.Contains(s.Without, name) {
			b.Set(name, target.Get(name))
		}
	}
	return b.Labels()
}

// Former returns the group in which the series of a group were before the target
// of their instance, which had other labels, got those that it has now.
func (s *Selection) Former(group, before, now labels.Labels) labels.Labels {
	b := labels.NewBuilder(group)
	b.Del(s.given(now)...)
	return s.Over(b.Labels(), before)
}

// Pins returns how many labels of the view's groups are a target's.
func (s *Selection) Pins(target labels.Labels) int { return len(s.given(target)) }

// SpeaksFor reports whether an instance with the given target labels could have
// series in a group with these labels, as far as the target decides it.
func (s *Selection) SpeaksFor(group, target labels.Labels) bool {
	for _, name := range s.given(target) {
		if slices.Contains(s.By, name) && group.Get(name) != target.Get(name) {
			return false
		}
	}
	return true
}

// matches asks the matchers on labels that the body gives. Lines that are sums of
// others are left out where the view would add them to these.
func (s *Selection) matches(l *lines.Line, given []string) bool {
	for _, m := range s.Where {
		if !slices.Contains(given, m.Name) && !m.Matches(s.label(l, m.Name)) {
			return false
		}
	}
	if s.Known == nil {
		return true
	}
	_, leaves := s.Known(s.nameOf(l))
	for _, m := range leaves {
		if !s.keeps(m.Name) && !m.Matches(s.label(l, m.Name)) {
			return false
		}
	}
	return true
}

// keeps reports whether the view matches a label, or groups by it.
func (s *Selection) keeps(name string) bool {
	switch {
	case slices.ContainsFunc(s.Where, func(m *labels.Matcher) bool { return m.Name == name }):
		return true
	case len(s.Without) > 0:
		return !slices.Contains(s.Without, name)
	}
	return slices.Contains(s.By, name)
}

// groupKey appends what tells the group of a line from others: the values of the
// labels by which the view groups. ok is false if it names those that it leaves out.
func (s *Selection) groupKey(key []byte, l *lines.Line, given []string) (_ []byte, ok bool) {
	if len(s.Without) > 0 {
		return key, false
	}
	add := func(value string) { key = append(binary.AppendUvarint(key, uint64(len(value))), value...) }
	for _, name := range s.By {
		if !slices.Contains(given, name) && (name != model.MetricNameLabel || !s.Every) {
			add(l.Label(name))
		}
	}
	if s.Every {
		add(s.nameOf(l))
	}
	return key, true
}

// group returns what a series says of its group.
func (s *Selection) group(l *lines.Line, given []string) labels.Labels {
	b := labels.NewBuilder(labels.EmptyLabels())
	part := "" // tells the lines of one object apart; le of a counter or gauge is a plain label
	switch {
	case l.Family.Type == model.MetricTypeHistogram && l.Role == lines.Value:
		part = rangeLabel
	case l.Role == lines.Bucket:
		part = labels.BucketLabel
	case l.Role == lines.Quantile:
		part = model.QuantileLabel
	}
	if len(s.Without) > 0 {
		b.Reset(l.Labels())
		b.Del(model.MetricNameLabel, part).Del(s.Without...)
	} else {
		for _, name := range s.By {
			b.Set(name, l.Label(name))
		}
	}
	b.Del(given...)
	if s.Every {
		b.Set(model.MetricNameLabel, s.nameOf(l))
	}
	return b.Labels()
}

// rulesOf returns the rules for a line. The owner is the view's, or else what
// the name tells.
func (s *Selection) rulesOf(l *lines.Line) judge.Rules {
	r := s.Rules
	if r.Owner == judge.OwnerUnknown {
		r.Owner = s.ownerOf(s.nameOf(l), l.Name)
	}
	return r
}

// ownerOf returns who keeps the counts of a metric, of which a line has a name.
func (s *Selection) ownerOf(metric, name string) judge.Owner {
	if s.Known != nil {
		if owner, _ := s.Known(metric); owner != judge.OwnerUnknown {
			return owner
		}
	}
	return ownerOf(name)
}

// Outlives reports whether what a group counts goes on when a process ends.
func (s *Selection) Outlives(group labels.Labels) bool {
	if s.Rules.Owner != judge.OwnerUnknown {
		return s.Rules.Owner == judge.OwnerExternal
	}
	name := s.Metric
	if s.Every {
		name = group.Get(model.MetricNameLabel)
	}
	return s.ownerOf(name, name) == judge.OwnerExternal
}
