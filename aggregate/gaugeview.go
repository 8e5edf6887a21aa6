package aggregate

import (
	"math"
	"slices"
	"time"

	"github.com/promfold/promfold/internal/exact"
	"github.com/promfold/promfold/internal/lines"
)

// GaugeView answers what a gauge reads now. What the number of a fleet is
// depends on what the gauge means; a rate it has none.
type GaugeView struct{ *view }

// GaugeGroup is one group's answer, of the instances that are alive.
type GaugeGroup struct {
	Group
	meaning  Meaning
	leader   string // who is elected; "": nobody, or not known
	excluded exclusions
	silent   []string // instances without a vote in Fact
	asked    *asked
	members  []GaugeMember
}

// GaugeMember is one instance's part in a group.
type GaugeMember struct {
	Instance string
	Value    float64       // the sum of its series in the group
	Series   int           // how many those are; NaN ones are left out
	Age      time.Duration // since the oldest of them was read, or measured if it tells

	silent  bool  // a sentinel or NaN is among its series
	changed int64 // when one of them last changed; 0: never seen to
	from    *Provenance
}

// At answers for a time not before the last scrape ([ErrPast]): a group for
// each set of labels, sorted. Instances that are stale or gone are not in it.
func (v *GaugeView) At(now time.Time, conditions ...Condition) ([]*GaugeGroup, error) {
	v.fleet.mu.ask()
	defer v.fleet.mu.Unlock()
	q, err := v.fleet.ask(v.view, now, All, conditions)
	if err != nil {
		return nil, err
	}
	leader, election := q.elect(now)
	byKey := map[string]*GaugeGroup{}
	asked := q.asked()
	refused := exclusions{}
	for in, b := range q.present() {
		refused.mistyped(in, v.view)
		for c, read := range q.read(in, b) {
			if read.lines == 0 {
				continue
			}
			ls := b.labelsOf(c)
			key := string(ls.Bytes(nil))
			g, ok := byKey[key]
			if !ok {
				g = &GaugeGroup{
					Group:   Group{Labels: ls},
					meaning: v.Meaning, leader: leader, excluded: exclusions{}, asked: &asked,
				}
				byKey[key] = g
			}
			g.add(in, read, b.changed[c], &q)
		}
	}
	list := sortGroups(byKey, func(g *GaugeGroup) *Group { return &g.Group })
	identities, partials := q.identities(), q.partials()
	for _, g := range list {
		said := slices.Concat(g.excluded.words(), refused.words(), election, identities, partials.words(q.v, g.Labels))
		if _, ok := g.Leader(); leader != "" && !ok {
			said = append(said, "the leader has nothing in this group: "+leader)
		}
		g.about = &noted{q.coverage, said}
	}
	return list, nil
}

// Why a member or a part of it is left out of an answer.
const (
	ofAnotherType = "%d series of another type, left out"
	isNaN         = "%d series NaN, left out"
	hasNoSum      = "%d series of which some are +Inf, some −Inf, left out"
)

// columnRead is what an instance reads in one column, added anew each time:
// sums that are carried on drift.
type columnRead struct {
	sum                    exact.Sum
	lines, nans, sentinels int
	oldest                 int64 // reading
}

func (q *question) read(in *instance, b *binding) []columnRead {
	cols := make([]columnRead, len(b.Cols))
	for _, e := range in.plan.Gauges(b.view.index) {
		pos, c := int(e.Pos), &cols[e.Col]
		x := in.cols.Value(pos) + 0 // −0 is 0
		at := in.last
		if own := in.cols.Time(pos); own != lines.NoTime {
			at = min(at, own)
		}
		if c.lines++; c.lines == 1 || at < c.oldest {
			c.oldest = at
		}
		if math.IsNaN(x) {
			c.nans++
			continue
		}
		c.sum.Add(x)
		if slices.Contains(q.v.Sentinels, x) {
			c.sentinels++
		}
	}
	return cols
}

// add takes in what an instance reads, or says why not.
func (g *GaugeGroup) add(in *instance, c columnRead, changed int64, q *question) {
	m := GaugeMember{
		Instance: in.name, Value: c.sum.Float64(), Series: c.lines - c.nans,
		Age:     time.Duration(q.e-c.oldest) * time.Millisecond,
		changed: changed, silent: c.nans+c.sentinels > 0 || math.IsNaN(c.sum.Float64()),
	}
	if c.nans > 0 {
		g.excluded.add(isNaN, in.name, c.nans)
	}
	if m.silent {
		g.silent = append(g.silent, in.name)
	}
	switch {
	case m.Series == 0:
	case math.IsNaN(m.Value):
		g.excluded.add(hasNoSum, in.name, m.Series)
	default:
		m.from = q.provenance(in)
		g.members = append(g.members, m)
	}
}

// Members are the instances behind the answer, by name.
func (g *GaugeGroup) Members() []GaugeMember { return g.members }
