package truth

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/promfold/promfold/internal/cases"
)

// Fleet is a simulated fleet: what happened, and what was told of it.
type Fleet struct {
	Kind string
	Seed uint64
	Case *cases.Case // what is told and asked

	maker
	since  ms // the fleet's Config.Since, or its first scrape
	places []*place
	told   []telling
	asked  []ms
}

// place is where one thing counts at a time: an address and the processes that
// follow one another there, a process behind a balancer, a machine that several
// exporters show.
type place struct {
	lives    []*process // by start
	machine  []*source  // counts that outlive the processes
	readings []reading  // accepted scrapes, in the order in which they were told
	endings  []ending
	interval ms
	pool     int  // behind a balancer: how many are there; else 0
	expected bool // it is, whether it was met or not
	lag      ms   // readings may be older than they say by so much
	targets  []string
	changes  bool // what it counts a second is not always the same
	zones    []zone
}

// reading is an accepted scrape of a place.
type reading struct {
	at, asOf ms
	process  *process
	target   string
	order    int // of telling
}

// ending says that a target is gone or refuses.
type ending struct {
	at     ms
	order  int
	target string
	gone   bool
}

// telling is a step and when it is told.
type telling struct {
	when   ms
	step   cases.Step
	record func(order int) // notes at the place what was told; nil: nothing to note
}

func duration(t ms) time.Duration { return time.Duration(t) * time.Millisecond }

// Simulate returns the fleet of a kind and a seed: equal ones give equal fleets.
func Simulate(kind string, seed uint64) (*Fleet, error) {
	k := kindNamed(kind)
	if k == nil {
		return nil, fmt.Errorf("no kind of fleet is called %q", kind)
	}
	f := &Fleet{
		Kind: kind, Seed: seed, maker: maker{dice: dice{rand.New(rand.NewPCG(seed, hash(kind)))}},
		Case: &cases.Case{Name: fmt.Sprintf("%s-%d", kind, seed)},
	}
	f.program = f.drawProgram()
	if f.chance(0.3) {
		f.Case.Since = new(time.Duration)
	}
	k.make(f)
	f.ask()
	f.order()
	return f, nil
}

// hash tells kinds apart.
func hash(text string) uint64 {
	h := uint64(14695981039346656037)
	for _, c := range []byte(text) {
		h = (h ^ uint64(c)) * 1099511628211
	}
	return h
}

// add adds a place.
func (f *Fleet) add(p *place) *place {
	f.places = append(f.places, p)
	return p
}

// scrape tells a scrape of a place that was answered by p with what it showed
// at asOf. It is delivered at when.
func (f *Fleet) scrape(pl *place, target string, p *process, at, asOf, when ms) {
	s := p.scrape(target, at, asOf)
	if len(pl.zones) > 0 {
		s.Labels = [][2]string{{"zone", pl.zoneAt(at)}}
	}
	f.told = append(f.told, telling{when, s, func(order int) {
		pl.readings = append(pl.readings, reading{at, asOf, p, target, order})
	}})
}

// fail tells a failure.
func (f *Fleet) fail(pl *place, target string, at ms, how string) {
	t := telling{when: at, step: &cases.Fail{Target: target, At: duration(at), How: how}}
	if how == "refused" {
		t.record = func(order int) { pl.endings = append(pl.endings, ending{at, order, target, false}) }
	}
	f.told = append(f.told, t)
}

// gone tells that a target left.
func (f *Fleet) gone(pl *place, target string, at ms) {
	f.told = append(f.told, telling{at, &cases.Gone{Target: target, At: duration(at)}, func(order int) {
		pl.endings = append(pl.endings, ending{at, order, target, true})
	}})
}

// begin tells something before anything else.
func (f *Fleet) begin(s cases.Step) {
	f.told = append(f.told, telling{when: -never, step: s})
}

// windows are those that are asked; 0 is since the beginning.
var windows = []ms{0, 30 * second, minute, 2 * minute, 5 * minute}

// ask draws when is asked. What is asked then stands in questions.go.
func (f *Fleet) ask() {
	f.asked = append(f.asked, f.horizon)
	for range 3 {
		f.asked = append(f.asked, f.between(f.horizon/4, f.horizon))
	}
	slices.Sort(f.asked)
	f.asked = slices.Compact(f.asked)
	for _, at := range f.asked {
		first := f.IntN(len(windows))
		second := (first + 1 + f.IntN(len(windows)-1)) % len(windows)
		for _, w := range []ms{windows[first], windows[second]} {
			for _, a := range questions(f) {
				a.At, a.Window = duration(at), duration(w)
				f.told = append(f.told, telling{when: at, step: &a})
			}
		}
	}
}

// order sorts what is told, and notes which scrapes a fleet has to accept:
// those that are newer than all before of their target.
func (f *Fleet) order() {
	slices.SortStableFunc(f.told, func(a, b telling) int {
		if c := cmp.Compare(a.when, b.when); c != 0 {
			return c
		}
		return cmp.Compare(rank(a.step), rank(b.step))
	})
	latest := map[string]time.Duration{}
	first := never
	for i, t := range f.told {
		f.Case.Steps = append(f.Case.Steps, t.step)
		if s, ok := t.step.(*cases.Scrape); ok {
			if last, ok := latest[s.Target]; ok && s.At <= last {
				continue // late or repeated
			}
			latest[s.Target] = s.At
			first = min(first, s.At.Milliseconds())
		}
		if t.record != nil {
			t.record(i)
		}
	}
	if f.Case.Since == nil {
		f.since = first
	} else {
		f.since = f.Case.Since.Milliseconds()
	}
}

// rank orders what is told at one time: questions are last.
func rank(s cases.Step) int {
	if _, ok := s.(*cases.Ask); ok {
		return 1
	}
	return 0
}

// opening is when the first round was over, as far as it was told: some place
// had been scraped twice by one name.
func (f *Fleet) opening(order int) ms {
	over := never
	for _, p := range f.places {
		met := map[string]bool{}
		for _, r := range p.readings {
			if met[r.target] && r.order < order {
				over = min(over, r.at)
			}
			met[r.target] = true
		}
	}
	return over
}
