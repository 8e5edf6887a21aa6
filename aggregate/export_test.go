package aggregate

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/promfold/promfold/internal/declare"
	"github.com/promfold/promfold/internal/growth"
	"github.com/promfold/promfold/internal/lines"
	"github.com/promfold/promfold/internal/tally"
)

// Dump writes all that a fleet knows, bit for bit, except what is only a cache.
func (f *Fleet) Dump() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	var b strings.Builder
	fmt.Fprintln(&b, "since", f.since, "bytes", f.bytes)
	for _, name := range slices.Sorted(maps.Keys(f.book.Entries)) {
		t := f.book.Entries[name]
		fmt.Fprintln(&b, "target", name, t.Tried(), t.Failure(), t.Gone)
	}
	for _, in := range f.ordered {
		in.dump(&b, f)
	}
	return b.String()
}

func (in *instance) dump(b *strings.Builder, f *Fleet) {
	fmt.Fprintln(b, "instance", in.name, in.targets, in.Start, in.Incarnation, in.Birth, in.First, in.Second, in.Last,
		in.Spacings, in.gone, in.Restarts)
	fmt.Fprintln(b, "history", in.History)
	for pos := range in.Columns.Len() {
		fmt.Fprintf(b, "%s %x %d\n", f.store.Line(in.Columns.ID(pos)).Labels(), math.Float64bits(in.Columns.Value(pos)), in.Columns.Time(pos))
	}
	c := &codec{lines.Writing(f.store), f}
	in.State.Code(&c.Codec.Codec, c, f.router, in.Plan, &in.Columns)
	fmt.Fprintf(b, "state %x\n", c.Out)
	for _, x := range in.bindings {
		fmt.Fprintln(b, "view", x.view.String(), *in.Plan.Presence(x.view.index), x.Since, x.Begun, x.Tracks)
		for i := range x.Live.Counts.Len() {
			fmt.Fprintf(b, "%x ", math.Float64bits(x.Live.Counts.Float64(i)))
		}
		for i := range x.Events {
			e := &x.Events[i]
			fmt.Fprintln(b, e.Note, e.At, e.N, e.Open, e.Below.Float64(), e.Above.Float64())
		}
		fmt.Fprintln(b)
	}
}

// DeclareAround declares views of a counter, a histogram and a gauge, and calls during before any instance is bound.
func (f *Fleet) DeclareAround(of View, during func()) {
	var list []declare.Spec
	for _, k := range []growth.Kind{growth.Counter, growth.Histogram, growth.Gauge} {
		specs, err := declare.One(of.said(), k, f.catalogue)
		if err != nil {
			panic(err)
		}
		list = append(list, specs...)
	}
	f.declares.Lock()
	defer f.declares.Unlock()
	f.mu.Lock()
	f.announce(list)
	for _, in := range f.ordered {
		in.lacks = f
	}
	f.mu.Unlock()
	during()
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, in := range f.ordered {
		in.bindFirst(nil)
	}
	f.views = f.declared
	f.router.Settled()
}

// Moves returns how often somebody's place may have changed, so that addresses are gathered anew.
func (f *Fleet) Moves() uint64 {
	f.mu.Ask()
	defer f.mu.Unlock()
	return f.mu.Alone()
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
	s := Sizes{Bytes: f.bytes, Lines: f.store.Len(), Instances: len(f.instances), Targets: len(f.book.Entries)}
	for _, b := range f.book.Balancers {
		s.Members += len(b.Members)
	}
	for _, v := range f.views {
		s.Groups += v.groups.Len()
	}
	return s
}

// SetMaxBytes changes the limit of a fleet.
func (f *Fleet) SetMaxBytes(n int64) { f.cfg.MaxBytes = n }

// NeverRetire keeps departed instances for good, as if nobody had come after
// them.
func (f *Fleet) NeverRetire() { f.newcomers = math.MinInt32 }

// RetireAll retires whoever departed, as where a limit is reached.
func (f *Fleet) RetireAll(now time.Time) { makeRoom(f, now.UnixMilli()) }

// Knowledge is what the fleet would tell another one in a join, byte for byte.
func (f *Fleet) Knowledge() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	var all []byte
	for _, v := range f.views {
		if v.Kind != growth.Gauge {
			all = v.watched().AppendTo(all)
		}
	}
	return string(all)
}

// Known is what the first view knows of processes, summed up over groups.
func (f *Fleet) Known() (n float64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, t := range f.views[0].watched().Totals() {
		n += t.Count.Float64()
	}
	return n
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
		if k := v.ledger.Known; k != nil {
			n = max(n, k.Size().Processes)
		}
	}
	return n
}

// Forget makes the next question count anew.
func (v *CounterView) Forget() { v.v.latest = tally.Latest{} }

func (v *HistogramView) Forget() { v.v.latest = tally.Latest{} }

// WithCheckpoints keeps other steps apart than a program can ask for.
func (c Config) WithCheckpoints(n int) Config {
	c.checkpoints = n
	return c
}

// Asymmetry says how unevenly the members share the group's load.
func (g *CounterGroup) Asymmetry() (Asymmetry, bool) {
	a, ok := g.growth.Asymmetry()
	return Asymmetry(a), ok
}

type Asymmetry struct {
	Members         int
	Hottest         string
	Share, Peak, CV float64
}

// Scratch stages so many scrapes at a time and lets go of them. It returns how
// many staged they used, and how many are kept.
func Scratch(f *Fleet, scrapes int) (used, kept int) {
	all := map[*staged]bool{}
	for range scrapes {
		all[stage(f, &instance{}, incoming{})] = true
	}
	for s := range all {
		s.unstage(f)
	}
	var spare []*staged
	for {
		s := f.scratch.Take(func() *staged { return nil })
		if s == nil {
			break
		}
		spare = append(spare, s)
	}
	for _, s := range spare {
		f.scratch.Give(s)
	}
	return len(all), len(spare)
}

// Surveyed says by what a snapshot of now differs from one for which everybody was looked at anew; "" if by nothing, and
// whether it was made of the one before.
func (f *Fleet) Surveyed(now time.Time) (differs string, went bool) {
	f.mu.Ask()
	defer f.mu.Unlock()
	assemble(f)
	e, late := presentOf(f, now.UnixMilli())
	before := f.moment
	went = before != nil && late == nil && before.goesOn(e)
	m := f.look(now.UnixMilli())
	x := f.survey(e, late)
	went = went && m != before
	if a, b := m.said(), x.said(); a != b {
		differs = a + "\n" + b
	}
	return differs, went
}

func (m *moment) said() string {
	return fmt.Sprintf("%+v", []any{m.e, m.since, m.first, m.opening, m.changes, m.number, m.members, m.targets, m.doubles, m.notes, m.moves, m.calm})
}
