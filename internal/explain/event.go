package explain

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/promfold/promfold/counter"
	"github.com/promfold/promfold/internal/growth"
	"github.com/promfold/promfold/internal/judge"
	"github.com/promfold/promfold/internal/window"
)

// Event is what one scrape did to series of a member, other than growth. Package
// aggregate shows it.
type Event struct {
	Time         time.Time // the first of them, where several were merged as no window reaches them any more
	Instance     string
	Verdict      counter.Verdict
	Doubt        counter.Doubt
	Series       int
	Below, Above float64 // by how much it widens the member's increase; Above may be +Inf
	Note         string  // what the verdict does not say
}

// String returns the event as one line.
func (e *Event) String() string { return Clock(e.Time) + " " + e.Instance + ": " + e.text() }

func (e *Event) text() string {
	text := fmt.Sprintf("%d series: %s", e.Series, e.Verdict)
	switch {
	case e.Series == 0:
		return fmt.Sprintf("%s (−%.6g %+.6g)", e.Note, e.Below, e.Above)
	case e.Verdict == counter.Gap && e.Note != "":
		text = fmt.Sprintf("%d histograms: not read", e.Series)
	}
	for _, s := range []string{e.Doubt.String(), e.Note} {
		if s != "" {
			text += ", " + s
		}
	}
	if e.Below != 0 || e.Above != 0 {
		text += fmt.Sprintf(" (−%.6g %+.6g)", e.Below, e.Above)
	}
	return text
}

// verdict converts a verdict of the engine to package counter.
func verdict(n window.Note) (counter.Verdict, counter.Doubt) {
	return counter.Verdict(n.Verdict), counter.Doubt(n.Doubt & judge.Public)
}

var quirkNotes = [...]string{
	growth.NoSum:     "sum missing or not finite",
	growth.Torn:      "read while being written",
	growth.NewLayout: "other buckets than before",
	growth.Malformed: "counts that cannot be",
	growth.Doubled:   "lines that differ",
	growth.Negative:  "a sum that fell",
	growth.Uneven:    "count and last bucket differ",

	growth.Relabelled: "its target got other labels",
}

// EventOf returns what happened to series of an instance as an event. Unless it
// widens, what it leaves open is no part of the answer.
func EventOf(e *window.Event, instance string, widens bool) Event {
	x := Event{Time: time.UnixMilli(e.At), Instance: instance, Series: e.N}
	x.Verdict, x.Doubt = verdict(e.Note)
	if e.Quirk != growth.NoQuirk {
		x.Note = quirkNotes[e.Quirk]
	}
	if widens {
		x.Below, x.Above = e.Below.Float64(), e.Above.Float64()
		if e.Open > 0 {
			x.Above = math.Inf(1)
		}
	}
	return x
}

// LostWords say that what a process may have counted in no series that it showed is lost with it.
const LostWords = "a process ended that had no series here at its last scrape; what it counted after that is unknown"

// Lost returns that as an event of an instance, seen at a time.
func Lost(at int64, instance string) Event {
	return Event{Time: time.UnixMilli(at), Instance: instance, Verdict: counter.Gap, Note: LostWords, Above: math.Inf(1)}
}

// Together sorts events of one instance by time, and merges those that differ
// only in the series.
func Together(list []Event) []Event {
	slices.SortStableFunc(list, func(a, b Event) int {
		return cmp.Or(a.Time.Compare(b.Time), cmp.Compare(a.Verdict, b.Verdict), cmp.Compare(a.Doubt, b.Doubt), cmp.Compare(a.Note, b.Note),
			cmp.Compare(a.Below, b.Below), cmp.Compare(a.Above, b.Above)) // so that sums do not depend on the order
	})
	out := list[:0]
	for _, e := range list {
		if n := len(out); n > 0 && out[n-1].like(&e) {
			last := &out[n-1]
			last.Series, last.Below, last.Above = last.Series+e.Series, last.Below+e.Below, last.Above+e.Above
			continue
		}
		out = append(out, e)
	}
	return out
}

func (e *Event) like(o *Event) bool {
	return e.Time.Equal(o.Time) && e.Verdict == o.Verdict && e.Doubt == o.Doubt && e.Note == o.Note
}
