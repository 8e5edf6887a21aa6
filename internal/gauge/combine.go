package gauge

import (
	"fmt"
	"math"

	"github.com/promfold/promfold/internal/exact"
)

// Combine says how values make one.
type Combine uint8

// The ways to combine.
const (
	None Combine = iota
	Sum
	Max
	Min
	Consensus // the value that changed last
	Leader    // that of one instance, which is elected
	Distinct  // as many as there are; inside an instance: the one that its lines repeat
	Mean
)

// String returns the name in lower case.
func (c Combine) String() string {
	names := [...]string{"none", "sum", "max", "min", "consensus", "leader", "distinct", "mean"}
	if int(c) < len(names) {
		return names[c]
	}
	return fmt.Sprintf("Combine(%d)", uint8(c))
}

// Known returns how values make one where a view of many metrics says c, and known
// is what is known of this one. Adding a fact up that each instance repeats is never
// right. A limited gauge has no sum: it is a use of something.
func (c Combine) Known(known Combine, limited bool) Combine {
	switch {
	case c != None && c != Sum:
	case known == Consensus:
		return Consensus
	case known == Leader:
		return None
	case c == None && !limited && (known == Max || known == Min || known == Sum):
		return known
	}
	return c
}

// Inside reports whether c says how the lines of one instance make its value.
func (c Combine) Inside() bool { return c == Sum || c == Max || c == Min || c == Distinct || c == Mean }

// Within returns how the lines of one instance make its value where nobody says
// it: as the instances do, if that is a sum or an extreme. Else it is None, and
// an instance with several lines has no value.
func (c Combine) Within() Combine {
	if c == Sum || c == Max || c == Min {
		return c
	}
	return None
}

// Refusal says why an instance has no value.
type Refusal uint8

// The reasons.
const (
	Fine     Refusal = iota
	Nothing          // no line has a value
	NoSum            // some are +Inf, some −Inf
	TooGreat         // no number holds their sum
	Unsaid           // there are several lines, and it is not said what they make
	Differ           // lines that should repeat one value differ
)

// Body gathers the lines of one instance in a group.
type Body struct {
	Within                 Combine
	Lines, NaNs, Sentinels int   // all lines; those without a value
	Oldest                 int64 // reading

	sum         exact.Sum // added up anew each time, since sums that are carried on drift
	least, most float64
}

// Add adds a line that was read at a time; a sentinel stands for "not known".
func (b *Body) Add(x float64, at int64, sentinel bool) {
	if b.Lines++; b.Lines == 1 || at < b.Oldest {
		b.Oldest = at
	}
	switch {
	case math.IsNaN(x):
		b.NaNs++
	case sentinel:
		b.Sentinels++
	default:
		if b.Series() == 1 {
			b.least, b.most = x, x
		}
		b.least, b.most = min(b.least, x), max(b.most, x)
		b.sum.Add(x)
	}
}

// Series returns the number of lines with a value.
func (b *Body) Series() int { return b.Lines - b.NaNs - b.Sentinels }

// Silent reports whether a part of the value is not known.
func (b *Body) Silent() bool { return b.NaNs+b.Sentinels > 0 }

// Value returns the one value of the instance.
func (b *Body) Value() (float64, Refusal) {
	switch n := b.Series(); {
	case n == 0:
		return 0, Nothing
	case n == 1:
		return b.least, Fine
	}
	switch b.Within {
	case Max:
		return b.most, Fine
	case Min:
		return b.least, Fine
	case Distinct:
		if b.least != b.most {
			return 0, Differ
		}
		return b.least, Fine
	case Sum, Mean:
		x := b.sum.Float64()
		switch {
		case math.IsNaN(x):
			return 0, NoSum
		case !b.sum.Great():
			if b.Within == Mean {
				x /= float64(b.Series())
			}
			return x, Fine
		case b.Within == Mean:
			return b.sum.Quo(float64(b.Series())), Fine
		}
		return 0, TooGreat
	}
	return 0, Unsaid
}
