package identity

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

// told writes steps down: the process that answered, the instance it was given to, and what else was decided. A "?" is
// provisional, "<" is taken back first, "!" is new, and an ambiguous one names its candidates.
func told(m *model, names map[*process]string) string {
	var list []string
	for _, s := range m.steps {
		text := names[s.now.of] + ":"
		switch {
		case s.Ambiguous:
			text += fmt.Sprint(len(s.Candidates), " fit")
		case s.New:
			text += s.in.name + "!"
		default:
			if s.Retract {
				text += "<"
			}
			text += s.in.name
			if s.Provisional {
				text += "?"
			}
		}
		list = append(list, text)
	}
	return strings.Join(list, " ")
}

// answers lets processes a, b, … answer in the order of the letters. Each has counters of one height and counts one in
// each at every visit.
func answers(m *model, order string, counters int, start map[rune]Start, height map[rune]float64) (string, *truth) {
	ps, names := map[rune]*process{}, map[*process]string{}
	var t truth
	for i, who := range order {
		p := ps[who]
		if p == nil {
			p = &process{start: start[who]}
			for range counters {
				p.counters = append(p.counters, height[who])
			}
			ps[who], names[p] = p, string(who)
		}
		for i := range p.counters {
			p.counters[i]++
		}
		t.add(p)
		m.meet(shown{at: 2e9 + int64(10_000*i), start: p.start, vector: slices.Clone(p.counters), of: p})
	}
	return told(m, names), &t
}

// What is decided, scrape by scrape.
func TestAttribution(t *testing.T) {
	at := func(ms int64) Start { return Start{1e9 + ms, Metric} }
	two := map[rune]float64{'A': 1000, 'B': 5000, 'C': 9000}
	for _, c := range []struct {
		name     string
		order    string
		counters int
		expected int
		start    map[rune]Start
		want     string
		lo       float64 // counted for certain in each counter
		value    float64 // counted in each counter
	}{
		{"two, the smaller one first", "ABBABAAB", 40, 2, nil,
			"A:#01! B:#01? B:#01? A:<#01? B:#02! B:#02? A:#01 A:#01 B:#02?", 2, 5},
		{"two with few counters", "ABBABAAB", 4, 2, nil,
			"A:#01! B:#01? B:#01? A:<#01? B:#02! B:2 fit A:#01 A:#01 B:2 fit", 2, 3},
		{"two with one start", "ABBABAAB", 40, 2, map[rune]Start{'A': at(0), 'B': at(0)},
			"A:#01! B:#01 B:#01 A:<#01? B:#02! B:#02? A:#01 A:#01 B:#02?", 2, 5},
		{"the greater one first", "BAABAB", 40, 2, nil,
			"B:#01! A:#02! A:#02? B:#01? A:#02 B:#01?", 1, 4},
		{"three in each other's growth", "ACBACBABC", 40, 3, nil,
			"A:#01! C:#01? B:<#01? C:#02! A:<#01? B:#03! C:#02? B:#03? A:#01 B:#03? C:#02?", 1, 6},
		{"300 ms apart", "ABCABCABC", 10, 3, map[rune]Start{'A': at(0), 'B': at(300), 'C': at(600)},
			"A:#01! B:#01? C:#01? A:<#01? C:#02! B:#01? C:#02 A:<#01? B:#03! B:#03 C:#02", 3, 5},
		{"the number unknown", "AAAAAAAAAAAAA", 40, 0, nil,
			"A:#01!" + strings.Repeat(" A:#01?", 10) + " A:#01 A:#01", 2, 12},
		{"idle twins are one", "AAAA", 40, 2, nil, "A:#01! A:#01? A:#01? A:#01?", 0, 3},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := &model{Balancer: Balancer[*simulated]{Expected: c.expected}, tolerance: 2000}
			got, truth := answers(m, c.order, c.counters, c.start, two)
			assert.Equal(t, c.want, got)
			value, lo := m.sum()
			assert.LessOrEqual(t, lo, truth.sum())
			assert.Equal(t, c.lo*float64(c.counters), lo)
			assert.Equal(t, c.value*float64(c.counters), value)
		})
	}
}

// What single scrapes are decided by.
func TestEvidence(t *testing.T) {
	start, near := Start{1e9, Metric}, Start{1e9 + 10, Metric}
	grew := Likeness{Common: 40, Moved: 3, Grown: 0.1, Before: 50, Shared: 50, Union: 50}
	few := Likeness{Common: 8, Moved: 3, Grown: 0.1, Before: 50, Shared: 50, Union: 50}
	fell := Likeness{Common: 40, Fell: 30, Moved: 10, Before: 50, Shared: 50, Union: 50}
	cleared := Likeness{Common: 40, Fell: 4, Moved: 10, Before: 50, Shared: 50, Union: 50}
	set := Likeness{Common: 40, Fell: 1, Moved: 30, Before: 50, Shared: 50, Union: 50}
	reset := Likeness{Common: 40, Fell: 4, Moved: 1, Before: 50, Shared: 50, Union: 50}
	other := Likeness{Common: 20, Moved: 3, Before: 50, Shared: 20, Union: 80}
	last := func(name string, s Start, l Likeness) Candidate {
		return Candidate{Name: name, Last: Sighting{Start: s, Likeness: l}}
	}
	dead := last("a", start, grew)
	dead.Dead = true
	for _, c := range []struct {
		name string
		x    Scrape
		list []Candidate
		want Decision
	}{
		{"nobody", Scrape{}, nil, Decision{To: -1, New: true}},
		{"its own start", Scrape{Start: start, Settled: true}, []Candidate{last("a", start, grew)},
			Decision{To: 0, By: ByStart | ByDominance}},
		{"who is there is not settled", Scrape{Start: start}, []Candidate{last("a", start, few)},
			Decision{To: 0, By: ByStart | ByDominance, Keep: true}},
		{"its start, but counters fell", Scrape{Start: start, Settled: true}, []Candidate{last("a", start, fell)},
			Decision{To: -1, By: ByStart, New: true}},
		{"its start, but much vanished", Scrape{Start: start, Settled: true}, []Candidate{last("a", start, other)},
			Decision{To: -1, By: ByStart, New: true}},
		{"a vector was cleared", Scrape{Start: start, Settled: true}, []Candidate{last("a", start, cleared)},
			Decision{To: 0, By: ByStart}},
		{"or it is another one", Scrape{Start: start}, []Candidate{last("a", start, cleared)},
			Decision{To: -1, By: ByStart, New: true}},
		{"equal comes before near", Scrape{Start: start, Settled: true}, []Candidate{last("a", near, grew), last("b", start, grew)},
			Decision{To: 1, By: ByStart | ByDominance}},
		{"equal is not near", Scrape{Start: start, Settled: true}, []Candidate{last("a", near, grew), last("b", start, fell)},
			Decision{To: -1, By: ByStart, New: true}},
		{"a start that jitters", Scrape{Start: start, Settled: true}, []Candidate{last("a", near, few)},
			Decision{To: 0, By: ByStart | ByDominance}},
		{"a start that jitters among several", Scrape{Start: start, Settled: true}, []Candidate{last("a", near, grew), last("b", near, fell)},
			Decision{To: 0, By: ByStart | ByDominance, Provisional: true, Keep: true}},
		{"two have the start, one fits", Scrape{Start: start, Settled: true}, []Candidate{last("a", start, grew), last("b", start, fell)},
			Decision{To: 0, By: ByStart | ByDominance}},
		{"two have the start, both fit alike", Scrape{Start: start, Settled: true}, []Candidate{last("b", start, grew), last("a", start, grew)},
			Decision{To: -1, By: ByStart | ByDominance, Ambiguous: true, Candidates: []int{1, 0}}},
		{"named", Scrape{Named: true, Settled: true}, []Candidate{last("a", Start{}, cleared)}, Decision{To: 0, By: ByName}},
		{"dominance", Scrape{Settled: true}, []Candidate{last("a", Start{}, grew), last("b", Start{}, fell)},
			Decision{To: 0, By: ByDominance}},
		{"few counters, one set of series", Scrape{Settled: true}, []Candidate{last("a", Start{}, few)},
			Decision{To: 0, By: BySeries}},
		{"few counters, two sets of series", Scrape{Settled: true}, []Candidate{last("a", Start{}, few), last("b", Start{}, few)},
			Decision{To: -1, By: BySeries, Ambiguous: true, Candidates: []int{0, 1}}},
		{"somebody set a number", Scrape{Settled: true}, []Candidate{last("a", Start{}, set)},
			Decision{To: 0, By: BySeries, Provisional: true, Keep: true}},
		{"or it is another one", Scrape{}, []Candidate{last("a", Start{}, set)}, Decision{To: -1, New: true}},
		{"but others have other series", Scrape{}, []Candidate{last("a", Start{}, reset), last("b", Start{}, other)},
			Decision{To: 0, By: BySeries, Provisional: true, Keep: true}},
		{"nothing fits", Scrape{Settled: true}, []Candidate{last("a", Start{}, fell)}, Decision{To: -1, New: true}},
		{"the dead come last", Scrape{Start: start, Settled: true}, []Candidate{dead}, Decision{To: 0, By: ByStart | ByDominance}},
		{"the living come first", Scrape{Start: start, Settled: true}, []Candidate{dead, last("b", near, grew)},
			Decision{To: 1, By: ByStart | ByDominance}},
	} {
		c.x.At = 10_000
		t.Run(c.name, func(t *testing.T) { assert.Equal(t, c.want, Attribute(c.x, c.list)) })
	}
	assert.Equal(t, "start time, dominance", (ByStart | ByDominance).String())
	assert.Equal(t, "name, set of series", (ByName | BySeries).String())
}

func TestEligible(t *testing.T) {
	x := Scrape{Start: Start{1e9, Metric}, Tolerance: 2000}
	blind := Scrape{Tolerance: 2000}
	assert.True(t, x.Eligible(Start{1e9 + 2000, Metric}, false))
	assert.False(t, x.Eligible(Start{1e9 + 2001, Metric}, false))
	assert.False(t, x.Eligible(Start{1e9, Header}, false), "read elsewhere")
	assert.False(t, x.Eligible(Start{}, false))
	assert.True(t, x.Eligible(x.Start, true))
	assert.False(t, x.Eligible(Start{1e9 + 1, Metric}, true), "an address of its own needs no tolerance")
	assert.True(t, blind.Eligible(Start{}, false))
	assert.False(t, blind.Eligible(Start{}, true))
	assert.False(t, blind.Eligible(x.Start, false))
}
