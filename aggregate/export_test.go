package aggregate

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/promfold/promfold/internal/lines"
)

// Dump writes all that a fleet knows, bit for bit, except what is only a cache.
func (f *Fleet) Dump() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	var b strings.Builder
	fmt.Fprintln(&b, "since", f.since, "bytes", f.bytes)
	for _, name := range slices.Sorted(maps.Keys(f.targets)) {
		t := f.targets[name]
		fmt.Fprintln(&b, "target", name, t.tried.Load(), t.failed.Load(), t.gone)
	}
	for _, in := range f.ordered {
		in.dump(&b, f)
	}
	return b.String()
}

func (in *instance) dump(b *strings.Builder, f *Fleet) {
	fmt.Fprintln(b, "instance", in.name, in.targets, in.start, in.incarnation, in.birth, in.first, in.second, in.last,
		in.interval, in.lastGap, in.gone, in.tombsLost, in.restarts)
	fmt.Fprintln(b, "history", in.history)
	for pos := range in.cols.Len() {
		fmt.Fprintf(b, "%s %x %d\n", f.store.Line(in.cols.ID(pos)).Labels, math.Float64bits(in.cols.Value(pos)), in.cols.Time(pos))
	}
	for _, id := range slices.Sorted(maps.Keys(in.held)) {
		fmt.Fprintln(b, "held", f.store.Line(id).Labels, in.held[id])
	}
	for _, id := range slices.Sorted(maps.Keys(in.tombs)) {
		fmt.Fprintln(b, "tomb", f.store.Line(id).Labels, in.tombs[id])
	}
	for _, x := range in.bindings {
		fmt.Fprintln(b, "view", x.view.String(), len(x.entries), x.objects, x.since, x.begun, x.changed)
		for i := range x.live.counts.Len() {
			fmt.Fprintf(b, "%x ", math.Float64bits(x.live.counts.Float64(i)))
		}
		for i := range x.events {
			e := &x.events[i]
			fmt.Fprintln(b, e.noteKey, e.at, e.n, e.open, e.below.Float64(), e.above.Float64())
		}
		fmt.Fprintln(b)
	}
}

// Sizes are what must not grow with churn.
type Sizes struct {
	Bytes              int64
	Lines, Groups      int
	Instances, Targets int
	Members            int // behind balancers
}

func (f *Fleet) Sizes() Sizes {
	f.mu.Lock()
	defer f.mu.Unlock()
	s := Sizes{Bytes: f.bytes, Lines: f.store.Len(), Instances: len(f.instances), Targets: len(f.targets)}
	for _, b := range f.balancers {
		s.Members += len(b.members)
	}
	for _, v := range f.views {
		for _, r := range v.routes {
			s.Groups += len(r.byGroup.byKey) + len(r.byObject.byKey)
		}
	}
	return s
}

// NeverRetire keeps departed instances for good, as if nobody had come after
// them.
func (f *Fleet) NeverRetire() { f.newcomers = math.MinInt32 }

// Knowledge is what the fleet would tell another one in a join, byte for byte.
func (f *Fleet) Knowledge(now int64) string {
	f.mu.Lock()
	defer f.mu.Unlock()
	c := &codec{}
	for _, v := range f.views {
		if v.kind == kindGauge {
			continue
		}
		of := func(i int) *binding { return f.ordered[i].bindings[v.index] }
		c.known(f.knows(v, f.ordered, of, v.settleOf(f, of, now)))
	}
	return string(c.out)
}

// Holds reports whether an instance of the name is kept.
func (f *Fleet) Holds(name string) bool {
	f.names.Lock()
	defer f.names.Unlock()
	return f.instances[name] != nil
}

// Lives is how many processes are known one by one.
func (f *Fleet) Lives() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	n := 0
	for _, v := range f.views {
		n = max(n, len(v.ledger.known.lives))
	}
	return n
}

// Forget makes the next question count anew.
func (v *CounterView) Forget() { v.v.latest = latest{} }

func (v *HistogramView) Forget() { v.v.latest = latest{} }

// WithCheckpoints keeps other steps apart than a program can ask for.
func (c Config) WithCheckpoints(n int) Config {
	c.checkpoints = n
	return c
}

// WithMinStaleness lets no instance go stale before.
func (c Config) WithMinStaleness(d time.Duration) Config {
	c.minStaleness = d
	return c
}

// WithLimits bounds the bodies.
func (c Config) WithLimits(l lines.Limits) Config {
	c.limits = l
	return c
}

// Asymmetry says how unevenly the members share the group's load.
func (g *CounterGroup) Asymmetry() (Asymmetry, bool) {
	a, ok := g.asymmetry()
	return Asymmetry{a.members, a.hottest, a.share, a.peak, a.cv}, ok
}

type Asymmetry struct {
	Members         int
	Hottest         string
	Share, Peak, CV float64
}

// CheckSelector parses a selector.
func CheckSelector(text string) (metric string, where []*labels.Matcher, err error) {
	return parseSelector(text)
}
