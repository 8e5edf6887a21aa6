package watch

import "maps"

// naive is what a watcher knows, kept in full and by who is who in truth: every
// stretch in which someone followed a group, nothing folded, nothing forgotten.
type naive struct {
	stretches map[stretchID]stretch
	links     map[[2]int]bool // processes that some watcher took for one
	withdrawn map[int]bool
}

type stretchID struct {
	watcher, n int
	group      string
	pure       bool // until something was reset
}

type stretch struct {
	proc          int // a process; or, below 0, what a name has that tells no start
	name          string
	born          bool
	metAt, leftAt int64
	met, left     int64
	lastAt        int64
}

func newNaive() *naive {
	return &naive{map[stretchID]stretch{}, map[[2]int]bool{}, map[int]bool{}}
}

func (n *naive) clone() *naive {
	return &naive{maps.Clone(n.stretches), maps.Clone(n.links), maps.Clone(n.withdrawn)}
}

func (n *naive) join(o *naive) {
	for id, x := range o.stretches {
		if mine, ok := n.stretches[id]; !ok || mine.lastAt < x.lastAt {
			n.stretches[id] = x
		}
	}
	maps.Copy(n.links, o.links)
	maps.Copy(n.withdrawn, o.withdrawn)
}

// of returns who a process is, as far as is known: the least of those it is
// linked with.
func (n *naive) of(proc int) int {
	for changed := true; changed; {
		changed = false
		for l := range n.links {
			if l[0] == proc && l[1] < proc {
				proc, changed = l[1], true
			}
			if l[1] == proc && l[0] < proc {
				proc, changed = l[0], true
			}
		}
	}
	return proc
}

// counts are the totals: of each process the greatest difference between where
// someone met it and where someone left it.
func (n *naive) counts() map[string]int64 { return n.sum(true) }

// alone is the same of what one watcher saw of a process by itself.
func (n *naive) alone() map[string]int64 { return n.sum(false) }

func (n *naive) sum(together bool) map[string]int64 {
	type part struct {
		name  string
		group string
		proc  int
	}
	all := map[part][]stretch{}
	for id, x := range n.stretches {
		if x.proc >= 0 {
			x.proc = n.of(x.proc)
		}
		if n.withdrawn[x.proc] {
			continue
		}
		p := part{x.name, id.group, x.proc}
		all[p] = append(all[p], x)
	}
	told, blind := map[part]int64{}, map[part]int64{}
	total := map[string]int64{}
	for p, list := range all {
		best := int64(0)
		for i, m := range list {
			for j, l := range list {
				switch {
				case !together && i != j:
				case m.born:
					best = max(best, l.left)
				case m.metAt <= l.leftAt:
					best = max(best, l.left-m.met)
				}
			}
		}
		total[p.group] += 0
		name := part{p.name, p.group, 0}
		if p.proc == blindProc {
			blind[name] = best
		} else if p.proc == externalProc {
			total[p.group] += best
		} else {
			told[name] += best
		}
	}
	for p, x := range blind {
		told[p] = max(told[p], x)
	}
	for p, x := range told {
		total[p.group] += x
	}
	return total
}

// Who a stretch is of, where no process is told.
const (
	blindProc    = -1
	externalProc = -2
)
