package counter

import (
	"bufio"
	"math"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

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
				p := Point{Time: at(int64(i) * integer(word[2]))}
				v, start, known := strings.Cut(v, "@")
				if p.Value, err = strconv.ParseFloat(v, 64); known {
					p.Start = p.Time.Add(time.Duration(integer(start)) * time.Millisecond)
				}
				require.NoError(t, err)
				points = append(points, p)
			}
			series = append(series, points)
		case "eval", "rounded":
			evals++
			end := integer(word[4])
			r := Range{Start: at(end - integer(word[3])), End: at(end)}
			got, ok := evaluate(r, word[1], word[2], series[integer(word[5])])
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
	require.Greater(t, evals, 440)
}

func evaluate(r Range, function, mode string, points []Point) (float64, bool) {
	switch function + " " + mode {
	case "rate extrapolated":
		return r.Rate(points)
	case "increase extrapolated":
		return r.Increase(points)
	case "delta extrapolated":
		return r.Delta(points)
	case "irate extrapolated":
		return r.Irate(points)
	case "idelta extrapolated":
		return r.Idelta(points)
	case "resets extrapolated":
		n, ok := r.Resets(points)
		return float64(n), ok
	case "increase anchored":
		return r.AnchoredIncrease(points)
	case "rate anchored":
		x, ok := r.AnchoredIncrease(points)
		return x / r.seconds(), ok
	case "increase smoothed":
		return r.SmoothedIncrease(points)
	case "rate smoothed":
		x, ok := r.SmoothedIncrease(points)
		return x / r.seconds(), ok
	}
	panic(function + " " + mode)
}

func TestRangeWithoutAnswer(t *testing.T) {
	points := []Point{pt(10, 1), pt(20, 2), pt(20, 5)}
	for name, r := range map[string]Range{
		"empty window": {Start: moment(5), End: moment(5)},
		"before":       {Start: moment(0), End: moment(5)},
		"after":        {Start: moment(30), End: moment(60)},
	} {
		for _, function := range []string{"rate", "increase", "delta", "irate", "idelta", "resets"} {
			_, ok := evaluate(r, function, "extrapolated", points)
			assert.False(t, ok, "%s %s", function, name)
		}
		_, ok := r.AnchoredIncrease(points)
		assert.False(t, ok, name)
		_, ok = r.SmoothedIncrease(points)
		assert.False(t, ok, name)
	}
	_, ok := Range{Start: moment(0), End: moment(60)}.Irate(points)
	assert.False(t, ok, "no time passed")
}

// Anchored and Smoothed look for a point as far as Lookback before the window.
func TestRangeLookback(t *testing.T) {
	points := []Point{pt(10, 1), pt(100, 5), pt(130, 6)}
	for lookback, want := range map[float64]float64{0: 5, 95: 5, 60: 1} {
		r := Range{Start: moment(90), End: moment(140), Lookback: time.Duration(lookback) * time.Second}
		x, ok := r.AnchoredIncrease(points)
		assert.True(t, ok)
		assert.Equal(t, want, x, lookback)
	}
}

// Stale markers are no points; other NaNs are.
func TestRangeStale(t *testing.T) {
	stale := math.Float64frombits(0x7ff0000000000002)
	points := []Point{pt(10, 1), pt(20, stale), pt(30, 5), pt(40, stale), pt(50, stale)}
	before := append([]Point(nil), points...)
	whole := Range{Start: moment(0), End: moment(60)}
	x, ok := whole.Idelta(points)
	assert.True(t, ok)
	assert.Equal(t, 4.0, x)
	for i, p := range before {
		assert.Equal(t, math.Float64bits(p.Value), math.Float64bits(points[i].Value), "the points are the caller's")
	}
	points[2].Value = math.NaN()
	x, ok = whole.Idelta(points)
	assert.True(t, ok)
	assert.True(t, math.IsNaN(x))
}
