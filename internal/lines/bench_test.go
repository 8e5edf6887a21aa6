package lines

import (
	"bytes"
	"testing"
)

// apiserver returns successive scrapes of one instance of the recorded API
// servers that expose the same lines.
func apiserver(b *testing.B) [][]byte {
	var bodies [][]byte
	s := NewStore()
	r := NewReader(s, Limits{})
	var c Columns
	for _, sc := range corpus(b)["apiserver-ha"] {
		if sc.Target != "apiserver-a" {
			continue
		}
		body := unzip(b, sc.File)
		if err := r.Read(&c, body, ""); err != nil {
			b.Fatal(err)
		}
		if r.Structural() {
			bodies = bodies[:0]
		}
		r.Commit(&c)
		bodies = append(bodies, body)
		if len(bodies) == 2 && len(body) > 1_900_000 {
			break
		}
	}
	return bodies
}

// go test -run - -bench 'Read|Floor' ./internal/lines
func BenchmarkRead(b *testing.B) {
	bodies := apiserver(b)
	s := NewStore()
	r := NewReader(s, Limits{})
	var c Columns
	for _, body := range bodies {
		r.Read(&c, body, "")
		r.Commit(&c)
	}
	b.ReportAllocs()
	b.SetBytes(int64(len(bodies[0])))
	changed := 0
	for i := 0; b.Loop(); i++ {
		r.Read(&c, bodies[i%len(bodies)], "")
		changed += len(r.Changed())
		r.Commit(&c)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(c.Len()), "ns/line")
	b.ReportMetric(float64(changed)/float64(b.N), "changed")
}

func BenchmarkReadProtobuf(b *testing.B) {
	var bodies [][]byte
	for _, body := range apiserver(b) {
		bodies = append(bodies, familiesOf(b, string(body)))
	}
	s := NewStore()
	r := NewReader(s, Limits{})
	var c Columns
	for _, body := range bodies {
		r.Read(&c, body, asProtobuf)
		r.Commit(&c)
	}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		r.Read(&c, bodies[i%len(bodies)], asProtobuf)
		r.Commit(&c)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(c.Len()), "ns/line")
}

func BenchmarkNative(b *testing.B) {
	for _, body := range protobufBodies(b) {
		var c Columns
		r := NewReader(NewStore(), Limits{})
		if err := r.Read(&c, []byte(body), asProtobuf); err != nil {
			b.Fatal(err)
		}
		r.Commit(&c)
		if len(c.natives) == 0 {
			continue
		}
		b.ReportAllocs()
		for b.Loop() {
			c.Native(int(c.natives[0].pos))
		}
		return
	}
}

// BenchmarkFloor compares bodies with copies of themselves: what no reader that
// looks at all bytes can be faster than.
func BenchmarkFloor(b *testing.B) {
	bodies := apiserver(b)
	lines := 0
	var copies [][]byte
	for _, body := range bodies {
		copies = append(copies, bytes.Clone(body))
		truths, _ := oracle(body, "")
		lines = len(truths)
	}
	for i := 0; b.Loop(); i++ {
		if !bytes.Equal(bodies[i%len(bodies)], copies[i%len(bodies)]) {
			b.Fatal()
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(lines), "ns/line")
}

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
