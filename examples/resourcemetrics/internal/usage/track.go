package usage

import (
	"fmt"
	"time"

	"github.com/promfold/promfold/counter"
)

// Young is the least age of a container whose usage is computed from its start:
// what a container does in its first seconds says little of what it will do.
const Young = 10 * time.Second

// judge knows that the kernel counts and a kubelet shows it. Start times are
// compared to the millisecond: a kubelet repeats the one that it was given.
var judge = counter.Rules{Owner: counter.External, StartTolerance: -1}

// track holds the latest point of one counter, and the one it is counted from.
type track struct {
	last, from Point
	usage      Usage
	why        string // there is no usage; empty: there is one
}

// observe takes the next point. The same point again changes nothing.
func (t *track) observe(p Point, resolution time.Duration) {
	before := *t
	if p == before.last {
		return
	}
	*t = track{last: p}
	var growth float64
	t.from, growth, t.why = before.pair(p, resolution)
	if t.why != "" {
		return
	}
	rate := growth / p.Time.Sub(t.from.Time).Seconds()
	if !countable(rate) {
		t.why = "its rate is more than can be"
		return
	}
	t.usage = Usage{Time: p.Time, Window: p.Time.Sub(t.from.Time), NanoCores: uint64(rate), Bytes: uint64(p.Memory)}
}

// pair returns the point from which the growth until p is counted, and that
// growth, or why there is none.
func (t *track) pair(p Point, resolution time.Duration) (from Point, growth float64, why string) {
	if age := p.age(); age >= Young && age < resolution {
		return p.begin(), p.CPU, "" // its whole life is as recent as a scrape is
	}
	switch {
	case t.last.Time.IsZero():
		return from, 0, "its counter was read once"
	case p.Time.After(t.last.Time):
		from = t.last
	case t.why == "" && t.from.Time.Before(p.Time):
		from = t.from // the same point again, or one between the two
	default:
		return from, 0, "its counter was read once"
	}
	return since(from, p)
}

// since judges the step between two points.
func since(from, p Point) (Point, float64, string) {
	step := judge.Judge(from.counter(), p.counter())
	begins := !p.Start.IsZero()
	switch {
	case step.Verdict == counter.Grew && (step.Doubt == 0 || !begins): // a node's counter has no start that could prove more
		return from, step.Growth.Value, ""
	case step.Verdict == counter.Grew:
		return Point{}, 0, "its start time fell back"
	case step.Verdict == counter.Reset && step.Doubt&counter.Unproven == 0: // it began again after from
		if age := p.age(); age < Young {
			return Point{}, 0, fmt.Sprintf("it started %s ago", max(age, 0).Round(time.Millisecond))
		}
		return p.begin(), p.CPU, ""
	}
	return Point{}, 0, fmt.Sprintf("its counter fell from %.3f to %.3f core-seconds", from.CPU/1e9, p.CPU/1e9)
}
