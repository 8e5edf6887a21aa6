package aggregate

import (
	"net/http"
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/promfold/promfold/internal/identity"
)

// Scrape is one exposition body of one target.
type Scrape struct {
	// Target is the address that was fetched.
	Target string

	// Instance names who answered, where the caller knows better than the
	// address (a pod's UID). Empty: the target.
	Instance string

	// Labels say more about the target (node, zone). Views can group by them
	// and match them; they stand before a label of the same name in the body,
	// as a Prometheus server's target labels do.
	Labels labels.Labels

	// Time is when the whole body was here.
	Time time.Time

	// Header is the response's: its Content-Type says the format (none: text),
	// its Content-Encoding how the body is compressed (gzip, zstd or not at
	// all), Process-Start-Time-Unix the start of the process. May be nil.
	Header http.Header

	// Body is the exposition. It may be reused after the call.
	Body []byte
}

// Report is what one accepted scrape did.
type Report struct {
	Target      string
	Instance    string
	Incarnation int  // 1, 2, …: which life of the instance answered
	Duplicate   bool // the same scrape once more: nothing was done

	Lines   int // series in the body
	Changed int // of them, those whose value or timestamp is another than before, and new ones
	New     int // lines that the scrape before did not hold
	Gone    int // lines that only the scrape before held

	// Partial are the families that lost most of their lines while the process
	// went on: it may not know yet what it will tell again.
	Partial []PartialFamily

	Attribution Attribution // to whom it was attributed, behind a balancer

	// Alternating: the address reaches several processes. Declare it with
	// [Fleet.Balanced], or have it split ([Config.SplitAlternating]).
	Alternating bool

	Restart Restart // what the scrape said about the process

	// Of the series that views ask for:
	Grown, Births, Resets, Refused int
}

// Restart is what a scrape says about the process behind an instance.
type Restart uint8

const (
	// NoRestart: the same process as before, or no evidence against it.
	NoRestart Restart = iota
	// RestartProven: the start time moved, and so did the clock or a counter.
	RestartProven
	// RestartGuessed: no start time at all, and at least half of the counters fell.
	RestartGuessed
	// AnotherInstance: the start time is earlier than before. Nothing restarts
	// into the past: another process answered, so the scrape is a baseline.
	AnotherInstance
)

func (r Restart) String() string {
	return [...]string{"no restart", "restart", "restart guessed from falling counters", "another instance answered"}[r]
}

// Evidence is why a scrape was taken for one of a certain instance.
type Evidence uint8

const (
	// ByStart: the start time of the process.
	ByStart = Evidence(identity.ByStart)
	// ByName: labels in which the program names itself.
	ByName = Evidence(identity.ByName)
	// BySeries: the set of series is one instance's alone.
	BySeries = Evidence(identity.BySeries)
	// ByDominance: no counter is less than the instance's last one.
	ByDominance = Evidence(identity.ByDominance)
)

func (e Evidence) String() string { return identity.Evidence(e).String() }

// Attribution says to whom a scrape through a balancer was attributed, and why.
type Attribution struct {
	By  Evidence
	New bool // an instance not seen before
	// Ambiguous: it may be of any of Candidates. It counts for none.
	Ambiguous  bool
	Candidates []string
	// Provisional: without a start time, the growth counts only when the next
	// scrape of the same instance confirms it.
	Provisional bool
}
