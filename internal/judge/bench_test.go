package judge

import (
	"math/rand/v2"
	"testing"

	"github.com/promfold/promfold/internal/exact"
)

// go test ./internal/judge -run xxx -bench Step -count 6
//
// The peer is what is written by hand: the difference, or the new value after a drop, added to a float64.
func BenchmarkStep(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 2))
	for _, data := range []struct {
		name string
		next func() float64
	}{
		{"integers", func() float64 { return float64(r.IntN(1000)) }},
		{"floats", func() float64 { return r.ExpFloat64() }},
	} {
		points := make([]Point, 4096)
		value := 0.0
		for i := range points {
			if value += data.next(); i%1000 == 999 {
				value = 0
			}
			points[i] = Point{Time: int64(i) * 15_000, Value: value}
		}
		b.Run("data="+data.name+"/step=naive", func(b *testing.B) {
			b.ReportAllocs()
			var total float64
			for range b.N / len(points) {
				p := points[0]
				for _, c := range points[1:] {
					if d := c.Value - p.Value; d >= 0 {
						total += d
					} else {
						total += c.Value
					}
					p = c
				}
			}
			sink = total
		})
		for _, step := range []string{"rise", "next"} {
			b.Run("data="+data.name+"/step="+step, func(b *testing.B) {
				b.ReportAllocs()
				rules, e := Rules{}, Evidence{Stands: true, Known: true, Deep: true}
				var total exact.Sum
				for range b.N / len(points) {
					s := Series{Last: points[0]}
					for _, c := range points[1:] {
						if step == "rise" && e.Plain() && Rise(s.Last, c) && s.Ordinary() {
							total.AddDiff(c.Value, s.Last.Value)
							s.Last = c
							continue
						}
						var x Step
						s, x = s.Next(&rules, c, &e)
						total.AddDiff(x.Add, x.Sub)
					}
				}
				sink = total.Float64()
			})
		}
	}
}

var sink float64
