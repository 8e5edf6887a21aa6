package identity

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"pgregory.net/rapid"
)

// Instances are found by every start that they have, and by no other one, as by looking at each.
func TestStarts(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		type starts struct {
			now    Start
			before []Start
		}
		var x Starts[*relative]
		naive := map[*relative]starts{}
		all := []*relative{{name: "c"}, {name: "a"}, {name: "b"}, {name: "d"}}
		start := rapid.Custom(func(t *rapid.T) Start {
			return Start{At: rapid.Int64Range(1, 12).Draw(t, "at"), From: rapid.SampledFrom([]Source{Unknown, Header, Metric}).Draw(t, "from")}
		})
		for range rapid.IntRange(1, 40).Draw(t, "steps") {
			in := rapid.SampledFrom(all).Draw(t, "in")
			if rapid.IntRange(0, 4).Draw(t, "forget") == 0 {
				x.Forget(in)
				delete(naive, in)
				continue
			}
			s := starts{start.Draw(t, "now"), nil}
			for range rapid.IntRange(0, 20).Draw(t, "others") {
				s.before = Remember(s.before, start.Draw(t, "before"))
			}
			before := slices.Clone(s.before)
			x.Put(in, s.now, s.before)
			assert.Equal(t, before, s.before)
			naive[in] = s
		}
		for at := int64(1); at <= 12; at++ {
			for _, from := range []Source{Header, Metric} {
				s, want := Start{at, from}, []*relative{}
				for in, has := range naive {
					if has.now == s || slices.Contains(has.before, s) {
						want = append(want, in)
					}
				}
				slices.SortFunc(want, func(a, b *relative) int { return strings.Compare(a.name, b.name) })
				assert.Equal(t, want, append([]*relative{}, x.Of(s)...))
				assert.Equal(t, []*relative{all[1], all[2], all[0], all[3]}, x.Of(s, all...))
			}
			assert.Empty(t, x.Of(Start{At: at}))
		}
		for in := range naive {
			x.Forget(in)
		}
		assert.Empty(t, x.of)
		assert.Empty(t, x.has)
	})
}
