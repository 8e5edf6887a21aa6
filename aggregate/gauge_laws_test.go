package aggregate_test

import (
	"cmp"
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/promfold/promfold/aggregate"
)

// gaugeScrape is all that the naive model keeps: what each instance said, and
// when.
type gaugeScrape struct {
	at, start float64
	value     int // −1: not known
	leads     bool
}

type gaugeModel struct {
	said   map[string][]gaugeScrape
	failed map[string]float64 // the latest failure, if nothing came after it
}

// opening is when some instance was scraped for the second time.
func (m gaugeModel) opening() float64 {
	at := 1e9
	for _, said := range m.said {
		if len(said) > 1 {
			at = min(at, said[1].at)
		}
	}
	return at
}

// leader goes through all that was said.
func (m gaugeModel) leader() (name string, ok bool) {
	type claim struct {
		name        string
		since, last float64
	}
	var claims []claim
	for name, said := range m.said {
		i := len(said) - 1
		if _, failed := m.failed[name]; failed || !said[i].leads {
			continue
		}
		last := said[i].at
		for i > 0 && said[i-1].leads && said[i-1].start == said[i].start {
			i--
		}
		since := said[i].at
		if i == 0 && since < m.opening() {
			since = -1
		}
		claims = append(claims, claim{name, since, last})
	}
	slices.SortFunc(claims, func(a, b claim) int {
		return cmp.Or(cmp.Compare(b.since, a.since), cmp.Compare(b.last, a.last))
	})
	switch {
	case len(claims) == 0:
		return "", false
	case len(claims) > 1 && claims[0].since == claims[1].since && claims[0].last == claims[1].last:
		return "", false
	}
	return claims[0].name, true
}

func (m gaugeModel) fact() (value float64, agree, of int) {
	type vote struct {
		value   int
		changed float64
		same    int
	}
	var votes []vote
	for name, said := range m.said {
		if _, failed := m.failed[name]; failed {
			continue
		}
		v := vote{said[len(said)-1].value, -1, 0}
		if said[0].at >= m.opening() {
			v.changed = said[0].at
		}
		for i := 1; i < len(said); i++ {
			if said[i].value != said[i-1].value || said[i].start != said[i-1].start {
				v.changed = said[i].at
			}
		}
		if v.value >= 0 {
			votes = append(votes, v)
		}
	}
	for i := range votes {
		for _, o := range votes {
			if o.value == votes[i].value {
				votes[i].same++
			}
		}
	}
	if len(votes) == 0 {
		return 0, 0, 0
	}
	best := slices.MaxFunc(votes, func(a, b vote) int {
		return cmp.Or(cmp.Compare(a.changed, b.changed), cmp.Compare(a.same, b.same), cmp.Compare(a.value, b.value))
	})
	return float64(best.value), best.same, len(votes)
}

// Random fleets that elect, fail and restart, against the model.
func TestLeaderAndFactAgainstTheModel(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		f, err := aggregate.NewFleet(aggregate.Config{Staleness: 1e6})
		require.NoError(r, err)
		view := aggregate.View{Select: "g", Combine: aggregate.Leader, Sentinels: []float64{-1}}
		v, err := f.Gauge(view)
		require.NoError(r, err)
		view.Combine = aggregate.Consensus
		c, err := f.Gauge(view)
		require.NoError(r, err)
		m := gaugeModel{map[string][]gaugeScrape{}, map[string]float64{}}
		now := 0.0
		for range rapid.IntRange(1, 30).Draw(r, "steps") {
			if rapid.Bool().Draw(r, "later") {
				now += 10
			}
			name := rapid.SampledFrom([]string{"a", "b", "c"}).Draw(r, "name")
			said := m.said[name]
			if len(said) > 0 && said[len(said)-1].at == now {
				continue
			}
			if len(said) > 0 && rapid.IntRange(0, 4).Draw(r, "fails") == 0 {
				require.NoError(r, f.ScrapeFailed(name, at(now), errRefused))
				m.failed[name] = now
				continue
			}
			s := gaugeScrape{at: now, start: -100, value: rapid.IntRange(-1, 2).Draw(r, "value"), leads: rapid.Bool().Draw(r, "leads")}
			if len(said) > 0 {
				if s.start = said[len(said)-1].start; rapid.IntRange(0, 4).Draw(r, "restarts") == 0 {
					s.start = now - 1
				}
			}
			n := 0
			if s.leads {
				n = 1
			}
			_, err := f.Ingest(scrapeOf(name, now, s.start, elected(float64(s.value), n)...))
			require.NoError(r, err)
			m.said[name] = append(said, s)
			delete(m.failed, name)

			groups, err := v.At(f.Snapshot(at(now)))
			require.NoError(r, err)
			require.Len(r, groups, 1)
			want, wantOK := m.leader()
			if said := m.said[want]; wantOK && said[len(said)-1].value < 0 {
				want, wantOK = "", false // what the leader says is a sentinel
			}
			got, ok := groups[0].Leader()
			require.Equal(r, fmt.Sprint(want, wantOK), fmt.Sprint(got.Instance, ok), "%v", groups[0].Warnings)
			value, agree, of := m.fact()
			g, err := c.One(f.Snapshot(at(now)))
			require.NoError(r, err)
			fact, ok := g.Value()
			require.Equal(r, of > 0, ok)
			require.Equal(r, value, fact.Value)
			disagree := fmt.Sprintf("%d of %d instances say %g", agree, of, value)
			require.Equal(r, agree < of, slices.Contains(g.Warnings(), disagree), "%s: %v", disagree, g.Warnings())
		}
	})
}

// Groups that end leave nothing behind; the others keep when they changed.
func TestEndedGaugesAreForgotten(t *testing.T) {
	b := newBed(t, aggregate.Config{MaxBytes: 100_000})
	v := b.gauge(aggregate.View{Select: "g", By: []string{"x"}, Combine: aggregate.Consensus})
	held := int64(0)
	for i := range 60 { // a's fact changed last; the groups before its column come and go
		b.scrape("b", float64(15*i), -100, typeG, fmt.Sprintf(`g{x="fact"} %d`, min(i, 2)))
		lines := []string{typeG}
		for x := 5 * i; x < 5*i+10; x++ {
			lines = append(lines, fmt.Sprintf(`g{x="%04d"} 1`, x))
		}
		b.scrape("a", float64(15*i)+5, -100, append(lines, fmt.Sprintf(`g{x="fact"} %d`, 7+min(i, 3)))...)
		if i == 0 {
			held = b.Sizes().Bytes
		}
	}
	groups, err := v.At(b.Snapshot(at(60 * 15)))
	require.NoError(t, err)
	require.Len(t, groups, 11)
	require.Equal(t, 10.0, value(groups[10]))
	require.Equal(t, held, b.Sizes().Bytes)
}
