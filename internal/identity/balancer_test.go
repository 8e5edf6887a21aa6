package identity

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestBalancerWords(t *testing.T) {
	b := Balancer[*simulated]{Target: "lb", Members: []*simulated{
		{name: "lb#1", last: shown{start: Start{5000, Metric}}}, {name: "lb#2"}, {name: "lb#3", lost: true},
	}}
	assert.Equal(t, []string{
		"lb: 2 instances met, how many there are is not known; increases are lower bounds",
		"lb: others may not have been met yet, sums have no upper bound",
		"lb#2, lb#3: without a start time, another process with the same idle counters would not be noticed",
	}, b.Words())
	b.Expected, b.Unclear = 3, 1
	assert.Equal(t, []string{
		"lb: 3 instances met, 3 expected; increases are lower bounds",
		"lb: 1 scrapes are ambiguous and count for none",
	}, b.Words()[:2])
}

func TestBalancer(t *testing.T) {
	b := Split("lb", &simulated{name: "a", last: shown{start: Start{5000, Metric}}}, 100, Spacings{})
	in, ok := b.Expect(Start{})
	assert.True(t, ok)
	assert.Equal(t, "a", in.name, "the one who answered last")
	b.Members = append(b.Members, &simulated{name: "b", last: shown{start: Start{6000, Metric}}})
	in, _ = b.Expect(Start{6000, Metric})
	assert.Equal(t, "b", in.name)
	_, ok = (&Balancer[*simulated]{}).Expect(Start{})
	assert.False(t, ok)

	b.Heard(110)
	b.Heard(120)
	assert.False(t, b.Silent(150, 3))
	assert.True(t, b.Silent(151, 3))
	assert.Equal(t, 1, b.Alive(func(x *simulated) bool { return x.name == "b" }))
	assert.Equal(t, "lb#1''", b.Name(func(name string) bool { return len(name) < len("lb#1''") }))
}

// Of two parts the one counts that looked behind the balancer; what either was told to expect stays.
func TestMergeBalancers(t *testing.T) {
	met := func(n int) *Balancer[*relative] {
		return &Balancer[*relative]{Expected: n, Members: []*relative{{name: "a"}}}
	}
	told := func(n int) *Balancer[*relative] { return &Balancer[*relative]{Expected: n} }
	for _, c := range [][2]*Balancer[*relative]{{met(2), told(3)}, {told(3), met(2)}, {told(2), met(3)}, {nil, met(3)}} {
		got := MergeBalancers(c[0], c[1])
		assert.Equal(t, 3, got.Expected)
		assert.Len(t, got.Members, 1)
	}
	assert.Equal(t, 4, MergeBalancers(told(4), told(1)).Expected)
}

type placed struct {
	name        string
	first, last int64
}

func (p *placed) Name() string   { return p.name }
func (p *placed) Member() Member { return Member{First: p.first, Last: p.last} }

// Of two places, who was met last at 20 had died when a third was met, and the next one when a fourth was.
func TestDied(t *testing.T) {
	a, b := &placed{"a", 0, 20}, &placed{"b", 10, 60}
	c, d := &placed{"c", 70, 200}, &placed{"d", 130, 190}
	x := Balancer[*placed]{Expected: 2, Members: []*placed{a, b, c}}
	assert.Equal(t, int64(70), x.Died(a))
	x.Members = []*placed{d, b, c, a}
	assert.Equal(t, int64(70), x.Died(a))
	assert.Equal(t, int64(130), x.Died(b))
	x.Members = []*placed{b, c, d} // a was forgotten
	assert.Equal(t, int64(130), x.Died(b))
}

// Who departs leaves behind until when its counts are in the totals, if it was met here.
func TestRetire(t *testing.T) {
	a, b := &placed{"a", 0, 20}, &placed{"b", 10, 60}
	x := Balancer[*placed]{Members: []*placed{a, b}, Left: 30}
	x.Retire(a)
	assert.Equal(t, int64(30), x.Left)
	x.Retire(&placed{"elsewhere", 0, 90})
	assert.Equal(t, int64(30), x.Left)
	x.Retire(b)
	assert.Equal(t, int64(60), x.Left)
	assert.Empty(t, x.Members)
}
