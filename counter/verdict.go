package counter

import (
	"fmt"
	"strings"
)

// Verdict says what happened between two points.
type Verdict uint8

// The verdicts.
const (
	First    Verdict = iota // no earlier point and no known birth: a baseline
	Born                    // a first point of a series that began at 0 while it was watched
	Returned                // back after scrapes that lacked it
	Grew                    // the value did not fall
	Reset                   // the series began again at 0
	Jitter                  // a decrease too small for a reset
	Gap                     // no count
)

var verdicts = [...]string{"first", "born", "returned", "grew", "reset", "jitter", "gap"}

// String returns the verdict in lower case.
func (v Verdict) String() string {
	if int(v) < len(verdicts) {
		return verdicts[v]
	}
	return fmt.Sprintf("Verdict(%d)", uint8(v))
}

// Doubt is a set of reasons why a verdict may be wrong.
type Doubt uint8

// The doubts.
const (
	Unproven Doubt = 1 << iota // a birth known by absence alone, a reset known by the drop alone, and what follows it
	Masked                     // a restart is known or possible, and the series, which did not fall, may have begun again
	Glitch                     // the series fell to 0 and came back to at least where it was
	Guessed                    // the restart is concluded from many falling counters, without a start time
)

var doubts = [...]string{"unproven", "masked", "glitch", "guessed"}

// String lists the doubts, separated by commas; it is empty if there are none.
func (d Doubt) String() string {
	var list []string
	for i, name := range doubts {
		if d&(1<<i) != 0 {
			list = append(list, name)
		}
	}
	return strings.Join(list, ", ")
}

// Owner says whose life a counter shares; the zero value is unknown.
type Owner uint8

// The owners.
const (
	Process  Owner = iota + 1 // the process counts, so a restart begins again at 0
	External                  // the process shows what something else counts, such as a kernel
)

// String returns the owner in lower case.
func (o Owner) String() string {
	switch o {
	case 0:
		return "unknown"
	case Process:
		return "process"
	case External:
		return "external"
	}
	return fmt.Sprintf("Owner(%d)", uint8(o))
}
