package judge

import (
	"math"

	"github.com/promfold/promfold/internal/exact"
)

// reading is a point with its exact value, where there is one, and the start of the process it was read from.
type reading struct {
	Point
	exact   uint64
	whole   bool  // exact is the value
	process int64 // Unix milliseconds; 0: unknown
}

func (a reading) same(b reading) bool {
	if math.Float64bits(a.Value) != math.Float64bits(b.Value) { // a NaN is the same as itself
		return false
	}
	a.Value, b.Value = 0, 0
	return a == b
}

func (a reading) uint() UintPoint { return UintPoint{a.Time, a.exact, a.Start} }

// baseline is what the next point is judged against.
type baseline struct {
	base  reading
	state state
}

type state uint8

const (
	noBaseline state = iota
	atBaseline
	fellToZero // base is the point before
)

// life weighs the starts of the processes of the baseline and of c: not of the last point, which may be a gap over a
// restart. The only counter it has to tell a fall from is this one.
func (b *baseline) life(r *Rules, c reading) (Life, error) {
	p := b.base
	if p.process == 0 || c.process == 0 {
		return LifeUnknown, nil
	}
	e := RestartEvidence{PrevStart: p.process, Start: c.process, PrevTime: p.Time, Fell: fell(p.Point, c.Point), Common: 1}
	k := e.Judge(r)
	if k == RestartOther {
		return LifeUnknown, &OtherError{p.process, c.process}
	}
	return k.Life(e.Fell > 0), nil
}

// judge judges the step to c. An error is an *OtherError.
func (b *baseline) judge(r *Rules, c reading, since int64) (Step, error) {
	if b.state == noBaseline {
		a := Appearance{Since: since, Start: c.process}
		if c.whole {
			return r.AppearUint(c.uint(), a), nil
		}
		return r.Appear(c.Point, a), nil
	}
	life, err := b.life(r, c)
	if err != nil {
		return Step{}, err
	}
	p, whole := b.base, c.whole && b.base.whole
	switch {
	case whole && b.state == fellToZero:
		return r.AfterZeroUint(p.uint(), c.uint(), life, c.process), nil
	case whole:
		return r.NextUint(p.uint(), c.uint(), life, c.process), nil
	case b.state == fellToZero:
		return r.AfterZero(p.Point, c.Point, life, c.process), nil
	}
	return r.Next(p.Point, c.Point, life, c.process), nil
}

// move goes on to c, s being the step to it.
func (b *baseline) move(c reading, s Step) {
	if s.Verdict == Gap {
		return
	}
	p := b.base
	b.base, b.state = c, atBaseline
	if s.Keep {
		b.base.exact, b.base.whole = p.exact, p.whole
	}
	b.base.Point = s.Baseline(p.Point, c.Point)
	if s.Flags&FellToZero != 0 {
		b.state = fellToZero
	}
}

// Increase is the growth over the points of one series, in the order of time, as a Tracker counts it from the first on,
// without keeping anything: the exact sum of the steps, rounded once. Points that are not newer than the one before
// are passed over.
func (r *Rules) Increase(points []Point) float64 {
	var total exact.Sum
	var b baseline
	now := int64(math.MinInt64)
	for len(points) > 0 {
		if n := plain(b.base.Point, now, points); n > 0 && b.state == atBaseline {
			// Exact differences telescope.
			now = points[n-1].Time
			total.AddDiff(points[n-1].Value, b.base.Value)
			b.base.Point = points[n-1]
			points = points[n:]
			continue
		}
		c := reading{Point: points[0]}
		points = points[1:]
		if c.Time <= now {
			continue
		}
		now = c.Time
		s, _ := b.judge(r, c, now) // there is no other process to be told apart
		b.move(c, s)
		total.AddDiff(s.Add, s.Sub)
	}
	return total.Float64()
}

// plain is how many points, newer than now, follow p by plain growth.
func plain(p Point, now int64, points []Point) int {
	for i, c := range points {
		if !Plain(p, c, LifeUnknown) || c.Time <= now {
			return i
		}
		p, now = c, c.Time
	}
	return len(points)
}
