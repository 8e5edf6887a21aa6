package aggregate_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/promfold/promfold/aggregate"
)

var allOfIt = aggregate.View{Select: `{__name__=~".+"}`, TotalsOnly: true}

func (b bed) all() *aggregate.EverythingView {
	b.Helper()
	v, err := b.Everything(allOfIt)
	require.NoError(b, err)
	return v
}

// amounts are the counts and sums of series, by family and labels.
type amounts map[string]float64

func (a amounts) add(families []aggregate.Family) amounts {
	for _, f := range families {
		for _, s := range f.Series {
			name := f.Name + s.Labels.String()
			a[name] += s.Value
			if h := s.Histogram; h != nil {
				a[name+" sum"] += h.Sum
				for i, b := range h.Bounds {
					a[fmt.Sprint(name, " ", b)] += h.Counts[i]
				}
			}
		}
	}
	return a
}

// spending is a fleet of processes that count, end and are replaced.
type spending struct {
	rt      *rapid.T
	seconds float64
	counts  map[string]int // by process: what it counted
	starts  map[string]float64
}

func (x *spending) round(b bed) {
	x.seconds += 10
	for _, name := range []string{"a", "b", "c"} {
		if rapid.IntRange(0, 4).Draw(x.rt, "restarts") == 0 || x.starts[name] == 0 {
			x.counts[name], x.starts[name] = 0, x.seconds-5
		}
		x.counts[name] += rapid.IntRange(0, 9).Draw(x.rt, "counted")
		if rapid.IntRange(0, 3).Draw(x.rt, "answers") == 0 {
			continue
		}
		n := x.counts[name]
		b.scrape(name, x.seconds, x.starts[name],
			"# TYPE c counter", fmt.Sprintf(`c{x="1"} %d`, n),
			"# TYPE h histogram", fmt.Sprintf(`h_bucket{le="1"} %d`, n/2), fmt.Sprintf(`h_bucket{le="+Inf"} %d`, n), fmt.Sprintf("h_sum %d", 2*n), fmt.Sprintf("h_count %d", n),
			"# TYPE s summary", fmt.Sprintf("s_sum %d", 3*n), fmt.Sprintf("s_count %d", n),
			"# TYPE g gauge", "g 7")
	}
}

// Each growth is given out once, over restarts of processes and of the fleet.
func TestDeltasAddUpToTheTotals(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		b := newBed(rt, aggregate.Config{Window: time.Minute, Since: at(1)})
		v := b.all()
		x := &spending{rt: rt, counts: map[string]int{}, starts: map[string]float64{}}
		given := amounts{}
		last := at(1)
		for range rapid.IntRange(1, 12).Draw(rt, "rounds") {
			x.round(b)
			if rapid.IntRange(0, 2).Draw(rt, "given out") == 0 {
				continue
			}
			s := b.Snapshot(at(x.seconds))
			deltas := v.Deltas(s)
			given.add(deltas)
			for _, f := range deltas {
				for _, each := range f.Series {
					require.Equal(rt, last.UnixMilli(), each.Start.UnixMilli(), "%s", f.Name)
					require.NotZero(rt, each.Value)
				}
				require.NotEqual(rt, "g", f.Name)
			}
			last = at(x.seconds)
			want := amounts{}.add(v.Families(s))
			for name, n := range want {
				if strings.ContainsAny(name[:1], "gp") { // gauges
					continue
				}
				require.Equal(rt, n, given[name], "%s at %v s", name, x.seconds)
			}
			if rapid.IntRange(0, 2).Draw(rt, "killed") == 0 { // after it was saved
				b.Fleet = reloaded(rt, b.Fleet)
				v = b.all()
				require.Empty(rt, v.Deltas(b.Snapshot(at(x.seconds))), "given out again")
			}
		}
	})
}

func reloaded(t T, f *aggregate.Fleet) *aggregate.Fleet {
	var state bytes.Buffer
	require.NoError(t, f.Save(&state))
	back, err := aggregate.Load(&state, aggregate.Config{Window: time.Minute, Since: at(1)})
	require.NoError(t, err)
	return back
}

// Who saves before the growth is sent loses it with a crash, who saves after it
// sends it again.
func TestDeltasOfACrash(t *testing.T) {
	c := func(list []aggregate.Family) float64 { return amounts{}.add(list)["c{}"] }
	for _, first := range []bool{true, false} {
		b := newBed(t, aggregate.Config{Window: time.Minute, Since: at(1)})
		v := b.all()
		b.scrape("a", 10, 5, "# TYPE c counter", "c 3")
		assert.Equal(t, 3.0, c(v.Deltas(b.Snapshot(at(10)))))
		b.scrape("a", 20, 5, "# TYPE c counter", "c 10")
		saved := reloaded(t, b.Fleet)
		assert.Equal(t, 7.0, c(v.Deltas(b.Snapshot(at(20)))))
		want := 7.0
		if first {
			saved, want = reloaded(t, b.Fleet), 0
		}
		b.Fleet = saved
		assert.Equal(t, want, c(b.all().Deltas(b.Snapshot(at(20)))))
	}
}

// Of a pair that joins now and then it is given out once whoever gives it out.
func TestDeltasOfAPair(t *testing.T) {
	config := aggregate.Config{Window: time.Minute, Since: at(1), JoinHorizon: time.Hour}
	pair := [2]bed{newBed(t, config), newBed(t, config)}
	views := [2]*aggregate.EverythingView{pair[0].all(), pair[1].all()}
	given := amounts{}
	for round := range 10 {
		now := float64(10 * (round + 1))
		for _, b := range pair {
			b.scrape("a", now, 5, "# TYPE c counter", fmt.Sprintf("c %d", 7*round+1))
		}
		who := round / 3 % 2
		given.add(views[who].Deltas(pair[who].Snapshot(at(now))))
		require.NoError(t, pair[1-who].Join(pair[who].Fleet))
		assert.Equal(t, float64(7*round+1), given["c{}"], "round %d", round)
	}
}

// A part of the fleet has no deltas, and to ask for them gives nothing out.
func TestDeltasOfAPart(t *testing.T) {
	b := newBed(t, aggregate.Config{Window: time.Minute, Since: at(1)})
	v := b.all()
	b.scrape("a", 10, 5, "# TYPE c counter", "c 3")
	s := b.Snapshot(at(10))
	assert.Empty(t, v.Deltas(s.Only(match("instance", "=", "a"))))
	assert.Len(t, v.Deltas(s), 1)
	assert.Empty(t, v.Deltas(s))
	assert.Empty(t, (*aggregate.EverythingView)(nil).Deltas(s))
}
