package truth

import (
	"fmt"
	"math"
	"slices"
)

// program is what the processes of a fleet expose.
type program struct {
	series   int // of c
	weight   float64
	arrivals arrivals
	rate     float64 // of a series of c, events per second
	fillers  int     // other counters
	external bool    // c is the machine's
	machine  bool    // there is a counter x of the machine, too
	owner    string  // what the view of c says of it
	tell     tell
	form     form // of h; empty: there is none
	bounds   []float64
	schema   int
	slow     float64 // the median observation
	torn     float64 // the share of observations that are not written in one step
	ahead    bool    // their buckets are written first
	onlyHit  bool
}

// layouts are bounds of classic histograms.
var layouts = [][]float64{
	{0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10},
	{0.05, 0.1, 0.2, 0.4, 0.8, 1.6, 3.2},
	{0.1, 0.5, 1, 5},
	{0.1, 0.3, 1.2, 5},
}

// maker draws what the processes of a fleet count.
type maker struct {
	dice
	program program
	horizon ms // the end of the simulation
}

// drawProgram draws a plain program. Kinds change what they are about.
func (m *maker) drawProgram() program {
	p := program{
		series: 1 + m.IntN(3), weight: one(m.dice, 1, 1, 1, 7, 0.5), arrivals: one(m.dice, even, even, even, poisson, bursts),
		rate: one(m.dice, 2.0, 5, 12.5, 30), fillers: one(m.dice, 0, 8, 40), tell: one(m.dice, inBody, inBody, inHeader),
		bounds: layouts[m.IntN(2)], schema: m.IntN(4), slow: one(m.dice, 0.03, 0.2, 0.9),
	}
	if m.chance(0.5) {
		p.form = classic
	}
	return p
}

// traits are what the processes of one place have in common.
type traits struct {
	series  []*source // patterns
	machine []*source
	fillers []*source
	observe float64 // observations per second
}

// traits draws a place's: how fast its series count.
func (m *maker) traits() traits {
	var t traits
	p := &m.program
	pattern := func(family, labels string, weight, rate float64, how arrivals) *source {
		return &source{family: family, labels: labels, weight: weight, rate: rate, how: how, shown: span{-never, never}}
	}
	for i := range p.series {
		rate := p.rate * (0.5 + m.Float64())
		s := pattern("c", fmt.Sprintf("k=%q", fmt.Sprint(i)), p.weight, rate, p.arrivals)
		if p.external {
			t.machine = append(t.machine, s)
		} else {
			t.series = append(t.series, s)
		}
	}
	if p.machine {
		t.machine = append(t.machine, pattern("x", "", 1, p.rate*(0.5+m.Float64()), p.arrivals))
	}
	for i := range p.fillers {
		family := fmt.Sprintf("f%d", i/8)
		t.fillers = append(t.fillers, pattern(family, fmt.Sprintf("n=%q", fmt.Sprint(i)), 1, 0.2+m.Float64(), even))
	}
	if p.form != "" {
		t.observe = 1 + 4*m.Float64()
	}
	return t
}

// counted draws the events of a counter like a pattern, of a process or machine
// that lives so long. What it counted before the simulation is in base.
func (m *maker) counted(pattern *source, life span) *source {
	s := *pattern
	s.events = m.events(s.how, s.rate, life.within(span{0, m.horizon}))
	if before := min(0, life.to) - life.from; before > 0 {
		age := float64(before) / float64(second)
		s.base = s.weight * math.Round(age*s.rate*(0.8+0.4*m.Float64()))
	}
	return &s
}

// process draws a process that lives so long at a place.
func (m *maker) process(t *traits, pl *place, life span) *process {
	if pl.machine == nil && len(t.machine) > 0 {
		old := span{-m.between(10*minute, 600*minute), never}
		for _, pattern := range t.machine {
			pl.machine = append(pl.machine, m.counted(pattern, old))
		}
	}
	p := &process{life: life, tell: m.program.tell, machine: pl.machine}
	for _, pattern := range slices.Concat(t.series, t.fillers) {
		p.sources = append(p.sources, m.counted(pattern, life))
	}
	if m.program.form != "" {
		p.dists = append(p.dists, m.dist(t, life))
	}
	pl.lives = append(pl.lives, p)
	return p
}

func (m *maker) dist(t *traits, life span) *dist {
	p := &m.program
	d := &dist{family: "h", form: p.form, bounds: p.bounds, schema: p.schema, onlyHit: p.onlyHit, shown: span{-never, never}}
	for _, at := range m.events(poisson, t.observe, life.within(span{0, m.horizon})) {
		o := observation{at, at, m.value()}
		if m.chance(p.torn) {
			if late := m.between(1, second/2); p.ahead {
				o.counted += late
			} else {
				o.bucketed += late
			}
		}
		d.observed = append(d.observed, o)
	}
	if before := min(0, life.to) - life.from; before > 0 {
		for range min(400, int(float64(before)/float64(second)*t.observe)) {
			d.base = append(d.base, m.value())
		}
	}
	d.counts()
	return d
}

// value draws an observation: log-normal, at times on a bound exactly.
func (m *maker) value() float64 {
	if m.chance(0.03) {
		return one(m.dice, m.program.bounds...)
	}
	return math.Max(0.0001, math.Round(1e4*m.program.slow*math.Exp(1.2*m.NormFloat64()))/1e4)
}
