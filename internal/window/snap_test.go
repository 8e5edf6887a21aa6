package window

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/promfold/promfold/internal/exact"
)

// Whatever rows follow each other, growing little or much or not at all, falling back, with more columns or fractions:
// each is read as it was set, as long as it is kept, and so is a copy of it afterwards.
func TestSnapsAreRows(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		var live Row
		var lowest *baseline
		slots, want := make([]snap, 4), make([][]string, 4)
		histograms := rapid.Bool().Draw(rt, "histograms")
		for range rapid.IntRange(1, 30).Draw(rt, "scrapes") {
			live.Counts.Grow(live.Counts.Len() + rapid.SampledFrom([]int{0, 0, 0, 1, 3}).Draw(rt, "columns"))
			if histograms {
				live.Sums.Grow(live.Counts.Len())
			}
			bits := rapid.SampledFrom([]int{0, 1, 7, 8, 15, 16, 20, 31, 32, 33, 50}).Draw(rt, "bits")
			for i := range live.Counts.Len() {
				x := float64(rapid.Int64Range(0, 1<<bits).Draw(rt, "grown"))
				if rapid.IntRange(0, 60).Draw(rt, "odd") == 0 {
					x = rapid.SampledFrom([]float64{-1, 0.5, -x}).Draw(rt, "by")
				}
				if live.Counts.Add(i, x); histograms {
					live.Sums.Add(i, x/10)
				}
			}
			i := rapid.IntRange(0, 3).Draw(rt, "slot")
			old := slots[i].clone()
			slots[i].set(&lowest, &live)
			require.Equal(rt, want[i], numbers(old.row(&Row{})), "a copy stays as it was")
			want[i] = numbers(&live)
			room := &Row{}
			for i := range slots {
				require.Equal(rt, want[i], numbers(slots[i].row(room)), "slot %d", i)
			}
		}
	})
}

// numbers returns what the sums of a row are, exactly.
func numbers(r *Row) (list []string) {
	for _, v := range []*exact.Vector{&r.Counts, &r.Sums} {
		for i := range v.Len() {
			var x exact.Sum
			v.SumDiff(&x, i, nil)
			x.Compact()
			b, _ := x.AppendBinary(nil)
			list = append(list, string(b))
		}
	}
	return list
}

// What a checkpoint takes follows by how much counts grew since others, and not how high they are.
func TestSnapsAreSmall(t *testing.T) {
	var live Row
	var lowest *baseline
	live.Counts.Grow(1000)
	for i := range 1000 {
		live.Counts.Add(i, 1<<40+float64(i))
	}
	slots := make([]snap, 20)
	for n := range 10 * len(slots) {
		for i := range 1000 {
			live.Counts.Add(i, float64(i%50))
		}
		slots[n%len(slots)].set(&lowest, &live)
	}
	bytes, bases := 0, map[*baseline]bool{}
	for i := range slots {
		bytes += cap(slots[i].data)
		bases[slots[i].from] = true
	}
	bytes += 8000 * len(bases)
	require.Less(t, bytes, 2*1000*len(slots)+8001+64*len(slots))
	require.Zero(t, testing.AllocsPerRun(5, func() { slots[3].set(&lowest, &live) }))
}
