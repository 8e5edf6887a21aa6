package growth

import (
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/prometheus/common/model"

	"github.com/promfold/promfold/internal/judge"
	"github.com/promfold/promfold/internal/lines"
)

// usual is what the lines of a metric of an instance showed so far.
type usual struct {
	top  float64 // the fastest growth of a series of the metric, per ms; −1: none yet
	next float64 // the same in the scrape that is judged
}

// usualKey names a metric, and since when it is followed, see Columns.
type usualKey struct {
	metric string
	since  int64
}

// shown is what the lines of an instance showed so far, followed or not.
type shown struct {
	habits   map[string]judge.Habits // by family
	usuals   map[usualKey]*usual
	paces    []float32          // by position of the line, where no start time is known
	others   map[uint32]float64 // by position, where a counter stood that fell deep, until it is back there
	vanished [2]bool            // a fifth of the lines vanished in the last scrape, and in the one before
}

func (sh *shown) clone() shown {
	c := shown{maps.Clone(sh.habits), nil, slices.Clone(sh.paces), maps.Clone(sh.others), sh.vanished}
	if len(sh.usuals) > 0 {
		c.usuals = make(map[usualKey]*usual, len(sh.usuals))
	}
	for key, x := range sh.usuals {
		copied := *x
		c.usuals[key] = &copied
	}
	return c
}

// metricOf names what a line is compared with: the sum of a summary grows by
// something else than its count.
func metricOf(l *lines.Line) string {
	if l.Family.Type == model.MetricTypeHistogram {
		return l.Family.Name
	}
	return l.Name
}

// metricOf names what an object is compared with, one of whose lines is l: a
// summary that is followed as a histogram grows by its count, whichever of its
// lines stands first.
func (k Kind) metricOf(l *lines.Line) string {
	if k == Histogram && l.Family.Type == model.MetricTypeSummary {
		return l.Family.Name + "_count"
	}
	return metricOf(l)
}

// usual returns the fastest pace of a metric that is followed since then.
func (sh *shown) usual(metric string, since int64) judge.Pace {
	return sh.usuals[usualKey{metric, since}].pace()
}

func (u *usual) pace() judge.Pace {
	if u == nil || u.top < 0 {
		return judge.Pace{}
	}
	return judge.Pace{Most: u.top, Known: true} // of a single series it says no least
}

// Weigh decides what a staged scrape says about the process behind an instance.
// It looks at every counter only where that can matter: if the start is not
// known, or moved, or if something fell. What views follow does not matter.
func (sh *shown) Weigh(s *Scraped) judge.Decision {
	s.Scratch.reset()
	b := &s.Scratch.body
	b.Rules, b.PrevTime, b.Time, b.PrevStart, b.Start = &s.Rules, s.LastTime, s.At, s.PrevStart, s.Start
	s.weighed = s.PrevStart == 0 || s.Start != s.PrevStart || AnyFell(s.Store, s.Reader)
	for pos := range s.Reader.Len() {
		if !s.weighed {
			break
		}
		sh.weigh(s, b, pos)
	}
	return b.Decide()
}

// Cumulative reports whether a line counts something. A sum is no evidence:
// observations may be negative. Without a type the name tells.
func Cumulative(l *lines.Line) bool {
	switch l.Family.Type {
	case model.MetricTypeUnknown:
		return l.Role == lines.Value && strings.HasSuffix(l.Name, "_total")
	case model.MetricTypeCounter:
		return l.Role == lines.Value
	case model.MetricTypeHistogram:
		return l.Role == lines.Bucket || l.Role == lines.Count || l.Role == lines.Native
	case model.MetricTypeSummary:
		return l.Role == lines.Count
	}
	return false
}

// weigh takes in a counter, or a histogram by its count.
func (sh *shown) weigh(s *Scraped, b *judge.Body, pos int) {
	old, _, _ := s.Reader.At(pos)
	if old < 0 {
		return
	}
	l := s.Store.Line(s.Reader.ID(pos))
	if !Cumulative(l) || l.Role == lines.Bucket || s.Body.Duplicate(pos) {
		return
	}
	f, c := &sh.familyOf(s, l).Family, s.point(pos)
	series := judge.Series{Last: columnPoint(s.Before, old, s.LastTime)}
	series.Other = sh.others[uint32(old)]
	pace := sh.ownPace(old)
	b.Add(f, &series, c, pace)
	if !pace.Known && l.Family.Type != model.MetricTypeSummary {
		f.Watch(series.Last, c)
	}
}

// point returns the reading at a position.
func (s *Scraped) point(pos int) judge.Point {
	_, value, own := s.Reader.At(pos)
	c := judge.Point{Time: s.At, Value: value, Start: s.Reader.Start(pos)}
	if own != lines.NoTime {
		c.Time = own
	}
	return c
}

// value returns what was read at a position.
func (s *Scraped) value(pos uint32) float64 {
	return s.Reader.Value(int(pos))
}

// familyOf returns what a scrape shows of a family, until the next one is asked
// for.
func (sh *shown) familyOf(s *Scraped, l *lines.Line) *shows {
	x := s.Scratch
	i, ok := x.families[l.Family]
	if !ok {
		i = int32(len(x.list))
		f := judge.Family{Owner: s.Router.ownerOf(l), Habits: sh.habits[l.Family.Name]}
		x.list, x.families[l.Family] = append(x.list, shows{f, metricOf(l)}), i
	}
	return &x.list[i]
}

// ownPace returns the fastest pace of the line that stood at a position; it is
// known only where no start time is.
func (sh *shown) ownPace(old int) judge.Pace {
	if uint(old) >= uint(len(sh.paces)) || sh.paces[old] < 0 {
		return judge.Pace{}
	}
	x := float64(sh.paces[old])
	return judge.Pace{Least: x * (1 - 1e-6), Most: x * (1 + 1e-6), Known: true}
}

// paceAt returns the fastest pace of an object whose line stood at a position:
// its own, or that of its metric.
func (w *walk) paceAt(o *object, old int) judge.Pace {
	if uint(old) < uint(len(w.paces)) {
		return w.ownPace(old)
	}
	return w.tops[o.family].pace()
}

// keepPaces follows the fastest pace of each line to its new position; −1 if none
// is known. Only instances without a start time keep them.
func (sh *shown) keepPaces(s *Scraped) {
	if s.Start != 0 {
		sh.paces = nil
		return
	}
	next := sh.paces
	if s.Reader.Structural() || len(next) != s.Reader.Len() {
		next = make([]float32, s.Reader.Len())
	}
	d := &s.Decision
	sure := d.Restart == judge.RestartUnknown && !d.Blind && s.LastTime != 0
	ms := float64(s.At - s.LastTime)
	for pos := range next {
		old, c, _ := s.Reader.At(pos)
		x := float32(-1)
		if uint(old) < uint(len(sh.paces)) {
			x = sh.paces[old]
		}
		if old >= 0 && Cumulative(s.Store.Line(s.Reader.ID(pos))) {
			switch grown := c - s.Before.Value(old); {
			case grown >= 0 && sure:
				x = max(x, float32(grown/ms))
			case d.Fell(s.Before.Value(old), c) && float64(x)*ms >= -grown/2:
				x = -1 // a switch
			}
		}
		next[pos] = x
	}
	sh.paces = next
}

// keepOthers remembers where counters stood that fell deep, until they are back
// there: of all lines, followed or not, since all are evidence on the process.
func (sh *shown) keepOthers(s *Scraped) {
	deep := s.weighed && s.Decision.Deep()
	if !deep && len(sh.others) == 0 {
		return
	}
	var next map[uint32]float64
	for pos := range s.Reader.Len() {
		old, c, _ := s.Reader.At(pos)
		if s.First || s.Decision.Anew() || old < 0 {
			continue
		}
		p, x := s.Before.Value(old), sh.others[uint32(old)]
		if deep && s.Decision.Fell(p, c) && Cumulative(s.Store.Line(s.Reader.ID(pos))) {
			x = p
		}
		if c < x {
			if next == nil {
				next = map[uint32]float64{}
			}
			next[uint32(pos)] = x
		}
	}
	sh.others = next
}

// evidence is what a scrape says of the series of one family under one set of
// rules.
type evidence struct {
	judge.Evidence
	plain bool
}

// ofNoView is no class: of what is said without a view.
const ofNoView uint8 = 255

type evidenceKey struct {
	family *lines.Family
	class  uint8
	epoch  uint16
}

// interval returns the time between this scrape and the one before; 0 if there
// was none.
func (s *Scraped) interval() int64 {
	if s.LastTime == 0 {
		return 0
	}
	return s.At - s.LastTime
}

// learn remembers what the scrape showed of the families.
func (sh *shown) learn(s *Scraped) {
	sh.vanished = [2]bool{s.Vanishing, sh.vanished[0]}
	sh.keepPaces(s)
	sh.keepOthers(s)
	switch s.Decision.Restart {
	case judge.RestartProven, judge.RestartRestored:
		for f, i := range s.Scratch.families {
			x := &s.Scratch.list[i].Family
			if h := x.Habits.After(&s.Decision, x); h != x.Habits {
				if sh.habits == nil {
					sh.habits = map[string]judge.Habits{}
				}
				sh.habits[f.Name] = h
			}
		}
	}
}

// note returns what is remembered of a metric, which it makes if there is
// nothing.
func (sh *shown) note(key usualKey) *usual {
	x := sh.usuals[key]
	if x == nil {
		if sh.usuals == nil {
			sh.usuals = map[usualKey]*usual{}
		}
		x = &usual{top: -1, next: -1}
		sh.usuals[key] = x
	}
	return x
}

func finite(x float64) bool { return !math.IsNaN(x) && !math.IsInf(x, 0) }
