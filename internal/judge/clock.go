package judge

// Clock is what is known of the clock that wrote starts, beside the one that wrote the times of scrapes. The zero value
// is the same clock.
type Clock struct {
	Ahead int64 // by so many milliseconds; negative: it is behind
	Off   int64 // more or less by so many
	Late  int64 // what a start tells was no later than by so many
}

// Date returns when what a start tells was, by the other clock, give or take Off.
func (k Clock) Date(start int64) int64 { return start - k.Ahead }

// Unset returns what is known of a clock of which nothing is told but that the two agree within the rules' skew.
func (r *Rules) Unset() Clock { return Clock{Off: r.clockSkew(), Late: r.clockSkew()} }

// fetching is how long it takes, in milliseconds, from the second in which an answer was dated until its body had been
// read, at least once in the life of a process.
const fetching = 3_000

// Told returns what is known of a clock that dated answers: at most lead milliseconds after the bodies had been read,
// negative if before. Dates that are off by more than the rules' skew are no clock's, but of an answer that was kept
// elsewhere.
func (r *Rules) Told(lead int64) Clock {
	skew := r.clockSkew()
	switch {
	case lead > skew || lead < -skew-fetching:
		return r.Unset()
	case lead > 0, lead < -fetching:
		return Clock{lead + fetching/2, fetching, fetching / 2}
	}
	return Clock{0, min(fetching, skew), min(-lead, skew)} // an answer is dated before it is read
}
