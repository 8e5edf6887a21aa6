package judge

import "math"

// Pace is the fastest growth of a counter that was observed, per millisecond. It lies between Least and Most, which
// differ where it was kept coarsely. The zero value is unknown.
type Pace struct {
	Least, Most float64
	Known       bool
}

// After returns the pace after one more step. A step whose growth is not sure shows none.
//
// Least rises slowly: what was counted from 0 does not raise it, and one sudden step at most doubles it. If that step
// should be no growth after all, but another copy of the series, the next of its kind is not taken for usual.
func (p Pace) After(s Step) Pace {
	if !s.Sure() {
		return p
	}
	x := s.Value() / float64(s.To-s.From)
	p.Most = max(p.Most, x)
	if s.Verdict == Grew {
		if p.Known && p.Least > 0 {
			x = min(x, 2*p.Least)
		}
		p.Least = max(p.Least, x)
	}
	p.Known = true
	return p
}

// Exceeded reports whether a growth is, or may be, more than twice what the pace makes in so many milliseconds.
func (p Pace) Exceeded(growth float64, ms int64) bool {
	return !p.Known || growth > 2*p.Least*float64(ms)
}

// Makes returns the most that the pace makes in so many milliseconds; +Inf if it is unknown.
func (p Pace) Makes(ms int64) float64 {
	if !p.Known {
		return math.Inf(1)
	}
	return p.Most * float64(ms)
}

// Witness reports whether a counter of this pace, which stood at a value, shows that no restart hides in a step of so
// many milliseconds: it cannot have come back to the value without having more than doubled its pace.
func (p Pace) Witness(value float64, ms int64) bool {
	return p.Known && value > 0 && value >= 2*p.Most*float64(ms)
}

// Coarse is the fastest growth of steps from one count to the next, to a power of two, in a byte. The zero value is
// unknown. It errs to the wide side: its pace is exceeded too easily, makes too much and is a witness too rarely.
type Coarse uint8

const (
	still     Coarse = 1   // a pace of 0
	coarseOne Coarse = 130 // a pace in [1, 2)
)

// After returns the pace after one more step.
func (c Coarse) After(s Step) Coarse {
	if !s.Sure() || s.Verdict != Grew {
		return c
	}
	grown, ms := s.Value(), s.To-s.From
	if grown == 0 {
		return max(c, still)
	}
	_, exp := math.Frexp(grown / float64(ms)) // in [2^(exp−1), 2^exp)
	return max(c, Coarse(min(max(exp-1+int(coarseOne), int(still)+1), math.MaxUint8)))
}

// Pace returns what c knows of the pace of one series.
func (c Coarse) Pace() Pace {
	switch c {
	case 0:
		return Pace{}
	case still:
		return Pace{Known: true}
	}
	least, most := math.Ldexp(1, int(c)-int(coarseOne)), math.Ldexp(1, int(c)-int(coarseOne)+1)
	if c == still+1 {
		least = 0
	}
	if c == math.MaxUint8 {
		most = math.Inf(1)
	}
	return Pace{least, most, true}
}

// OfFamily returns what c, the fastest pace of a family, knows of the pace of any series of it.
func (c Coarse) OfFamily() Pace {
	p := c.Pace()
	p.Least = 0
	return p
}
