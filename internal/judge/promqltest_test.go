package judge

import (
	"bufio"
	"math"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestPromqltest runs the vectors of testdata/promqltest.txt; its head explains them.
func TestPromqltest(t *testing.T) {
	f, err := os.Open("testdata/promqltest.txt")
	require.NoError(t, err)
	defer f.Close()
	integer := func(s string) int64 {
		i, err := strconv.ParseInt(s, 10, 64)
		require.NoError(t, err)
		return i
	}
	var series [][]Point
	evals := 0
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		line := lines.Text()
		word := strings.Fields(line)
		if len(word) == 0 || word[0] == "#" {
			continue
		}
		switch word[0] {
		case "load":
			series = nil
		case "series":
			var points []Point
			for i, v := range word[3:] {
				if v == "_" {
					continue
				}
				p := Point{Time: int64(i) * integer(word[2])}
				v, start, known := strings.Cut(v, "@")
				if p.Value, err = strconv.ParseFloat(v, 64); known {
					p.Start = p.Time + integer(start)
				}
				require.NoError(t, err)
				points = append(points, p)
			}
			series = append(series, points)
		case "eval", "rounded":
			evals++
			at := integer(word[4])
			r := Range{Start: at - integer(word[3]), End: at, Mode: map[string]Mode{"anchored": Anchored, "smoothed": Smoothed}[word[2]]}
			got, ok := evaluate(r, word[1], series[integer(word[5])])
			if word[0] == "rounded" {
				got = math.Round(got)
			}
			if want, err := strconv.ParseFloat(word[6], 64); err != nil {
				assert.False(t, ok, line)
			} else if assert.True(t, ok, line); math.IsNaN(want) {
				assert.True(t, math.IsNaN(got), line)
			} else {
				assert.InDelta(t, want, got, 1e-6*math.Abs(want), line) // the tolerance of promqltest
			}
		default:
			t.Fatal(line)
		}
	}
	require.NoError(t, lines.Err())
	require.Greater(t, evals, 460)
}

func evaluate(r Range, function string, points []Point) (float64, bool) {
	switch function {
	case "rate":
		return r.Rate(points)
	case "increase":
		return r.Increase(points)
	case "delta":
		return r.Delta(points)
	case "irate":
		return r.Irate(points)
	case "idelta":
		return r.Idelta(points)
	}
	n, ok := r.Resets(points)
	return float64(n), ok
}

func TestRangeWithoutAnswer(t *testing.T) {
	points := []Point{at(10, 1), at(20, 2), at(20, 5)}
	whole := Range{Start: 0, End: 60 * second}
	for name, r := range map[string]Range{"empty window": {Start: 5, End: 5}, "before": {Start: 0, End: 5 * second}, "after": {Start: 30 * second, End: 60 * second}} {
		for _, function := range []string{"rate", "increase", "delta", "irate", "idelta", "resets"} {
			_, ok := evaluate(r, function, points)
			assert.False(t, ok, "%s %s", function, name)
		}
	}
	_, ok := whole.Irate(points)
	assert.False(t, ok, "no time passed")
	whole.Mode = Smoothed
	_, ok = whole.Resets(points)
	assert.False(t, ok, "PromQL has no smoothed resets")
	_, ok = whole.Idelta(points)
	assert.False(t, ok, "nor a smoothed idelta")
}

// Stale markers are no points; other NaNs are.
func TestRangeStale(t *testing.T) {
	stale := math.Float64frombits(0x7ff0000000000002)
	points := []Point{at(10, 1), at(20, stale), at(30, 5), at(40, stale), at(50, stale)}
	before := append([]Point(nil), points...)
	x, ok := Range{End: 60 * second}.Idelta(points)
	assert.True(t, ok)
	assert.Equal(t, 4.0, x)
	for i, p := range before {
		assert.Equal(t, math.Float64bits(p.Value), math.Float64bits(points[i].Value), "the points are the caller's")
	}
	points[2].Value = math.NaN()
	x, ok = Range{End: 60 * second}.Idelta(points)
	assert.True(t, ok)
	assert.True(t, math.IsNaN(x))
}
