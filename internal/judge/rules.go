package judge

// Rules judge steps. The zero value has the defaults. Rules are never changed by their methods.
type Rules struct {
	Owner       Owner
	BoundBirths bool  // a birth that only absence shows counts 0, with the value as Hi
	WrapBits    uint8 // the counter wraps at 2^WrapBits; 0 if it does not
	// StartTolerance is how far, in milliseconds, two readings of the same start may be apart. 0: 2 s; negative: none.
	StartTolerance int64
	// ClockSkew is how far, in milliseconds, the clock that wrote a start may be behind the one that wrote the times of
	// scrapes. 0: 60 s; negative: none.
	ClockSkew int64
}

// A series may fall by these parts of its value without a reset: when its start is known and did not move, and when no
// start is known.
const (
	jitter      = 1e-3
	blindJitter = 1e-6
)

func or(x, standard int64) int64 {
	switch {
	case x == 0:
		return standard
	case x < 0:
		return 0
	}
	return x
}

func (r *Rules) startTolerance() int64 { return or(r.StartTolerance, 2_000) }
func (r *Rules) clockSkew() int64      { return or(r.ClockSkew, 60_000) }
