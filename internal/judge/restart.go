package judge

import "fmt"

// Restart is what two consecutive scrapes of an instance say of the process behind it.
type Restart uint8

const (
	RestartUnknown  Restart = iota // no start time in one of the two scrapes, and no other evidence
	RestartUnmoved                 // the same start: the process lives on
	RestartProven                  // a later start, not older than the previous scrape
	RestartGuessed                 // no start time tells, and at least half of the counters fell deep
	RestartMoved                   // a later start from before the previous scrape, and nothing fell: a clock was set, or another process answered
	RestartOther                   // another process answered
	RestartRestored                // a proven restart of a process that read its counts back
	RestartCopies                  // no start time tells, and half of the counters jumped up: two processes may answer in turn
)

var restarts = [...]string{"unknown", "unmoved", "proven", "guessed", "moved", "other instance", "restored", "copies"}

// String returns the evidence in lower case.
func (k Restart) String() string {
	if int(k) < len(restarts) {
		return restarts[k]
	}
	return fmt.Sprintf("Restart(%d)", uint8(k))
}
