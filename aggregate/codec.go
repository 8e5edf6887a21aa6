package aggregate

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"github.com/promfold/promfold/internal/gauge"
	"github.com/promfold/promfold/internal/growth"
	"github.com/promfold/promfold/internal/identity"
	"github.com/promfold/promfold/internal/lines"
	"github.com/promfold/promfold/internal/roster"
	"github.com/promfold/promfold/internal/saved"
	"github.com/promfold/promfold/internal/watch"
	"github.com/promfold/promfold/internal/window"
)

// loaded is a state that was read and is not yet a fleet's. Its lines are those
// of the fleet that it is read for.
type loaded struct {
	since     int64
	expected  map[string]bool
	targets   map[string]*roster.Entry
	balancers []*balanced // by target
	instances []*instance // by name
	views     []*savedView

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
		since: f.since, expected: f.book.Expected, targets: f.book.Entries, instances: f.ordered, views: savedViewsOf(f),
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
		return nil, stateError("its lines", ErrCorrupt)
	}
	c := &codec{Codec: saved.Codec{In: saved.Read(rest)}, loader: table, fleet: f}
	l := &loaded{targets: map[string]*roster.Entry{}}
	c.state(l)
	if rest, ok := c.In.Rest(); !ok || len(rest) > 0 {
		l.release(f)
		return nil, stateError("its content", ErrCorrupt)
	}
	return l, nil
}

func (c *codec) state(l *loaded) {
	c.Int64(&l.since)
	c.expected(l)
	c.targets(l)
	c.left(l)
	saved.List(&c.Codec, &l.instances, 30, func(in **instance) {
		if c.Reading() {
			*in = &instance{}
		}
		c.instance(*in)
		for _, name := range (*in).targets {
			c.Must(l.targets[name] != nil)
		}
	})
	c.Ascending(len(l.instances), func(i int) string { return l.instances[i].name })
	who := &people{codec: c, list: l.instances}
	saved.List(&c.Codec, &l.balancers, 8, who.balancer)
	c.Ascending(len(l.balancers), func(i int) string { return l.balancers[i].Target })
	who.pools(l.balancers)
	who.twins()
	who.suspicions()
	saved.List(&c.Codec, &l.views, 4, func(v **savedView) { c.view(v, l.instances) })
}

func (c *codec) expected(l *loaded) {
	told := l.expected != nil
	if c.Bool(&told); !told {
		return
	}
	names := slices.Sorted(maps.Keys(l.expected))
	saved.List(&c.Codec, &names, 1, c.Text)
	l.expected = map[string]bool{}
	for _, name := range names {
		l.expected[name] = true
	}
}

func (c *codec) targets(l *loaded) {
	names := slices.Sorted(maps.Keys(l.targets))
	saved.List(&c.Codec, &names, 6, func(name *string) {
		c.Text(name)
		if c.Reading() {
			l.targets[*name] = &roster.Entry{}
		}
		c.target(l.targets[*name])
	})
	c.Ascending(len(names), func(i int) string { return names[i] })
}

func (c *codec) left(l *loaded) {
	names := slices.Sorted(maps.Keys(l.left.At))
	saved.List(&c.Codec, &names, 2, func(name *string) {
		c.Text(name)
		at := l.left.At[*name]
		if c.Int64(&at); c.Reading() {
			l.left.Note(*name, at)
		}
	})
	c.Ascending(len(names), func(i int) string { return names[i] })
	for _, at := range []*int64{&l.left.Before, &l.opened, &l.latest, &l.awake} {
		c.Int64(at)
	}
}

func (c *codec) target(t *roster.Entry) {
	tried, failed := t.Tried(), t.Failure()
	c.Int64(&tried)
	saved.Small(&c.Codec, &failed, roster.Unheard)
	down := t.Down()
	c.Int64(&down)
	c.Bool(&t.Gone)
	if c.Bool(&t.Told); t.Told {
		c.Text(&t.Instance)
		c.Labels(&t.Labels)
	}
	c.rank(&t.Rank)
	if c.Reading() {
		t.Restore(tried, failed, down)
	}
}

func (c *codec) rank(i *roster.Rank) {
	priority := int64(i.Priority)
	c.Int64(&priority)
	i.Priority = int(priority)
	known := !i.Created.IsZero()
	if c.Bool(&known); known {
		s, ns := i.Created.Unix(), int64(i.Created.Nanosecond())
		c.Int64(&s)
		c.Int64(&ns)
		if c.Reading() {
			i.Created = time.Unix(s, ns)
		}
	}
}

func (c *codec) view(v **savedView, instances []*instance) {
	if c.Reading() {
		*v = &savedView{}
	}
	c.Text(&(*v).key)
	k := growth.NoKind
	if key := (*v).key; len(key) > 2 {
		k, c.signed = growth.Kind(key[0]), key[2] != 0
	}
	c.Must(k <= growth.Histogram)
	if c.Count(len(instances), 10) != len(instances) {
		c.Must(false)
	}
	for i, in := range instances {
		if c.Failed() {
			return
		}
		if c.Reading() {
			(*v).rows = append((*v).rows, &savedBinding{})
		}
		c.binding((*v).rows[i], k, in)
	}
	(*v).ledger.Code(&c.Codec, c.set())
	watch.Code(&c.Codec, &(*v).ledger.known, c.fleet.cfg.StartTolerance.Milliseconds())
}

func (c *codec) binding(p *savedBinding, k growth.Kind, in *instance) {
	if c.Reading() {
		p.Packed = &window.Packed{}
	}
	c.Bool(&p.exposes)
	p.Code(&c.Codec, c.set(), k == growth.Histogram, &in.history)
	if k == growth.Gauge {
		saved.List(&c.Codec, &p.tracks, 2, func(t *gauge.Track) { t.Code(&c.Codec) })
		c.Must(len(p.tracks) == len(p.Cols))
	}
	met := p.met != nil
	if c.Bool(&met); met && !c.Failed() {
		if c.Must(k != growth.Gauge); c.Reading() {
			p.met = &window.PackedMet{}
		}
		p.met.Code(&c.Codec, p.Packed)
	}
}

// people write down who is who among the instances: each by its place.
type people struct {
	*codec
	list   []*instance
	places map[*instance]int
}

// one is an instance; nil is none.
func (p *people) one(in **instance) {
	if p.places == nil {
		p.places = map[*instance]int{nil: 0}
		for i, x := range p.list {
			p.places[x] = i + 1
		}
	}
	n := p.places[*in]
	if p.Natural(&n); !p.Reading() {
		return
	}
	if p.Must(n <= len(p.list)); n > 0 && !p.Failed() {
		*in = p.list[n-1]
	}
}

// some is one that is not nil.
func (p *people) some(in **instance) {
	p.one(in)
	p.Must(*in != nil)
}

func (p *people) balancer(b **balanced) {
	if p.Reading() {
		*b = &balanced{}
	}
	x := *b
	p.Text(&x.Target)
	p.Natural(&x.Expected)
	p.Natural(&x.Named)
	p.Natural(&x.Scrapes)
	p.Natural(&x.Quiet)
	p.Natural(&x.Unclear)
	p.Int64(&x.Last)
	p.spacings(&x.Spacings)
	p.Int64(&x.Left)
	saved.List(&p.Codec, &x.Members, 1, p.some)
	p.one(&x.Latest)
}

// pools say which balancer an instance was met behind: 0 is none.
func (p *people) pools(balancers []*balanced) {
	for _, in := range p.list {
		n := 1 + slices.Index(balancers, in.pool)
		if p.Natural(&n); p.Reading() && n > 0 {
			if p.Must(n <= len(balancers)); p.Failed() {
				return
			}
			in.pool = balancers[n-1]
		}
	}
}

func (p *people) twins() {
	var all [][]*instance
	seen := map[*identity.Twins[*instance]]bool{}
	for _, in := range p.list {
		if t := in.Twins; t != nil && !seen[t] {
			seen[t] = true
			all = append(all, slices.SortedFunc(slices.Values(t.Members), byInstanceName))
		}
	}
	saved.List(&p.Codec, &all, 3, func(members *[]*instance) {
		saved.List(&p.Codec, members, 1, p.some)
		p.Must(len(*members) > 1)
		if !p.Reading() || p.Failed() {
			return
		}
		for i, in := range *members {
			if p.Must(in.Twins == nil || i > 0 && in.Twins == (*members)[0].Twins); i > 0 {
				identity.Unite((*members)[0], in)
			}
		}
	})
}

func byInstanceName(a, b *instance) int { return cmp.Compare(a.name, b.name) }

func (p *people) suspicions() {
	var all []*identity.Pair[*instance]
	for _, in := range p.list {
		for _, x := range in.Suspicions {
			if x.A == in {
				all = append(all, x)
			}
		}
	}
	slices.SortFunc(all, func(x, y *identity.Pair[*instance]) int {
		return cmp.Or(byInstanceName(x.A, y.A), byInstanceName(x.B, y.B))
	})
	saved.List(&p.Codec, &all, 5, func(s **identity.Pair[*instance]) {
		if p.Reading() {
			*s = &identity.Pair[*instance]{}
		}
		x := *s
		p.some(&x.A)
		p.some(&x.B)
		p.some(&x.Latest)
		p.Natural(&x.Alternations)
		p.Natural(&x.Moved)
		if p.Must(x.A != x.B && (x.Latest == x.A || x.Latest == x.B)); p.Reading() && !p.Failed() {
			identity.Watch(x)
		}
	})
}
