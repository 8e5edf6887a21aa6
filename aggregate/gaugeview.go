package aggregate

import (
	"math"
	"slices"
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/promfold/promfold/internal/exact"
	"github.com/promfold/promfold/internal/lines"
)

// GaugeView answers what a gauge reads. What the number of a fleet is depends on
// what the gauge means, see View.Combine; a rate is not offered.
type GaugeView struct{ v *view }

func (v *GaugeView) kept() *view {
	if v == nil {
		return nil
	}
	return v.v
}

// At returns the groups at a moment, sorted by labels; a view without By has
// exactly one. Instances that are stale or have left are not in them.
func (v *GaugeView) At(s Snapshot) ([]*GaugeGroup, error) {
	q, err := s.SinceStart().ask(v.kept())
	if err != nil {
		return nil, err
	}
	defer q.close()
	a := q.gauges()
	switch {
	case q.v.limit != nil:
		a.readShares()
	case q.v.Combine == Distinct:
		a.readVariants()
	default:
		a.read()
	}
	return a.finish(), nil
}

// One returns the group of a view without By.
func (v *GaugeView) One(s Snapshot) (*GaugeGroup, error) {
	if err := v.kept().checkSingle(); err != nil {
		return nil, err
	}
	return only(v.At(s))
}

// Status says what the view selects.
func (v *GaugeView) Status(s Snapshot) Status { return statusAt(s, v.kept()) }

// gaugeAnswer gathers the groups of an answer.
type gaugeAnswer struct {
	q        *question
	asked    asked
	groups   map[string]*GaugeGroup
	common   exclusions // of no group
	leader   string     // the elected instance; empty if there is none, or it is unknown
	election []string   // warnings about it
}

func (q *question) gauges() *gaugeAnswer {
	a := &gaugeAnswer{q: q, asked: q.asked(), groups: map[string]*GaugeGroup{}, common: exclusions{}}
	if q.v.Combine == Leader {
		a.leader, a.election = q.elect()
	}
	if q.v.single() {
		a.group(labels.EmptyLabels())
	}
	return a
}

func (a *gaugeAnswer) group(ls labels.Labels) *GaugeGroup {
	key := string(ls.Bytes(nil))
	g, ok := a.groups[key]
	if !ok {
		g = &GaugeGroup{labels: ls, asked: &a.asked, leader: a.leader, excluded: exclusions{}}
		a.groups[key] = g
	}
	return g
}

// read gathers the sums of the series of each instance.
func (a *gaugeAnswer) read() {
	for in, b := range a.q.present() {
		a.common.mistyped(in, b.view)
		for c, read := range a.q.read(in, b) {
			if read.lines > 0 {
				a.group(b.labelsOf(c)).add(in, read, b.changed[c], a.q)
			}
		}
	}
}

// finish sorts the groups and adds their warnings.
func (a *gaugeAnswer) finish() []*GaugeGroup {
	q := a.q
	if q.v.limit != nil && len(a.groups) == 0 && len(a.common) > 0 {
		a.group(labels.EmptyLabels())
	}
	list := make([]*GaugeGroup, 0, len(a.groups))
	for _, g := range a.groups {
		list = append(list, g)
	}
	slices.SortFunc(list, func(a, b *GaugeGroup) int { return labels.Compare(a.labels, b.labels) })
	notes, partials, common := q.notes(), q.partials(), a.common.words()
	for _, g := range list {
		g.said = slices.Concat(g.excluded.words(), common, a.election, notes, partials.words(q.v, g.labels))
		if a.leader != "" && !g.has(a.leader) {
			g.said = append(g.said, "the leader has nothing in this group: "+a.leader)
		}
		if q.v.Combine == Consensus {
			g.said = append(g.said, g.disagreement()...)
		}
	}
	return list
}

// Reasons why a member or a part of it is left out of an answer.
const (
	ofAnotherType = "%d series of another type, left out"
	isNaN         = "%d series NaN, left out"
	isSentinel    = "%d series not known, left out"
	noHistogram   = "%d histograms that cannot be one, left out"
	hasNoSum      = "%d series of which some are +Inf, some −Inf, left out"
)

// columnRead is what an instance reads in one column. It is added up anew each
// time, since sums that are carried on drift.
type columnRead struct {
	sum                    exact.Sum
	lines, nans, sentinels int
	oldest                 int64 // reading
}

func (q *question) read(in *instance, b *binding) []columnRead {
	cols := make([]columnRead, len(b.Cols))
	for i, e := range b.lines(in) {
		r, c := b.reading(in, i), &cols[e.Col]
		at := in.last
		if r.own != lines.NoTime {
			at = min(at, r.own)
		}
		if c.lines++; c.lines == 1 || at < c.oldest {
			c.oldest = at
		}
		switch {
		case math.IsNaN(r.value):
			c.nans++
		case slices.Contains(q.v.Sentinels, r.value):
			c.sentinels++
		default:
			c.sum.Add(r.value)
		}
	}
	return cols
}

// gaugeMember is the part of one instance in a group.
type gaugeMember struct {
	instance string
	value    float64       // the sum of its series in the group
	series   int           // the number of these without NaN and sentinels
	age      time.Duration // since the oldest of them was read, or measured if it has a timestamp
	silent   bool          // a sentinel or NaN is among its series
	changed  int64         // when one of them last changed; 0 if none was seen to
	from     *provenance
}
