package counter

import (
	"math"
	"time"

	"github.com/promfold/promfold/internal/judge"
)

// Point is one reading of a counter; a NaN, infinite or negative value is a gap.
type Point struct {
	Time    time.Time
	Value   float64
	Start   time.Time // when the series began at 0; zero if unknown
	Process time.Time // when the process that was read started; zero if unknown
}

// reading is a Point as the engine has it: times are Unix milliseconds, 0 is an unknown start.
type reading struct {
	judge.Point
	process int64
}

func (p Point) reading() reading {
	return reading{judge.Point{Time: millis(p.Time), Value: p.Value, Start: start(p.Start)}, start(p.Process)}
}

// public returns the Point that reads like a.
func (a reading) public() Point {
	return Point{Time: at(a.Time), Value: a.Value, Start: began(a.Start), Process: began(a.process)}
}

// counts reports whether a's value is a count.
func (a reading) counts() bool { return a.Value >= 0 && a.Value <= math.MaxFloat64 }

// same reports whether two readings are equal. A NaN is the same as itself.
func (a reading) same(b reading) bool {
	if math.Float64bits(a.Value) != math.Float64bits(b.Value) {
		return false
	}
	a.Value, b.Value = 0, 0
	return a == b
}

// furthest bounds the times that are told apart, so that no difference of two overflows.
const furthest = int64(1) << 60

// millis returns t in Unix milliseconds.
func millis(t time.Time) int64 {
	switch s := t.Unix(); {
	case s > furthest/1000:
		return furthest
	case s < -furthest/1000:
		return -furthest
	}
	return t.UnixMilli()
}

// start returns the Unix milliseconds of a start, 0 if it is unknown.
func start(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return millis(t)
}

func at(ms int64) time.Time { return time.UnixMilli(ms).UTC() }

// began is the reverse of start.
func began(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return at(ms)
}

// span returns a number of milliseconds as a duration, at most the longest there is.
func span(ms int64) time.Duration {
	return time.Duration(min(ms, int64(math.MaxInt64/time.Millisecond))) * time.Millisecond
}
