package aggregate

import (
	"github.com/promfold/promfold/internal/identity"
	"github.com/promfold/promfold/internal/kept"
	"github.com/promfold/promfold/internal/lines"
	"github.com/promfold/promfold/internal/parts"
	"github.com/promfold/promfold/internal/roster"
	"github.com/promfold/promfold/internal/saved"
)

// loaded is a state that was read and is not yet a fleet's. Its lines are those of the fleet that it is read for.
type loaded struct {
	since     int64
	expected  map[string]bool
	targets   map[string]*roster.Entry
	balancers []*balanced // by target
	instances []*instance // by name
	views     []*kept.View

	left  roster.Left
	pulse roster.Pulse
	parts *parts.Set // a root has them, and no instances
}

// release gives the lines back that the instances hold.
func (l *loaded) release(f *Fleet) {
	for _, in := range l.instances {
		in.Release(f.store)
	}
}

// decode reads the content of a saved state; its lines join the fleet's.
func decodeState(f *Fleet, content []byte) (*loaded, error) {
	table, err := lines.Loading(f.store, content)
	if err != nil {
		return nil, saved.Wrong("its lines", ErrCorrupt)
	}
	c := &codec{table, f}
	l := &loaded{}
	c.state(l)
	c.rows(l).CodeRows(&c.Codec.Codec, l.views)
	if rest, ok := c.In.Rest(); !ok || len(rest) > 0 {
		l.release(f)
		return nil, saved.Wrong("its content", ErrCorrupt)
	}
	return l, nil
}

func (c *codec) state(l *loaded) {
	c.before(l)
	saved.List(&c.Codec.Codec, &l.instances, leastInstance, func(in **instance) {
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
	c.after(l)
}

const leastInstance = 30 // bytes

// before is what stands before the instances.
func (c *codec) before(l *loaded) {
	to := &c.Codec.Codec
	c.Int64(&l.since)
	told := l.expected != nil
	if c.Bool(&told); told {
		if c.Reading() {
			l.expected = map[string]bool{}
		}
		saved.Map(to, &l.expected, 0, func(yes *bool) { *yes = true })
	}
	roster.CodeEntries(to, &l.targets)
	l.left.Code(to)
	l.pulse.Code(to)
}

// after is what stands after the instances, before the rows of the views.
func (c *codec) after(l *loaded) {
	who := identity.NewCrowd(&c.Codec.Codec, l.instances)
	who.Balancers(&l.balancers)
	who.Behind(l.balancers, func(in *instance) **balanced { return &in.pool })
	who.Relations()
	c.rows(l).Code(&c.Codec.Codec, &l.views)
	parts.Code(&c.Codec.Codec, &l.parts)
}

// rows returns what codes the views of a state.
func (c *codec) rows(l *loaded) *kept.Fleet {
	x := &kept.Fleet{Plain: &c.fleet.set, Signed: &c.fleet.signed, Clocks: c.fleet.cfg.Clocks()}
	for _, in := range l.instances {
		x.Histories = append(x.Histories, &in.History)
	}
	return x
}
