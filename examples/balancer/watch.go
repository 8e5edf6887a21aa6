package main

import (
	"fmt"
	"net/http"
	"time"

	"github.com/promfold/promfold/aggregate"
	"github.com/promfold/promfold/examples/internal/example"
)

// watch is a fleet behind one address, its views, and the naive reading of the
// same scrapes.
type watch struct {
	o      options
	fleet  *aggregate.Fleet
	groups *aggregate.CounterView
	total  *aggregate.CounterView
	naive  *naive

	met       map[string]*instance // by name; the fleet forgets those that are not met for a window
	scrapes   int                  // accepted
	ambiguous int                  // of them, those that several instances may have answered
	failed    int
	reason    string // why the latest scrape failed; empty if it did not

	screen *example.Screen
}

func newWatch(o options, screen *example.Screen) (*watch, error) {
	fleet, err := aggregate.NewFleet(aggregate.Config{Window: o.window})
	if err != nil {
		return nil, err
	}
	w := &watch{o: o, fleet: fleet, naive: newNaive(&o), met: map[string]*instance{}, screen: screen}
	if w.groups, err = fleet.Counter(aggregate.View{Select: o.selector(), By: o.by}); err != nil {
		return nil, err
	}
	w.total, err = fleet.Counter(aggregate.View{Select: o.selector()})
	return w, err
}

// expect declares the address, before its first scrape.
func (w *watch) expect(now time.Time) error {
	return w.fleet.SetTargets(now, aggregate.Target{Name: w.o.name(), Balanced: true, Expected: w.o.expect})
}

// observe takes in a scrape, or that it failed.
func (w *watch) observe(at time.Time, header http.Header, body []byte, err error) {
	var report aggregate.Report
	if err == nil {
		report, err = w.fleet.Ingest(aggregate.Scrape{Target: w.o.name(), Time: at, Header: header, Body: body})
	}
	if err == nil {
		err = w.naive.observe(header, body)
	}
	if err != nil {
		w.fleet.ScrapeFailed(w.o.name(), at, err)
		w.failed++
		if reason := example.Reason(err, w.o.name(), at); reason != w.reason {
			w.reason = reason
			w.screen.Say(fmt.Sprintf("%s  %s: %s", at.UTC().Format(time.TimeOnly), w.o.name(), w.reason))
		}
		return
	}
	w.reason = ""
	w.scrapes++
	if len(report.Candidates) > 0 {
		w.ambiguous++
		return
	}
	in := w.met[report.Instance]
	if in == nil {
		in = &instance{Name: report.Instance, First: at.UTC()}
		w.met[report.Instance] = in
	}
	in.Met++
	in.By, in.Last = report.By, at.UTC()
}

// show prints the answers at a moment, or at the latest scrape if that is later.
func (w *watch) show(at time.Time, last bool) error {
	d, err := w.document(at)
	if err != nil {
		return err
	}
	return w.screen.Show(d, func() []example.Line { return render(d) }, last)
}
