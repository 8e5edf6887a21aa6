package layout

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// Distributions that share one room, whatever is in it, are as others: nothing that one holds shows in another.
func TestRoomsAreApart(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		layouts := []*Layout{anywhere(false)}
		for _, bounds := range [][]float64{{1, 2, 4}, {1, 3}} {
			l, err := NewLayout(bounds)
			require.NoError(t, err)
			layouts = append(layouts, l)
		}
		n := rapid.IntRange(1, 3).Draw(t, "n")
		shared, alone, buckets := make([]Distribution, n), make([]Distribution, n), make([]int, n)
		for i := range buckets {
			buckets[i] = rapid.IntRange(0, 4).Draw(t, "buckets")
		}
		Rooms(buckets, func(i int) *Distribution { return &shared[i] })
		for range rapid.IntRange(1, 12).Draw(t, "operations") {
			i, l := rapid.IntRange(0, n-1).Draw(t, "i"), rapid.SampledFrom(layouts).Draw(t, "layout")
			counts := make([]float64, l.Len())
			for j, sum := 0, 0; j < len(counts); j++ {
				sum += rapid.IntRange(0, 9).Draw(t, "count")
				counts[j] = float64(sum)
			}
			what := rapid.IntRange(0, 4).Draw(t, "what")
			for _, d := range []*Distribution{&shared[i], &alone[i]} {
				switch what {
				case 0, 1:
					require.NoError(t, d.Add(l, counts, 1))
				case 2:
					d.AddUnknown(2, false)
				case 3:
					d.AddDoubt(l, counts, 1)
				case 4:
					d.Reset()
				}
			}
		}
		for i := range shared {
			require.Equal(t, alone[i].Rows(nil), shared[i].Rows(nil))
		}
	})
}
