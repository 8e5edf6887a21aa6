package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/promfold/promfold/aggregate"
)

// watch is a fleet of which one address is known, what is asked of it, and the
// naive reading of the same scrapes.
type watch struct {
	o      options
	fleet  *aggregate.Fleet
	groups *aggregate.CounterView
	total  *aggregate.CounterView
	naive  *naive
	log    []sighting // every accepted scrape
	failed int
	reason string // of the last failure, empty where the last scrape did not fail

	first, last    time.Time // accepted scrapes
	stdout, stderr io.Writer
}

// sighting is one scrape, and whom it was attributed to.
type sighting struct {
	at       time.Time
	instance string // empty: it could be of several
	by       aggregate.Evidence
}

func newWatch(o options, stdout, stderr io.Writer) (*watch, error) {
	// So many checkpoints that no two scrapes are kept as one.
	const most = 1024
	fleet, err := aggregate.NewFleet(aggregate.Config{Window: o.window, Checkpoints: most})
	if err != nil {
		return nil, err
	}
	w := &watch{o: o, fleet: fleet, naive: newNaive(&o), stdout: stdout, stderr: stderr}
	fleet.Expect(o.name())
	fleet.Balanced(o.name(), o.expect)
	if w.groups, err = fleet.Counter(aggregate.View{Metric: o.metric, Where: o.match, By: o.by}); err != nil {
		return nil, err
	}
	w.total, err = fleet.Counter(aggregate.View{Metric: o.metric, Where: o.match})
	return w, err
}

// observe takes a scrape in, or that there was none.
func (w *watch) observe(at time.Time, header http.Header, body []byte, err error) {
	var report aggregate.Report
	if err == nil {
		report, err = w.fleet.Observe(aggregate.Scrape{Target: w.o.name(), Time: at, Header: header, Body: body})
	}
	if err == nil {
		err = w.naive.observe(body, header.Get("Content-Type"))
	}
	if err != nil {
		w.fleet.Fail(w.o.name(), at, err)
		w.failed++
		if w.reason != err.Error() {
			w.reason = err.Error()
			fmt.Fprintf(w.stderr, "%s  %s: %s\n", at.UTC().Format(time.TimeOnly), w.o.name(), w.reason)
		}
		return
	}
	w.reason = ""
	w.log = append(w.log, sighting{at, report.Instance, report.Attribution.By})
	if w.first.IsZero() {
		w.first = at
	}
	w.last = at
}

func (w *watch) answered() bool { return !w.last.IsZero() }

// show prints what is known at a time not before the last scrape.
func (w *watch) show(at time.Time) error {
	d, err := w.document(at)
	if err != nil {
		return err
	}
	if w.o.jsonOutput {
		return json.NewEncoder(w.stdout).Encode(d)
	}
	return render(w.stdout, d)
}
