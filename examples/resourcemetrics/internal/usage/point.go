package usage

import (
	"math"
	"time"

	"github.com/promfold/promfold/counter"
)

// Point is what a kubelet says of a node or a container at one moment.
type Point struct {
	Start  time.Time // when the counter was 0; zero of a node
	Time   time.Time // when the values were measured
	CPU    float64   // core-nanoseconds since Start, a whole number
	Memory float64   // bytes
}

func (p Point) counter() counter.Point {
	return counter.Point{Time: p.Time, Value: p.CPU, Start: p.Start}
}

// begin returns the point at which the counter of p was 0.
func (p Point) begin() Point { return Point{Start: p.Start, Time: p.Start} }

// age returns how long the counter of p has been counting; 0 if that is unknown.
func (p Point) age() time.Duration {
	if p.Start.IsZero() {
		return 0
	}
	return p.Time.Sub(p.Start)
}

// Usage is what was used of CPU in the window that ends at Time, and of memory
// at Time.
type Usage struct {
	Time      time.Time
	Window    time.Duration
	NanoCores uint64
	Bytes     uint64
}

// countable reports whether a kubelet can mean v: a number that fits int64.
func countable(v float64) bool { return v >= 0 && v < math.MaxInt64 }
