package judge

import "fmt"

// Restart is what two consecutive scrapes of an instance say of the process behind it.
type Restart uint8

const (
	RestartUnknown Restart = iota // no start time in one of them, or none in both and too few counters fell: no evidence
	RestartUnmoved                // the same start: the process lives on
	RestartProven                 // a later start, and counters fell or the start is recent
	RestartGuessed                // no start time in both, and at least half of the counters fell: treat as proven, and say so
	RestartMoved                  // a later start, but from before the previous scrape, and nothing fell: a clock was set, or another instance answered
	RestartOther                  // an earlier start: another instance answered
)

var restarts = [...]string{"unknown", "unmoved", "proven", "guessed", "moved", "other instance"}

func (k Restart) String() string {
	if int(k) < len(restarts) {
		return restarts[k]
	}
	return fmt.Sprintf("Restart(%d)", uint8(k))
}

// RestartEvidence is what two consecutive scrapes of an instance, or two points of a series, know of its start.
type RestartEvidence struct {
	PrevStart, Start int64 // start times in the earlier and the later one, Unix milliseconds; 0: none, or several
	PrevTime         int64 // time of the earlier one, Unix milliseconds
	Fell, Common     int   // how many counters fell, of how many that are not 0 in both
}

// Judge weighs the evidence under the tolerances of r. A start time that is missing from one of the two scrapes is
// no evidence; one in the future is as good as any to tell two processes apart.
func (e RestartEvidence) Judge(r *Rules) Restart {
	switch {
	case e.PrevStart == 0 && e.Start == 0:
		if e.Fell > 0 && 2*e.Fell >= e.Common {
			return RestartGuessed
		}
		return RestartUnknown
	case e.PrevStart == 0 || e.Start == 0:
		return RestartUnknown
	}
	switch moved, tolerance := e.Start-e.PrevStart, r.startTolerance(); {
	case moved < -tolerance:
		return RestartOther
	case moved <= tolerance:
		return RestartUnmoved
	case e.Fell > 0 || e.Start > e.PrevTime-r.clockSkew():
		return RestartProven
	}
	return RestartMoved
}

// Life is the life of the series of a family, fell telling if at least one of the family's series fell.
func (k Restart) Life(fell bool) Life {
	switch k {
	case RestartUnmoved:
		return LifeUnmoved
	case RestartProven, RestartGuessed:
		if fell {
			return LifeReset
		}
		return LifeMasked
	}
	return LifeUnknown
}
