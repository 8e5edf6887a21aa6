package oracle

import (
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// sequence is a cluster of two nodes in which everything happens that happens to
// kubelets, at random.
type sequence struct {
	*rand.Rand
	*both
	pods  []*simulated
	nodes map[string]*simulatedNode
	log   []string
}

type simulatedNode struct {
	values values
	there  bool    // it answered
	at     float64 // of its latest values that were answered
	gap    bool    // it was away, and has no newer values since it is back
}

// told notes whether the bodies have the node.
func (n *simulatedNode) told(there bool) {
	if there {
		n.gap = !n.there || n.gap && n.values.at <= n.at
		n.at = n.values.at
	}
	n.there = there
}

// simulated is a pod: the node it is on, and another one that still speaks of it.
type simulated struct {
	name       string
	on, also   string
	containers map[string]*container
	batch      bool // metrics-server stored it in the round before
	nodes      int  // that spoke of it then
}

type container struct {
	lived
	values  values
	old     values // what the node says that the pod left
	absent  bool   // in this round
	there   bool   // its node spoke of it
	carries kind   // how the pod differed
}

func (s *sequence) chance(p float64) bool { return s.Float64() < p }

func (s *sequence) upTo(x float64) float64 { return math.Round(s.Float64()*x*1000) / 1000 }

func newSequence(b *both, seed uint64) *sequence {
	b.again()
	s := &sequence{Rand: rand.New(rand.NewPCG(seed, 20)), both: b, nodes: map[string]*simulatedNode{}}
	for _, name := range []string{"p", "q"} {
		p := &simulated{name: name, on: s.any("n", "o"), containers: map[string]*container{}}
		for _, c := range []string{"a", "b", "c"}[:1+s.IntN(3)] {
			p.containers[c] = &container{values: values{start: -70 - s.upTo(200), at: -60, cpu: 1 + s.upTo(100), memory: 1024}}
		}
		s.pods = append(s.pods, p)
	}
	for _, name := range []string{"n", "o"} {
		s.nodes[name] = &simulatedNode{values: values{start: -1000, at: -60, cpu: 10 + s.upTo(100), memory: 4096}}
	}
	return s
}

func (s *sequence) any(of ...string) string { return of[s.IntN(len(of))] }

// measured returns the next values: newer, or the same again, or older.
func (s *sequence) measured(v values, now float64) values {
	switch at := now - s.upTo(15); {
	case s.chance(.1):
		return v
	case s.chance(.05):
		v.at = max(v.at-s.upTo(20), v.start+.001)
	case at > v.at:
		v.cpu += (at - v.at) * s.upTo(2)
		v.at = at
	}
	v.memory = float64(1 + s.IntN(1<<30))
	return v
}

// next has something happen to a container.
func (s *sequence) next(c *container, now float64) {
	c.absent = s.chance(.03)
	if c.values.cpu = s.sane(c.values.cpu); c.values.memory == 0 {
		c.values.memory = 1
	}
	c.values = s.measured(c.values, now)
	switch x := s.Float64(); {
	case x < .06: // it restarts, perhaps before its latest point
		c.values.start = c.values.at - s.upTo(90)
		c.values.cpu = .001 + s.upTo(100)
	case x < .09:
		c.values.cpu = .001 + s.upTo(.9)*c.values.cpu
	case x < .10:
		c.values.start -= s.upTo(30)
	case x < .11:
		c.values.cpu = 0
	case x < .12:
		c.values.memory = 0
	case x < .13:
		c.values.cpu = []float64{math.NaN(), -1, math.Inf(1), 1e300}[s.IntN(4)]
	}
}

// sane returns a count in place of what is none.
func (s *sequence) sane(x float64) float64 {
	if x > 0 && x < 1e9 {
		return x
	}
	return 1 + s.upTo(100)
}

// step is one round. It returns the bodies by node.
func (s *sequence) step(now float64) map[string]string {
	bodies := map[string]string{}
	for _, name := range []string{"n", "o"} {
		v := s.measured(s.nodes[name].values, now)
		if s.chance(.04) {
			v.cpu = .001 + s.upTo(.9)*v.cpu
		}
		s.nodes[name].values = v
		if !s.chance(.08) {
			bodies[name] = nodeLines(v)
		}
	}
	for _, p := range s.pods {
		p.also = ""
		created := s.chance(.05)
		if created {
			if on := s.any("n", "o"); on != p.on && s.chance(.7) {
				p.on, p.also = on, p.on
			} else {
				p.on = on
			}
		}
		for _, name := range slices.Sorted(maps.Keys(p.containers)) {
			c := p.containers[name]
			c.old = c.values
			if created {
				c.values.start = now - s.upTo(60)
				c.values.at, c.values.cpu = now, .001+s.upTo(60)
			}
			s.next(c, now)
			for node, v := range map[string]values{p.on: c.values, p.also: s.measured(c.old, now)} {
				if _, up := bodies[node]; up && !(c.absent && node == p.on) {
					bodies[node] += containerLines(p.name, name, v)
				}
			}
		}
	}
	return bodies
}

// told notes what the bodies say of a pod, and returns its containers and how
// many nodes speak of it, or did.
func (p *simulated) told(bodies map[string]string) (map[string]*lived, map[string]*container, int) {
	nodes := 1
	if _, up := bodies[p.also]; up {
		nodes = 2
	}
	now, there := map[string]*lived{}, map[string]*container{}
	_, up := bodies[p.on]
	batch := up
	for name, c := range p.containers {
		before := c.there
		if c.there = up && !c.absent; !c.there {
			continue
		}
		c.now, c.recent = c.values, p.batch && before
		now[name], there[name] = &c.lived, c
		batch = batch && !c.zero()
	}
	count := max(nodes, p.nodes)
	p.nodes, p.batch = nodes, batch && len(now) > 0
	return now, there, count
}

func (c *container) zero() bool { return c.now.cpu == 0 || c.now.memory == 0 }

// TestRandom: on random sequences each answer is that of metrics-server, or
// differs in one of the ways of kinds_test.go.
func TestRandom(t *testing.T) {
	sequences := 10_000
	if testing.Short() {
		sequences = 1_000
	}
	b := newBoth(t)
	seen := map[kind]int{}
	for seed := range sequences {
		s := newSequence(b, uint64(seed))
		for round := range 10 {
			s.compare(float64(60*round), seen)
			if t.Failed() {
				t.Fatalf("seed %d:\n%s", seed, strings.Join(s.log, "\n"))
			}
		}
	}
	for _, k := range kinds {
		assert.Positive(t, seen[k], k)
	}
	delete(seen, same)
	t.Log(seen)
}

// compare compares the answers after a round.
func (s *sequence) compare(now float64, seen map[kind]int) {
	bodies := s.step(now)
	order := []string{"n", "o"}
	if s.chance(.5) {
		slices.Reverse(order)
	}
	s.round(order, bodies)
	s.log = append(s.log, fmt.Sprintf("--- %v, %v\n%s", now, order, slices.Collect(maps.Values(bodies))))
	for name, n := range s.nodes {
		_, there := bodies[name]
		n.told(there)
		if theirs, ours := s.theirNode(name), s.ourNode(name); !equal(theirs, ours) {
			assert.True(s.t, !theirs.known && n.gap, "node %s: %s, here %s", name, theirs, ours)
			seen[gap]++
		}
	}
	for _, p := range s.pods {
		lives, there, nodes := p.told(bodies)
		theirs, ours := s.theirPod(p.name), s.ourPod(p.name)
		s.log = append(s.log, fmt.Sprintf("%s: %s, here %s", p.name, theirs, ours))
		k, explained := difference(theirs, ours, lives, nodes)
		require.True(s.t, known(k))
		if !explained {
			k, explained = carried(there)
		}
		assert.True(s.t, explained, "pod %s: %s, here %s", p.name, theirs, ours)
		seen[k]++
		for name, c := range there {
			s.log = append(s.log, fmt.Sprintf("  %s: before %+v, recent %v, now %+v, wrong %v, carries %q", name, c.before, c.recent, c.now, c.wrong, c.carries))
		}
		for _, c := range there {
			c.end(nodes)
		}
	}
}

// carried returns how the containers came to differ before: the same point
// again, or an older one, changes nothing.
func carried(there map[string]*container) (kind, bool) {
	for _, c := range there {
		if c.carries != same && c.before != nil && c.now.at <= c.before.at {
			return c.carries, true
		}
	}
	return same, false
}

// end makes the container's values those of the round before.
func (c *container) end(nodes int) {
	if k := c.differs(nodes); k != same || c.before == nil || c.now.at > c.before.at {
		c.carries = k
	}
	c.wrong = !c.countable()
	if !c.zero() && c.countable() {
		v := c.now
		c.before = &v
	}
}

// differs returns how what the two keep of the container may differ after a
// round, even if their answers do not.
func (c *container) differs(nodes int) kind {
	switch {
	case nodes > 1:
		return moved
	case !c.countable() || c.wrong:
		return nonsense
	case c.maskedRestart():
		return masked
	case c.before != nil && !c.recent:
		return gap
	case c.began():
		return restart
	}
	return same
}
