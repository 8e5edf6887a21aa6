package aggregate

import (
	"fmt"
	"net/http"
	"time"

	"github.com/promfold/promfold/internal/explain"
	"github.com/promfold/promfold/internal/roster"
)

// Coverage says on how much of the fleet an answer rests.
type Coverage struct {
	Expected  int // targets, and instances behind balancers, that should be there, given or learnt
	Missing   int // of them, those without a recent answer
	Partial   int // instances that are partial in the view's family
	Reporting int // live instances, expected or not
	Stale     int // stale instances that did not leave
	Failed    int // targets whose latest scrape failed
	Reset     int // instances that restarted inside the window

	Duplicates int // twins, which are left out
	Ambiguous  int // scrapes through balancers
}

// Share returns the part of the expected fleet that answers in full; false if nothing is expected.
func (c Coverage) Share() (float64, bool) { return roster.Coverage(c).Share() }

// String lists the expected count and every non-zero deficit.
func (c Coverage) String() string { return roster.Coverage(c).String() }

// CoverageError refuses an answer that would rest on too little of the fleet.
type CoverageError struct {
	Coverage Coverage
	AtLeast  float64
	Missing  []string // expected targets without an answer, and partial instances
}

func (e *CoverageError) Error() string {
	share, _ := e.Coverage.Share()
	text := fmt.Sprintf("covers %.3g %% of the fleet, less than the %.3g %% required: %s", 100*share, 100*e.AtLeast, e.Coverage)
	if len(e.Missing) > 0 {
		text += "; missing " + explain.Few(e.Missing)
	}
	return text
}

// Scrape is one body of one target.
type Scrape struct {
	Target string
	Time   time.Time // when the response body had been read
	Start  time.Time // of the process, where the caller knows it; else the body and header tell
	Header http.Header
	Body   []byte // may be reused after the call
}

// Report says what one accepted scrape did.
type Report struct {
	Target      string
	Instance    string   // empty if there are Candidates
	Incarnation int      // of the instance, counted from 1
	By          string   // behind a balancer: the evidence, in words
	Candidates  []string // of an ambiguous scrape: the instances
	Duplicate   bool     // the same scrape once more; nothing changed
	NewInstance bool
	Restarted   bool
	Provisional bool // its growth is
	Alternating bool // the address is

	Lines, Changed, Came, Went     int      // lines of the body: all, with another value, new, vanished
	Double                         int      // lines that repeat an earlier line's series
	Grown, Births, Resets, Refused int      // of the series that views follow
	Partial                        []string // families of which most lines vanished
	Warnings                       []string
}

// String returns one line.
func (r Report) String() string { return explain.Report(r).String() }
