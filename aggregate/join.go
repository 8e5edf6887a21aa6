package aggregate

import (
	"cmp"
	"maps"
	"slices"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/promfold/promfold/internal/growth"
	"github.com/promfold/promfold/internal/layout"
	"github.com/promfold/promfold/internal/ledger"
	"github.com/promfold/promfold/internal/window"
)

// known is what the watchers of one fleet know together, of one view. Joining
// two is idempotent, commutative and associative: each part of it is a greatest,
// an earliest or a union.
//
// Every number in it is at most the truth: what one watcher saw a process grow
// by, and the difference between what the process had when the first watcher met
// it and what it had when the last one left it.
type known struct {
	lives map[lifeKey]*life
	alias map[lifeKey]lifeKey // lives of one process, told under several names or start times
	most  map[columnName]*columnSum
	// folded is what those counted that ended before mark, one by one no longer
	// known. Nothing that began before it is taken over from a watcher who still
	// knows it: it is in folded already, or was missed.
	mark   int64
	folded map[columnName]*columnSum
}

// lifeKey is a process, as all its watchers name it.
type lifeKey struct {
	name  string // of the instance, or of the balancer it is behind
	start int64  // Unix ms; 0: all of its processes whose start is not known, or what outlives them
}

// life is what is known of a process.
type life struct {
	first, last int64 // scrapes of it
	columns     map[columnName]*record
}

// began is when it did at the earliest.
func (k lifeKey) began(l *life) int64 {
	if k.start != 0 {
		return k.start
	}
	return l.first
}

// columnName is a group as it is answered, and a layout, as comparable values.
type columnName struct {
	group  string
	layout *layout.Layout
	grid   *window.Grid
}

// columnSum is what was counted in a group, of one layout.
type columnSum struct {
	labels labels.Labels
	*window.Class
}

// merge takes over what is known of other instances.
func (k *known) merge(o *known) {
	k.mark = max(k.mark, o.mark)
	for key, l := range o.lives {
		k.put(key, l)
	}
	k.alias = joinAlias(k.alias, o.alias)
	k.most, k.folded = addedColumns(k.most, o.most), addedColumns(k.folded, o.folded)
}

func addedColumns(a, b map[columnName]*columnSum) map[columnName]*columnSum {
	sums := map[columnName]*columnSum{}
	for _, m := range []map[columnName]*columnSum{a, b} {
		for name, c := range m {
			addColumns(sums, name, c.labels, c.Class)
		}
	}
	return sums
}

func (l *life) join(o *life) *life {
	j := &life{first: min(l.first, o.first), last: max(l.last, o.last), columns: maps.Clone(l.columns)}
	for name, r := range o.columns {
		if mine, ok := j.columns[name]; ok {
			r = mine.join(r)
		}
		j.columns[name] = r
	}
	return j
}

// add adds what one watcher saw of another process with the same name: which
// is which, no other can tell, so only sums can be compared.
func (l *life) add(o *life) *life {
	j := &life{first: min(l.first, o.first), last: max(l.last, o.last), columns: maps.Clone(l.columns)}
	for name, r := range o.columns {
		if mine, ok := j.columns[name]; ok {
			r = &record{labels: r.labels, grown: plus(mine.grown, r.grown)}
		}
		j.columns[name] = r
	}
	return j
}

// join takes over what o knows. It changes nothing that o refers to.
func (k *known) join(o *known) {
	lives := map[lifeKey]*life{}
	keep := func(a, b *known) {
		for key, l := range a.lives {
			other, ok := b.lives[key]
			old := key.began(l) <= b.mark
			switch {
			case old && (!ok || key.began(other) > b.mark): // b folded it, or missed it
			case lives[key] != nil:
				lives[key] = lives[key].join(l)
			default:
				lives[key] = l
			}
		}
	}
	keep(k, o)
	keep(o, k)
	k.lives = lives
	k.alias, k.most = joinAlias(k.alias, o.alias), joinColumns(k.most, o.most)
	switch {
	case o.mark > k.mark:
		k.mark, k.folded = o.mark, maps.Clone(o.folded)
	case o.mark == k.mark:
		k.folded = joinColumns(k.folded, o.folded)
	}
}

func compareLives(a, b lifeKey) int {
	return cmp.Or(cmp.Compare(a.name, b.name), cmp.Compare(a.start, b.start))
}

func joinAlias(a, b map[lifeKey]lifeKey) map[lifeKey]lifeKey {
	j := map[lifeKey]lifeKey{}
	maps.Copy(j, a)
	for key, of := range b {
		if mine, ok := j[key]; !ok || compareLives(of, mine) < 0 {
			j[key] = of
		}
	}
	return j
}

func joinColumns(a, b map[columnName]*columnSum) map[columnName]*columnSum {
	j := map[columnName]*columnSum{}
	maps.Copy(j, a)
	for name, c := range b {
		if mine, ok := j[name]; ok {
			c = &columnSum{c.labels, greater(mine.Class, c.Class)}
		}
		j[name] = c
	}
	return j
}

// put adds a life, or what else is known of it.
func (k *known) put(key lifeKey, l *life) {
	if k.lives == nil {
		k.lives = map[lifeKey]*life{}
	}
	if mine, ok := k.lives[key]; ok {
		l = mine.join(l)
	}
	k.lives[key] = l
}

// process is one as far as the lives that tell of it can be told apart: start
// times that differ by less than the tolerance are one's.
type process struct {
	keys []lifeKey // by name and start
	life *life     // all of them joined
}

// processes are those of the lives, by name and start.
func (k *known) processes(tolerance int64) []*process {
	keys := slices.SortedFunc(maps.Keys(k.lives), compareLives)
	of := map[lifeKey]*process{}
	for i, key := range keys {
		if i > 0 && key.start != 0 && keys[i-1].start != 0 && key.name == keys[i-1].name && key.start-keys[i-1].start <= tolerance {
			of[key] = of[keys[i-1]]
		} else {
			of[key] = &process{}
		}
		of[key].keys = append(of[key].keys, key)
	}
	for _, a := range slices.SortedFunc(maps.Keys(k.alias), compareLives) {
		p, q := of[a], of[k.alias[a]]
		if p == nil || q == nil || p == q {
			continue
		}
		for _, key := range p.keys {
			of[key] = q
		}
		q.keys = append(q.keys, p.keys...)
	}
	var list []*process
	for _, key := range keys {
		p := of[key]
		if l := k.lives[key]; p.life == nil {
			p.life = l
			list = append(list, p)
		} else {
			p.life = p.life.join(l)
		}
	}
	return list
}

// addColumns adds to one of the sums.
func addColumns(sums map[columnName]*columnSum, name columnName, ls labels.Labels, x *window.Class) {
	c, ok := sums[name]
	if !ok {
		c = &columnSum{ls, &window.Class{Layout: name.layout, Grid: name.grid}}
		sums[name] = c
	}
	c.Merge(x)
}

// valueOf adds up an instance's processes. What is known without a start
// time may be of the same processes as what is known with one: the greater of
// both counts.
func valueOf(list []*process) map[columnName]*columnSum {
	blind, told := map[columnName]*columnSum{}, map[columnName]*columnSum{}
	for _, p := range list {
		sums := told
		if p.blind() {
			sums = blind
		}
		for name, r := range p.life.columns {
			addColumns(sums, name, r.labels, r.value())
		}
	}
	return joinColumns(blind, told)
}

func (p *process) blind() bool { return p.keys[0].start == 0 }

// byInstance cuts a list of processes where the instance changes.
func byInstance(list []*process, do func(name string, own []*process)) {
	for len(list) > 0 {
		n := 1
		for n < len(list) && list[n].keys[0].name == list[0].keys[0].name {
			n++
		}
		do(list[0].keys[0].name, list[:n])
		list = list[n:]
	}
}

// total is what all processes counted, at least.
func (k *known) total(tolerance int64) map[columnName]*columnSum {
	sums := map[columnName]*columnSum{}
	add := func(values map[columnName]*columnSum) {
		for name, c := range values {
			addColumns(sums, name, c.labels, c.Class)
		}
	}
	byInstance(k.processes(tolerance), func(_ string, own []*process) { add(valueOf(own)) })
	add(k.folded)
	return joinColumns(k.most, sums)
}

// fold forgets the processes that ended before a time, but for what they
// counted; not those that live, for all one knows.
func (k *known) fold(before, tolerance int64, lives func(lifeKey) bool) {
	if before <= k.mark {
		return
	}
	folded := maps.Clone(k.folded)
	if folded == nil {
		folded = map[columnName]*columnSum{}
	}
	var gone []*process
	byInstance(k.processes(tolerance), func(_ string, own []*process) {
		ended := func(p *process) bool { return p.life.last <= before && !slices.ContainsFunc(p.keys, lives) }
		if own[0].blind() && slices.ContainsFunc(own, func(p *process) bool { return !ended(p) }) {
			return // its value is not that of single processes
		}
		old := slices.DeleteFunc(slices.Clone(own), func(p *process) bool { return !ended(p) })
		for name, c := range valueOf(old) {
			x := &window.Class{Layout: name.layout, Grid: name.grid}
			if mine, ok := folded[name]; ok {
				x.Merge(mine.Class)
			}
			x.Merge(c.Class)
			folded[name] = &columnSum{c.labels, x}
		}
		gone = append(gone, old...)
	})
	k.mark, k.folded = before, folded
	k.lives, k.alias = maps.Clone(k.lives), maps.Clone(k.alias)
	for _, p := range gone {
		for _, key := range p.keys {
			delete(k.lives, key)
			delete(k.alias, key)
		}
	}
}

// isDead: nothing is to be told of a process that now is met, since what it
// counted may be folded already.
func (k *known) isDead(in *instance, g *segment) bool {
	key := in.lifeKey(g.start)
	if _, ok := k.lives[key]; ok || k.mark == 0 {
		return false
	}
	if g.start != 0 {
		return g.start <= k.mark
	}
	return in.since != 0
}

// lifeKey names a process of the instance.
func (in *instance) lifeKey(start int64) lifeKey {
	if in.pool != nil {
		return lifeKey{in.pool.target, start}
	}
	return lifeKey{in.name, start}
}

// note keeps what a binding knows of a process that ends.
func (k *known) note(in *instance, b *binding) {
	for key, l := range livesOf(in, b) {
		k.put(key, l)
	}
}

// knows is all that the fleet knows of a view: what was noted, what it sees, and
// what it counts by itself.
func (f *Fleet) knows(v *view, list []*instance, of func(i int) *binding, own []*ledger.Settlement) *known {
	now := map[lifeKey]*life{}
	alias := map[lifeKey]lifeKey{}
	for i, in := range list {
		b := of(i)
		for key, l := range livesOf(in, b) {
			if mine, ok := now[key]; ok {
				l = mine.add(l)
			}
			now[key] = l
		}
		if t := in.Twins; t != nil && b.seg != nil && b.seg.start != 0 {
			first := slices.MinFunc(t.Members, func(a, b *instance) int { return cmp.Compare(a.name, b.name) })
			if first != in {
				alias[in.lifeKey(b.seg.start)] = first.lifeKey(b.seg.start)
			}
		}
		if b.seg != nil && in.pool == nil && b.seg.start != 0 && in.start.Known() && in.start.At != b.seg.start {
			// Its start time moved while it went on: others know it by that one.
			alias[in.lifeKey(in.start.At)] = in.lifeKey(b.seg.start)
		}
	}
	k := v.ledger.known
	k.lives = maps.Clone(k.lives)
	for key, l := range now {
		k.put(key, l)
	}
	most := map[columnName]*columnSum{}
	for _, s := range own {
		for i := range s.Classes {
			c := &s.Classes[i]
			if v.kind == growth.Histogram && c.Layout == nil && c.Grid == nil {
				continue // it was shown once, and has nothing
			}
			x := &window.Class{Layout: c.Layout, Grid: c.Grid}
			x.Merge(c)
			most[columnName{string(s.Labels.Bytes(nil)), c.Layout, c.Grid}] = &columnSum{s.Labels, x}
		}
	}
	k.alias, k.most = joinAlias(k.alias, alias), joinColumns(k.most, most)
	return &k
}

// foldLives forgets the processes that ended longer ago than the horizon.
func (f *Fleet) foldLives(now int64) {
	before := now - f.cfg.JoinHorizon.Milliseconds()
	for _, v := range f.views {
		if v.kind == growth.Gauge {
			continue
		}
		k, answers := &v.ledger.known, map[lifeKey]bool{}
		for _, in := range f.ordered {
			if g := in.bindings[v.index].seg; g != nil {
				answers[in.lifeKey(g.start)], answers[in.lifeKey(0)] = true, true
			}
		}
		k.fold(before, f.cfg.StartTolerance.Milliseconds(), func(key lifeKey) bool { return answers[key] })
	}
}

// joined is the truth about the groups, as far as all watchers know it.
func (v *view) joined(own []*ledger.Settlement) []*ledger.Settlement {
	f := v.fleet
	k := f.knows(v, f.ordered, func(i int) *binding { return f.ordered[i].bindings[v.index] }, own)
	byGroup := ledger.Settlements{}
	for _, s := range own {
		byGroup.Of(s.Labels)
	}
	total := k.total(f.cfg.StartTolerance.Milliseconds())
	for name, c := range total {
		window.ClassOf(&byGroup.Of(c.labels).Classes, name.layout, name.grid).Merge(c.Class)
	}
	for _, s := range byGroup {
		for i := range s.Classes {
			c := &s.Classes[i]
			if c.Signed() {
				c.NoSum = true // of two sums that may fall none is the better one
			}
		}
		slices.SortFunc(s.Classes, window.CompareClasses)
	}
	return byGroup.Sorted()
}
