package watch

import (
	"fmt"
	"os"
	"runtime"
	"testing"
)

// fleet is what a watcher knows of so many instances with so many groups each, which it met and left so much later than
// another one.
func fleet(instances, groups int, met, left int64) *State {
	names := make([]string, groups)
	for i := range names {
		names[i] = fmt.Sprintf("resource=%04d,verb=GET,code=%03d", i, i%7)
	}
	s := New(agreed)
	for i := range instances {
		p := Process{Keys: []Key{{fmt.Sprintf("10.0.%d.%d:8080", i/250, i%250), began - 7_000_000 + int64(i)}}, Last: began + 1_000_000 + left}
		for j, name := range names {
			n := int64(1000*j + i)
			p.Groups = append(p.Groups, Growth{Group: name, Met: Reading{began + 1000 + met, Value{Count: number(n + met)}},
				Left: Reading{p.Last, Value{Count: number(n + 50_000 + left)}}})
		}
		if err := s.Tell(p); err != nil {
			panic(err)
		}
	}
	return s
}

// size is instances × groups: 1,000 × 1,000, or as WATCH_FLEET=10000x1000 says.
func size(b *testing.B) (instances, groups int) {
	if n, err := fmt.Sscanf(os.Getenv("WATCH_FLEET"), "%dx%d", &instances, &groups); n == 2 && err == nil {
		return instances, groups
	}
	return 1000, 1000
}

func perGroup(b *testing.B, instances, groups int) {
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(instances*groups), "ns/group")
}

// go test ./internal/watch -run '^$' -bench Join -benchtime 5x
func BenchmarkJoin(b *testing.B) {
	instances, groups := size(b)
	mine := fleet(instances, groups, 0, 0)
	for name, s := range map[string]*State{"equal": fleet(instances, groups, 0, 0), "ahead": fleet(instances, groups, 0, 15_000), "later": fleet(instances, groups, 15_000, 15_000)} {
		b.Run("other="+name, func(b *testing.B) {
			other, err := Decode(s.AppendTo(nil))
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			for b.Loop() {
				mine.Clone().Join(other)
			}
			perGroup(b, instances, groups)
		})
	}
}

// The same with nested maps of floats, met and left, without any law: what a program would do that joins by hand.
func BenchmarkMaps(b *testing.B) {
	instances, groups := size(b)
	type readings struct{ met, left float64 }
	known := func(s *State) map[Key]map[string]*readings {
		all := map[Key]map[string]*readings{}
		for p := range s.processes {
			m := make(map[string]*readings, len(p.records))
			for _, r := range p.records {
				m[r.group] = &readings{r.met.Count.Float64(), r.left.Count.Float64()}
			}
			all[p.keys[0]] = m
		}
		return all
	}
	mine, other := known(fleet(instances, groups, 0, 0)), known(fleet(instances, groups, 15_000, 15_000))
	b.Run("join", func(b *testing.B) {
		for b.Loop() {
			for k, theirs := range other {
				own := mine[k]
				for group, x := range theirs {
					r := own[group]
					r.met, r.left = min(r.met, x.met), max(r.left, x.left)
				}
			}
		}
		perGroup(b, instances, groups)
	})
	b.Run("totals", func(b *testing.B) {
		for b.Loop() {
			sums := map[string]float64{}
			for _, m := range mine {
				for group, r := range m {
					sums[group] += r.left - r.met
				}
			}
		}
		perGroup(b, instances, groups)
	})
}

func BenchmarkTotals(b *testing.B) {
	instances, groups := size(b)
	s := fleet(instances, groups, 0, 0)
	b.ReportAllocs()
	for b.Loop() {
		s.Totals()
	}
	perGroup(b, instances, groups)
}

func BenchmarkCodec(b *testing.B) {
	instances, groups := size(b)
	s := fleet(instances, groups, 0, 0)
	data := s.AppendTo(nil)
	b.Run("append", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			data = s.AppendTo(data[:0])
		}
		perGroup(b, instances, groups)
		b.ReportMetric(float64(len(data))/float64(instances*groups), "B/group")
	})
	b.Run("decode", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := Decode(data); err != nil {
				b.Fatal(err)
			}
		}
		perGroup(b, instances, groups)
	})
}

// The memory of a state, and the time to tell one.
func BenchmarkTell(b *testing.B) {
	instances, groups := size(b)
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	s := fleet(instances, groups, 0, 0)
	runtime.GC()
	runtime.ReadMemStats(&after)
	k := s.entries[instances/2].Key
	p := Process{Keys: []Key{k}, Last: began + 2_000_000}
	for i, r := range s.entries[instances/2].process.records {
		p.Groups = append(p.Groups, Growth{Group: r.group, Met: r.met, Left: Reading{p.Last, Value{Count: number(int64(i) + 1_000_000)}}})
	}
	b.ReportAllocs()
	for b.Loop() {
		if err := s.Tell(p); err != nil {
			b.Fatal(err)
		}
	}
	perGroup(b, 1, groups)
	b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/float64(instances*groups), "B/group")
}
