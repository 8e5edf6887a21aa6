package expose

import (
	"bufio"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/exemplar"
	"github.com/prometheus/prometheus/model/labels"

	"github.com/promfold/promfold/parse"
)

// lineWriter writes samples as text or, if open, as OpenMetrics: a line each.
// Flush reports what went wrong.
type lineWriter struct {
	*bufio.Writer
	open   bool
	scheme model.EscapingScheme
	line   []byte
}

func writeLines(w io.Writer, list []*grouped, scheme model.EscapingScheme, open bool) error {
	t := lineWriter{bufio.NewWriter(w), open, scheme, nil}
	for _, g := range list {
		t.heading(&g.Family)
		t.family(g)
	}
	if open {
		t.WriteString("# EOF\n")
	}
	return t.Flush()
}

// heading writes what is known of a family.
func (t *lineWriter) heading(f *parse.Family) {
	name, typ := f.Name, textType(f.Type)
	if t.open {
		name, typ = openType(f)
	}
	quoted := model.EscapeName(name, t.scheme)
	if !model.LegacyValidation.IsValidMetricName(quoted) {
		quoted = `"` + quote.Replace(quoted) + `"`
	}
	say := func(what, text string) {
		t.WriteString("# " + what + " " + quoted + " " + text + "\n")
	}
	if f.Help != "" {
		if t.open {
			say("HELP", quote.Replace(f.Help))
		} else {
			say("HELP", help.Replace(f.Help))
		}
	}
	say("TYPE", typ)
	if t.open && f.Unit != "" {
		say("UNIT", f.Unit)
	}
}

var (
	help  = strings.NewReplacer(`\`, `\\`, "\n", `\n`)
	quote = strings.NewReplacer(`\`, `\\`, "\n", `\n`, `"`, `\"`)
)

// openType is how OpenMetrics declares a family.
func openType(f *parse.Family) (name, typ string) {
	suffix := ""
	switch f.Type {
	case "":
		return f.Name, string(model.MetricTypeUnknown)
	case model.MetricTypeCounter:
		suffix = "_total"
	case model.MetricTypeInfo:
		suffix = "_info"
	}
	name, ok := strings.CutSuffix(f.Name, suffix)
	if !ok {
		return f.Name, string(model.MetricTypeUnknown)
	}
	return name, string(f.Type)
}

// textType is the type as the text format has it.
func textType(t model.MetricType) string {
	switch t {
	case model.MetricTypeCounter, model.MetricTypeGauge, model.MetricTypeHistogram, model.MetricTypeSummary:
		return string(t)
	case model.MetricTypeInfo, model.MetricTypeStateset:
		return string(model.MetricTypeGauge)
	}
	return "untyped"
}

// family writes the samples, and in OpenMetrics when series began, unless they
// say so themselves.
func (t *lineWriter) family(g *grouped) {
	created, cumulative := createdOf(&g.Family)
	dated := t.open && cumulative && !slices.ContainsFunc(g.samples, func(s *parse.Sample) bool { return s.Role == parse.Created })
	done := map[string]bool{}
	for i, s := range g.samples {
		t.sample(s, g.Type)
		if !dated || s.Start.IsZero() {
			continue
		}
		series := seriesOf(s)
		if i+1 < len(g.samples) && labels.Equal(series, seriesOf(g.samples[i+1])) {
			continue // the line follows the last one of the series
		}
		if key := series.String(); !done[key] {
			done[key] = true
			t.put(created, series, labels.Label{}, float64(s.Start.UnixMilli())/1000, time.Time{}, nil)
		}
	}
}

// createdOf is the name of the lines that say when a family's series began; not
// all types have them.
func createdOf(f *parse.Family) (string, bool) {
	switch f.Type {
	case model.MetricTypeCounter:
		return strings.TrimSuffix(f.Name, "_total") + "_created", strings.HasSuffix(f.Name, "_total")
	case model.MetricTypeHistogram, model.MetricTypeSummary:
		return f.Name + "_created", true
	}
	return "", false
}

// seriesOf are the labels that the lines of a histogram or summary share.
func seriesOf(s *parse.Sample) labels.Labels {
	switch s.Role {
	case parse.Bucket:
		return labels.NewBuilder(s.Labels).Del(model.MetricNameLabel, model.BucketLabel).Labels()
	case parse.Quantile:
		return labels.NewBuilder(s.Labels).Del(model.MetricNameLabel, model.QuantileLabel).Labels()
	}
	return withoutName(s.Labels)
}

func withoutName(ls labels.Labels) labels.Labels {
	return labels.NewBuilder(ls).Del(model.MetricNameLabel).Labels()
}

// sample writes the line of a sample, or the lines of a whole histogram: native
// buckets have none.
func (t *lineWriter) sample(s *parse.Sample, typ model.MetricType) {
	name, h := nameOf(s), s.Histogram
	if h == nil {
		t.put(name, s.Labels, labels.Label{}, s.Value, s.Time, s.Exemplar)
		return
	}
	bounds, counts := h.Bounds, h.Counts
	if n := len(bounds); n == 0 || !math.IsInf(bounds[n-1], 1) {
		bounds, counts = append(slices.Clip(bounds), math.Inf(1)), append(slices.Clip(counts), h.Count)
	}
	before := math.Inf(-1)
	for i, bound := range bounds {
		var e *exemplar.Exemplar
		if x := s.Exemplar; x != nil && before < x.Value && x.Value <= bound {
			e = x
		}
		before = bound
		t.put(name+"_bucket", s.Labels, labels.Label{Name: model.BucketLabel, Value: t.bound(bound)}, counts[i], s.Time, e)
	}
	count, sum := "_count", "_sum"
	if typ == model.MetricTypeGaugeHistogram {
		count, sum = "_gcount", "_gsum"
	}
	if !math.IsNaN(h.Sum) {
		t.put(name+sum, s.Labels, labels.Label{}, h.Sum, s.Time, nil)
	}
	t.put(name+count, s.Labels, labels.Label{}, counts[len(counts)-1], s.Time, nil)
}

// bound spells a bucket's bound as the format does.
func (t *lineWriter) bound(x float64) string {
	text := strconv.FormatFloat(x, 'g', -1, 64)
	if t.open && !strings.ContainsAny(text, ".eIN") {
		text += ".0"
	}
	return text
}

// put writes one line; more is a label besides.
func (t *lineWriter) put(name string, ls labels.Labels, more labels.Label, v float64, at time.Time, e *exemplar.Exemplar) {
	b, sep := t.line[:0], byte('{')
	if name = model.EscapeName(name, t.scheme); model.LegacyValidation.IsValidMetricName(name) {
		b = append(b, name...)
	} else {
		b, sep = append(b, '{', '"'), ','
		b = append(append(b, quote.Replace(name)...), '"')
	}
	ls.Range(func(l labels.Label) {
		if l.Name != model.MetricNameLabel {
			b, sep = t.label(append(b, sep), l), ','
		}
	})
	if more.Name != "" {
		b, sep = t.label(append(b, sep), more), ','
	}
	if sep == ',' {
		b = append(b, '}')
	}
	b = strconv.AppendFloat(append(b, ' '), v, 'g', -1, 64)
	if !at.IsZero() {
		b = t.time(append(b, ' '), at.UnixMilli())
	}
	if t.open && e != nil && fits(e) {
		b, sep = append(b, " # {"...), 0
		e.Labels.Range(func(l labels.Label) {
			if sep != 0 {
				b = append(b, sep)
			}
			b, sep = t.label(b, l), ','
		})
		b = strconv.AppendFloat(append(b, '}', ' '), e.Value, 'g', -1, 64)
		if e.HasTs {
			b = t.time(append(b, ' '), e.Ts)
		}
	}
	t.line = append(b, '\n')
	t.Write(t.line)
}

// fits reports whether OpenMetrics has room for an exemplar: its labels have 128
// characters at most.
func fits(e *exemplar.Exemplar) bool {
	n := 0
	e.Labels.Range(func(l labels.Label) { n += utf8.RuneCountInString(l.Name) + utf8.RuneCountInString(l.Value) })
	return n <= 128
}

func (t *lineWriter) label(b []byte, l labels.Label) []byte {
	if name := model.EscapeName(l.Name, t.scheme); model.LegacyValidation.IsValidLabelName(name) {
		b = append(b, name...)
	} else {
		b = append(append(append(b, '"'), quote.Replace(name)...), '"')
	}
	return append(append(append(b, '=', '"'), quote.Replace(l.Value)...), '"')
}

// time writes milliseconds, in OpenMetrics as seconds that are not below them
// when a reader cuts what is finer.
func (t *lineWriter) time(b []byte, ms int64) []byte {
	if !t.open {
		return strconv.AppendInt(b, ms, 10)
	}
	x := float64(ms) / 1000
	if int64(x*1000) != ms {
		x = math.Nextafter(x, math.Copysign(math.Inf(1), x))
	}
	return strconv.AppendFloat(b, x, 'f', -1, 64)
}
