package judge

import (
	"fmt"
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"pgregory.net/rapid"
)

// grown returns what a line grew by since it was read first, without what was taken back.
func (w *watcher) grown(line string) (value, lo, hi float64) {
	value, lo, hi, _, _ = w.bounds(line, math.MinInt64, math.MaxInt64)
	for _, s := range w.lines[line].steps {
		lo -= s.Back
	}
	return value, max(0, lo), hi
}

// One reading of one series is too high, by whatever, while the rest of the body grows as it does: Lo takes nothing of it.
func TestAReadingThatIsTooHighOnce(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		n, series := rapid.IntRange(3, 20).Draw(rt, "scrapes"), rapid.IntRange(3, 8).Draw(rt, "series")
		wrong := rapid.IntRange(1, n-2).Draw(rt, "wrong")
		factor := rapid.Float64Range(1.01, 10).Draw(rt, "factor")
		var first, last []float64
		w := watcher{since: 1_700_000_000_000, owners: map[string]Owner{}}
		for i := range series {
			x := float64(rapid.IntRange(0, 5000).Draw(rt, fmt.Sprint("value ", i)))
			first, last = append(first, x), append(last, x)
		}
		for k := range n {
			shown := append([]float64(nil), last...)
			if k == wrong {
				shown[0] = math.Ceil(shown[0] * factor)
			}
			w.shoot(row(float64(15*k), fromStart, shown...))
			for i := range last {
				if k < n-1 {
					last[i] += float64(rapid.IntRange(1, 20).Draw(rt, "by"))
				}
			}
		}
		for i := range series {
			name := fmt.Sprintf("c/%02d", i)
			_, lo, hi := w.grown(name)
			assert.LessOrEqual(rt, lo, (last[i]-first[i])+jitter*last[i]*factor, name) // a fall within jitter is none
			assert.GreaterOrEqual(rt, hi, last[i]-first[i], name)
		}
	})
}

func TestWhatRoseBeforeAFall(t *testing.T) {
	for _, c := range []struct {
		name  string
		shots []shot
		want  [3]float64
	}{
		{"too high by half, while the rest grows", []shot{
			row(0, fromStart, 1000, 5, 7), row(15, fromStart, 1010, 6, 9), row(30, fromStart, 1500, 7, 11), row(45, fromStart, 1030, 8, 13), row(60, fromStart, 1040, 9, 15)}, [3]float64{510, 30, inf}},
		{"by more, alone", values(fromStart, 1000, 1010, 5000, 1030, 1040), [3]float64{5040, 30, inf}},
		{"a copy that lags", []shot{
			row(0, fromStart, 1000, 500, 700), row(15, fromStart, 1010, 510, 710), row(30, fromStart, 1500, 700, 900), row(45, fromStart, 1030, 530, 730), row(60, fromStart, 1540, 740, 940)}, [3]float64{540, 540, inf}},
	} {
		w := watcher{since: 1_700_000_000_000, owners: map[string]Owner{}}
		w.shoot(c.shots...)
		name := "c/00"
		if w.lines[name] == nil {
			name = "c/"
		}
		value, lo, hi := w.grown(name)
		assert.Equal(t, c.want, [3]float64{value, lo, hi}, c.name)
	}
}
