package truth

import (
	"math"
	"slices"
	"sort"
)

// source is one counter: when it counted, and what it shows. A counter of a
// machine is shown by several processes, one after the other.
type source struct {
	family, labels string // labels: k="0", or none
	weight         float64
	rate           float64  // the expected number of events a second
	how            arrivals // even: rate is the rate at every moment
	base           float64  // what it shows before its first event
	events         []ms     // each adds weight
	jumps          []jump   // of what it shows, without an event
	wrap           float64  // what it shows is modulo wrap; 0: it is not
	shown          span     // when its line is in the body
	hidden         []span   // but for these times
}

// jump changes by how much a counter differs from what it counted. A clear is
// one: what was shown goes.
type jump struct {
	at    ms
	by    float64
	clear bool
}

// value returns what the counter shows at t.
func (s *source) value(t ms) float64 {
	x := s.base + s.weight*float64(until(s.events, t))
	for _, j := range s.jumps {
		switch {
		case j.at > t:
		case j.clear:
			x = s.weight * float64(until(s.events, t)-until(s.events, j.at))
		default:
			x += j.by
		}
	}
	if s.wrap > 0 {
		x = math.Mod(x, s.wrap)
	}
	return x
}

// grown returns how much it counted.
func (s *source) grown(in span) float64 {
	if in.length() == 0 {
		return 0
	}
	return s.weight * float64(until(s.events, in.to)-until(s.events, in.from))
}

// begunIn returns when it began at 0 again last in a time, as it was cleared or wrapped, or when that began.
func (s *source) begunIn(in span) ms {
	at := in.from
	for _, j := range s.jumps {
		if j.clear && in.holds(j.at) {
			at = j.at
		}
	}
	if s.wrap > 0 {
		for _, e := range s.events[until(s.events, in.from):until(s.events, in.to)] {
			if s.value(e) < s.weight {
				at = max(at, e)
			}
		}
	}
	return at
}

// visible reports whether its line is in the body at t.
func (s *source) visible(t ms) bool {
	return s.shown.holds(t) && !slices.ContainsFunc(s.hidden, func(h span) bool { return h.holds(t) })
}

// form is how a distribution is exposed.
type form string

const (
	classic form = "classic"
	native  form = "native"
	summary form = "summary"
)

// dist is one histogram or summary.
type dist struct {
	family, labels string
	form           form
	bounds         []float64 // classic
	rebound        []rebound // classic: later bounds
	onlyHit        bool      // classic: a bucket is written once it was hit
	schema         int       // native
	coarser        ms        // native: from then on the schema is one less; 0: it stays
	base           []float64 // observations from before the simulation
	observed       []observation
	tally          *source // its count, as a counter
	cleared        ms      // what was observed until then is gone; 0: it was not cleared
	shown          span
}

type rebound struct {
	at     ms
	bounds []float64
}

// observation is one value. A client that is not atomic writes the bucket and
// the count at different moments.
type observation struct {
	counted  ms // when the count had it
	bucketed ms // when the finite buckets had it
	value    float64
}

// counts makes the tally from what was observed.
func (d *dist) counts() {
	d.tally = &source{family: d.family, labels: d.labels, weight: 1, how: poisson, shown: d.shown}
	for _, o := range d.observed {
		d.tally.events = append(d.tally.events, o.counted)
	}
	slices.Sort(d.tally.events)
}

// boundsAt returns the classic bounds at t.
func (d *dist) boundsAt(t ms) []float64 {
	bounds := d.bounds
	for _, r := range d.rebound {
		if r.at <= t {
			bounds = r.bounds
		}
	}
	return bounds
}

// shape is what a histogram shows at one moment.
type shape struct {
	count      int
	sum        float64
	bounds     []float64
	cumulative []int     // of bounds
	values     []float64 // what it holds, for native buckets and quantiles
}

// at returns the shape at t.
func (d *dist) at(t ms) shape {
	x := shape{bounds: d.boundsAt(t)}
	each := make([]int, len(x.bounds)+1)
	add := func(v float64, counted, bucketed bool) {
		if counted {
			x.count++
			x.sum += v
			x.values = append(x.values, v)
		}
		if bucketed {
			each[sort.SearchFloat64s(x.bounds, v)]++
		}
	}
	if d.cleared == 0 || t < d.cleared {
		for _, v := range d.base {
			add(v, true, true)
		}
	}
	for _, o := range d.observed {
		if d.cleared != 0 && t >= d.cleared && o.counted <= d.cleared {
			continue
		}
		add(o.value, o.counted <= t, o.bucketed <= t)
	}
	below := 0
	for _, n := range each[:len(x.bounds)] {
		below += n
		x.cumulative = append(x.cumulative, below)
	}
	return x
}
