package judge

import (
	"fmt"
	"strings"
)

// Verdict says what happened to a series between two points, or before its first one. The values are those of the
// public package counter.
type Verdict uint8

const (
	First    Verdict = iota // no earlier point and no known birth: a baseline, no growth
	Born                    // a first point of a series that began at 0 while it was watched
	Returned                // back after scrapes that lacked it
	Grew                    // the value did not fall
	Reset                   // the series began again at 0
	Jitter                  // a decrease too small for a reset: rounding, or an unsynchronised client
	Gap                     // no count: NaN, a stale marker, an infinite or negative value
)

var verdicts = [...]string{"first", "born", "returned", "grew", "reset", "jitter", "gap"}

// String returns the verdict in lower case.
func (v Verdict) String() string {
	if int(v) < len(verdicts) {
		return verdicts[v]
	}
	return fmt.Sprintf("Verdict(%d)", uint8(v))
}

// Doubt is a set of reasons why a verdict may be wrong, and of remarks on it. The first four are the public ones of
// package counter, with the same values.
type Doubt uint8

const (
	Unproven   Doubt = 1 << iota // a birth known by absence alone, a reset known by the drop alone
	Masked                       // a restart is known or possible, and the series, which did not fall, may have begun again
	Glitch                       // the series fell to 0 and came back to at least where it was
	Guessed                      // the restart is concluded from many falling counters, without a start time
	Gapped                       // the series was missing in between
	_                            // free; saved states hold those that follow
	NotACount                    // the value is infinite or negative
	HandedOver                   // counts of before a restart came back late
)

// Public are the doubts that package counter shows.
const Public = Unproven | Masked | Glitch | Guessed

var doubts = [...]string{"unproven", "masked", "glitch", "guessed", "gapped", "", "not a count", "handed over"}

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

// Owner says whose life a counter shares. The values are those of package counter.
type Owner uint8

const (
	OwnerUnknown  Owner = iota // a restart of the process says nothing by itself
	OwnerProcess               // the process counts, so a restart begins again at 0, also where the value does not fall
	OwnerExternal              // the process shows what something else counts, such as a kernel
)
