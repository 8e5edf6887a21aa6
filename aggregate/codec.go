package aggregate

import (
	"maps"
	"slices"

	"github.com/promfold/promfold/internal/identity"
	"github.com/promfold/promfold/internal/kept"
	"github.com/promfold/promfold/internal/lines"
	"github.com/promfold/promfold/internal/roster"
	"github.com/promfold/promfold/internal/saved"
)

// loaded is a state that was read and is not yet a fleet's. Its lines are those
// of the fleet that it is read for.
type loaded struct {
	since     int64
	expected  map[string]bool
	targets   map[string]*roster.Entry
	balancers []*balanced // by target
	instances []*instance // by name
	views     []*kept.View

	left                  roster.Left
	opened, latest, awake int64
}

// release gives the lines back that the instances hold.
func (l *loaded) release(f *Fleet) {
	for _, in := range l.instances {
		in.release(f.store)
	}
}

// appendState writes the content of a saved state: the lines that it refers to,
// then the rest. The fleet's lock is held.
func appendState(f *Fleet, b []byte) []byte {
	c := &codec{saver: lines.NewSaver(f.store), fleet: f}
	l := &loaded{
		since: f.since, expected: f.book.Expected, targets: f.book.Entries, instances: f.ordered, views: savedViews(f),
		left: f.left, opened: f.opened, latest: f.latest.Load(), awake: f.awake.Load(),
	}
	for _, name := range slices.Sorted(maps.Keys(f.book.Balancers)) {
		l.balancers = append(l.balancers, f.book.Balancers[name])
	}
	c.state(l)
	return append(c.saver.AppendTable(b), c.Out...)
}

// decode reads the content of a saved state; its lines join the fleet's.
func decodeState(f *Fleet, content []byte) (*loaded, error) {
	table, rest, err := lines.NewLoader(f.store, content)
	if err != nil {
		return nil, saved.Wrong("its lines", ErrCorrupt)
	}
	c := &codec{Codec: saved.Codec{In: saved.Read(rest)}, loader: table, fleet: f}
	l := &loaded{}
	c.state(l)
	if rest, ok := c.In.Rest(); !ok || len(rest) > 0 {
		l.release(f)
		return nil, saved.Wrong("its content", ErrCorrupt)
	}
	return l, nil
}

func (c *codec) state(l *loaded) {
	c.Int64(&l.since)
	told := l.expected != nil
	if c.Bool(&told); told {
		if c.Reading() {
			l.expected = map[string]bool{}
		}
		saved.Map(&c.Codec, &l.expected, 0, func(yes *bool) { *yes = true })
	}
	roster.CodeEntries(&c.Codec, &l.targets)
	l.left.Code(&c.Codec)
	for _, at := range []*int64{&l.opened, &l.latest, &l.awake} {
		c.Int64(at)
	}
	saved.List(&c.Codec, &l.instances, 30, func(in **instance) {
		if c.Reading() {
			*in = &instance{}
		}
		c.instance(*in)
		for _, name := range (*in).targets {
			_, known := l.targets[name]
			c.Must(known)
		}
	})
	c.Ascending(len(l.instances), func(i int) string { return l.instances[i].name })
	who := identity.NewCrowd(&c.Codec, l.instances)
	who.Balancers(&l.balancers)
	c.pools(l)
	who.Relations()
	views := kept.Fleet{Plain: &c.fleet.set, Signed: &c.fleet.signed, Tolerance: c.fleet.cfg.StartTolerance.Milliseconds()}
	for _, in := range l.instances {
		views.Histories = append(views.Histories, &in.history)
	}
	views.Code(&c.Codec, &l.views)
}

// pools say which balancer an instance was met behind: 0 is none.
func (c *codec) pools(l *loaded) {
	for _, in := range l.instances {
		n := 1 + slices.Index(l.balancers, in.pool)
		if c.Natural(&n); c.Reading() && n > 0 {
			if c.Must(n <= len(l.balancers)); c.Failed() {
				return
			}
			in.pool = l.balancers[n-1]
		}
	}
}
