package lines

import "testing"

// go test -run - -bench FirstRead ./internal/lines
func BenchmarkFirstRead(b *testing.B) {
	body := apiserver(b)[0]
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		var c Columns
		r := NewReader(NewStore(), Limits{})
		if err := r.Read(&c, body, ""); err != nil {
			b.Fatal(err)
		}
		r.Commit(&c)
		n += c.Len()
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(n), "ns/line")
}
