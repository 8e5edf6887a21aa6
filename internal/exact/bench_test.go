package exact

import (
	"math/rand/v2"
	"testing"
)

// go test ./internal/exact -run xxx -bench . -count 6
func BenchmarkSum(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 2))
	integers, floats := make([]float64, 4096), make([]float64, 4096)
	for i := range integers {
		integers[i], floats[i] = float64(r.IntN(1e6)), r.ExpFloat64()
	}
	for _, data := range []struct {
		name   string
		values []float64
	}{{"integers", integers}, {"floats", floats}} {
		b.Run("data="+data.name+"/sum=naive", func(b *testing.B) {
			b.ReportAllocs()
			var s float64
			for range b.N / len(data.values) {
				for _, x := range data.values {
					s += x
				}
			}
			sink = s
		})
		b.Run("data="+data.name+"/sum=exact", func(b *testing.B) {
			b.ReportAllocs()
			var s Sum
			for range b.N / len(data.values) {
				s.AddAll(data.values)
			}
			sink = s.Float64()
		})
		b.Run("data="+data.name+"/sum=exact-one-by-one", func(b *testing.B) {
			b.ReportAllocs()
			var s Sum
			for range b.N / len(data.values) {
				for _, x := range data.values {
					s.Add(x)
				}
			}
			sink = s.Float64()
		})
	}
}

// Many accumulators, as in a fleet: the peer is a slice of float64s.
func BenchmarkVector(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 2))
	groups, integers, floats := make([]int, 4096), make([]float64, 4096), make([]float64, 4096)
	for i := range integers {
		groups[i], integers[i], floats[i] = r.IntN(64), float64(r.IntN(1e6)), r.ExpFloat64()
	}
	b.Run("data=integers/sum=naive", func(b *testing.B) {
		b.ReportAllocs()
		v := make([]float64, 64)
		for i := range b.N {
			v[groups[i%4096]] += integers[i%4096]
		}
		sink = v[0]
	})
	for name, values := range map[string][]float64{"integers": integers, "floats": floats} {
		b.Run("data="+name+"/sum=exact", func(b *testing.B) {
			b.ReportAllocs()
			var v Vector
			v.Grow(64)
			for i := range b.N {
				v.Add(groups[i%4096], values[i%4096])
			}
			sink = v.Float64(0)
		})
	}
}

func BenchmarkFloat64(b *testing.B) {
	b.ReportAllocs()
	s := sum(0.1, 1e6)
	for b.Loop() {
		sink = s.Float64()
	}
}

var sink float64
