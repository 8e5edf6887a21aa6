package identity

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
)

// process is a simulated process with known truth.
type process struct {
	start    Start
	counters []float64
	pace     []float64 // of each counter, for each unit of time
}

// moves lets time pass: each counter grows by up to its pace.
func (p *process) moves(r *rand.Rand, units float64) {
	for i := range p.counters {
		p.counters[i] += float64(r.IntN(1 + int(p.pace[i]*units)))
	}
}

// shown is one scrape in the simulation, with the process that gave it.
type shown struct {
	at     int64
	start  Start
	vector []float64
	of     *process
}

// model is the least that keeps instances behind a balancer.
type model struct {
	Balancer[*simulated]
	tolerance int64
	watched   int64 // those that start later are counted from their start; 0: none is
	steps     []step
}

// simulated is an instance behind the address. value and lo are what it is known to have counted.
type simulated struct {
	name      string
	first     int64
	last      shown
	sighted   int
	lost      bool
	value, lo float64
	shown     int        // scrapes that are its
	moved     bool       // its start was read in two ways
	kept      *simulated // as it was at the sighting that it can be taken back to
}

// step is what one scrape did.
type step struct {
	Decision
	in        *simulated
	from, now shown // from is of no process if the instance is new
}

// compare likens two vectors. NaN is a counter that is not exposed.
func compare(before, now []float64) (l Likeness) {
	was, is, both := 0, 0, 0
	for i := range before {
		a, b := before[i] == before[i], now[i] == now[i]
		switch {
		case a && b:
			both++
			l.Counter(before[i], now[i])
		case a && before[i] > 0:
			l.Vanished++
		}
		was, is = was+ones(a), is+ones(b)
	}
	l.Lines(was, is, both)
	return l
}

func ones(yes bool) int {
	if yes {
		return 1
	}
	return 0
}

func (m *model) pool() Pool { return m.Pool() }

func (m *model) Mark(x *simulated, sighted int, lost bool) { x.sighted, x.lost = sighted, lost }

func (x *simulated) Name() string { return x.name }

func (x *simulated) Member() Member {
	return Member{Start: x.last.start, First: x.first, Last: x.last.at, Sighted: x.sighted, Lost: x.lost, Reads: x.shown, Moved: x.moved}
}

func (x *simulated) sighting(s shown) Sighting {
	return Sighting{At: x.last.at, Start: x.last.start, Likeness: compare(x.last.vector, s.vector)}
}

// meet takes in a scrape of the address.
func (m *model) meet(s shown) {
	if _, d, _ := Meet(&m.Balancer, m, s); d.Ambiguous {
		m.steps = append(m.steps, step{Decision: d, now: s})
	}
}

func (m *model) Candidates(s shown, without *simulated) (x Scrape, of []*simulated, list []Candidate) {
	x = Scrape{At: s.at, Start: s.start, Tolerance: m.tolerance}
	for _, in := range m.Members {
		if in != without && in.last.at <= s.at && x.Eligible(in.last.start, false) {
			c := Candidate{Name: in.name, Dead: m.pool().State(in.Member()) == Dead, Last: in.sighting(s)}
			if in.kept != nil {
				c.Earlier = []Sighting{in.kept.sighting(s)}
			}
			list, of = append(list, c), append(of, in)
		}
	}
	return x, of, list
}

func (m *model) Open() (*simulated, error) {
	return &simulated{name: fmt.Sprintf("#%02d", m.Named+1)}, nil
}

// grown adds up what a vector grew by. A counter that was not exposed was 0.
func grown(before, now []float64) (sum float64) {
	for i, x := range now {
		if x == x {
			sum += x
		}
		if before != nil && before[i] == before[i] {
			sum -= before[i]
		}
	}
	return sum
}

func (m *model) Take(in *simulated, s shown, d Decision) (displaced shown, err error) {
	if d.New {
		if in.first, in.last, in.shown = s.at, s, 1; m.watched > 0 && s.start.At > m.watched {
			in.value = grown(nil, s.vector)
		}
		m.steps = append(m.steps, step{Decision: d, in: in, now: s})
		return s, nil
	}
	displaced = in.last
	if d.Retract {
		in.last, in.value, in.lo, in.shown, in.moved = in.kept.last, in.kept.value, in.kept.lo, in.kept.shown, in.kept.moved
	}
	before := *in
	m.steps = append(m.steps, step{Decision: d, in: in, from: in.last, now: s})
	by := grown(in.last.vector, s.vector)
	in.moved, in.shown = in.moved || s.start != in.last.start, in.shown+1
	in.last, in.value = s, in.value+by
	if !d.Provisional {
		in.lo += by
	}
	switch {
	case !d.Keep:
		in.kept = nil
	case in.kept == nil:
		in.kept = &before
	}
	return displaced, nil
}

func (m *model) sum() (value, lo float64) {
	for _, x := range m.Members {
		value, lo = value+x.value, lo+x.lo
	}
	return value, lo
}

// truth is what the processes counted between the scrapes that met them.
type truth struct {
	first, last map[*process][]float64
}

func (t *truth) add(p *process) {
	if t.first == nil {
		t.first, t.last = map[*process][]float64{}, map[*process][]float64{}
	}
	if t.first[p] == nil {
		t.first[p] = slices.Clone(p.counters)
	}
	t.last[p] = slices.Clone(p.counters)
}

func (t *truth) sum() (sum float64) {
	for p, first := range t.first {
		for i := range first {
			sum += t.last[p][i] - first[i]
		}
	}
	return sum
}

// random returns a process with n counters, at most so large and so fast.
func random(r *rand.Rand, n int, start Start, most, pace int) *process {
	p := &process{start: start}
	size := r.IntN(most) // large and small ones
	for range n {
		p.counters = append(p.counters, float64(1+r.IntN(1+size)))
		p.pace = append(p.pace, float64(r.IntN(1+pace)))
	}
	return p
}

// permuted returns the candidates in another order, and where each one stands in it.
func permuted(r *rand.Rand, list []Candidate) (other []Candidate, places []int) {
	order := r.Perm(len(list))
	places = make([]int, len(list))
	for to, from := range order {
		other, places[from] = append(other, list[from]), to
	}
	return other, places
}

func byName(list []Candidate, of []int) (names []string) {
	for _, i := range of {
		names = append(names, list[i].Name)
	}
	slices.SortFunc(names, cmp.Compare[string])
	return names
}
