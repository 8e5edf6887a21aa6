package aggregate

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/promfold/promfold/internal/declare"
	"github.com/promfold/promfold/internal/growth"
	"github.com/promfold/promfold/internal/roster"
	"github.com/promfold/promfold/parse"
)

// Everything declares a view of families under their own names; v selects all, ByAllLabels, by default. It keeps
// totals, and costs about 250 bytes for each instance and series, of a histogram 24 more for each bucket.
//
// View.Combine says what a gauge of several instances is; times and _info have the greatest value in any case. Without
// Combine, a gauge has a value while one instance alone has it.
func (f *Fleet) Everything(v View) (*EverythingView, error) {
	views, err := f.declare(declare.Everything(v.said(), f.catalogue))
	if err != nil {
		return nil, err
	}
	return &EverythingView{views[0], views[1], views[2], views[3]}, nil
}

// Counter declares a view of a counter.
func (f *Fleet) Counter(v View) (*CounterView, error) {
	views, err := f.declare(declare.One(v.said(), growth.Counter, f.catalogue))
	if err != nil {
		return nil, err
	}
	return &CounterView{views[0]}, nil
}

// Gauge declares a view of a gauge.
func (f *Fleet) Gauge(v View) (*GaugeView, error) {
	views, err := f.declare(declare.One(v.said(), growth.Gauge, f.catalogue))
	if err != nil {
		return nil, err
	}
	return &GaugeView{views[0]}, nil
}

// Histogram declares a view of a histogram.
func (f *Fleet) Histogram(v View) (*HistogramView, error) {
	views, err := f.declare(declare.One(v.said(), growth.Histogram, f.catalogue))
	if err != nil {
		return nil, err
	}
	return &HistogramView{views[0]}, nil
}

// Ratio declares the ratio of two counters over the same steps of the same instances. Both group alike.
func (f *Fleet) Ratio(numerator, denominator View) (*RatioView, error) {
	views, err := f.declare(declare.Ratio(numerator.said(), denominator.said(), f.catalogue))
	if err != nil {
		return nil, err
	}
	return &RatioView{views[0], views[1]}, nil
}

// Join adds to f's totals what another watcher of the same instances, named alike, knows, as of a highly available
// pair; each growth counts once. o is left as it is, and so are f's windows, rates and gauges.
//
// Joined totals are never more than was counted, and the same in any order. They are exact for a process that said
// when it started, if that was after Since, and for any other whose series neither reset nor came later unseen; else
// as good as the watcher who saw most of it. What a watcher takes back, it takes back from all.
//
// Of processes that ended more than Config.JoinHorizon before a join, what only one watcher saw may be lost. The
// series that a pair exposes agree only after a join: do not read them alternately as one.
//
// Both fleets have one configuration with a JoinHorizon, and equal views, declared on f and saved in or declared on o:
// else the error is [ErrIncompatible]. Of different Since the later one counts.
func (f *Fleet) Join(o *Fleet) error { return join(f, o) }

// Merge adds o's instances to f; the result equals a single fleet that saw everything, to the bit, in any order of
// parts. o is left as it is.
//
// Configurations and views are as for [Fleet.Join], JoinHorizon aside. The parts watch different instances, and those
// behind one balancer belong to one part: else the error is [ErrIncompatible].
func (f *Fleet) Merge(o *Fleet) error { return merge(f, o) }

// SetPart makes state, which another fleet saved, that of the named part of f; nil removes the part. f takes in nothing
// else, and answers as one fleet of its configuration that scraped what its parts did. A state that is older, or from
// before the removal, changes nothing.
//
// An instance that several parts know is that of the latest scrape. Totals count its processes once and outlive parts,
// as in [Fleet.Join], which also has the errors; windows since the start then have no answer.
func (f *Fleet) SetPart(name string, now time.Time, state io.Reader) error {
	return setPart(f, name, now, state)
}

// Ingest takes in one scrape, all of it or, on an error, nothing.
func (f *Fleet) Ingest(s Scrape) (Report, error) { return f.ingest(incoming{Scrape: s}, nil) }

// IngestSamples takes in a scrape that was read elsewhere; its Body does not count. Bodies and samples of an instance
// may follow each other. The samples may be reused after the call. A delta is refused with [errors.ErrUnsupported].
func (f *Fleet) IngestSamples(sc Scrape, list []parse.Sample) (Report, error) {
	return f.ingest(incomingSamples(sc, list))
}

// Snapshot returns the fleet at now, or at its newest scrape if that is later. A scrape stamped more than ClockSkew
// after now and after those of all other live targets is left out until time reaches it; warnings name it.
func (f *Fleet) Snapshot(now time.Time) Snapshot {
	if now.IsZero() {
		return Snapshot{err: fmt.Errorf("%w: a snapshot at no time", errQuestion)}
	}
	f.mu.Ask()
	defer f.mu.Unlock()
	assemble(f)
	return Snapshot{m: f.look(now.UnixMilli())}
}

// Save writes the state, see package checkpoint; scrapes and questions go on meanwhile. Equal states give equal bytes.
func (f *Fleet) Save(w io.Writer) error {
	_, err := bytes.NewReader(stateOf(f)).WriteTo(w) // which notices a writer that takes only a part
	return err
}

// SetTargets says who is expected; a target that is not named has left. Without it, those that were described are
// expected, and those that were tried within the last hour.
func (f *Fleet) SetTargets(now time.Time, targets ...Target) error {
	if now.IsZero() {
		return fmt.Errorf("%w: no time", roster.ErrTarget)
	}
	return describeAll(f, now, targets, false)
}

// Describe adds or changes one target.
func (f *Fleet) Describe(now time.Time, t Target) error {
	return describeAll(f, now, []Target{t}, true)
}

// Remove says that these targets have left: their steps stay in the window, their gauges and coverage end. A later
// scrape brings a target back.
func (f *Fleet) Remove(now time.Time, names ...string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, name := range names {
		if !errors.Is(roster.Check(name, now), ErrLimit) { // else nobody has it
			name = addressOf(f, name)
			delete(f.book.Expected, name)
			leaveTarget(f, name, now.UnixMilli())
		}
	}
}

// ScrapeFailed says that a target did not answer, or not with metrics. It is then missing in every coverage. After a
// deadline, an HTTP status below 500 (the error has a method HTTPStatusCode) or a [*parse.Error], its instance is in
// doubt: still in values about the present, but not in lower bounds. After any other error, such as a refused
// connection, it is in upper bounds alone. A failure older than the latest scrape changes nothing.
func (f *Fleet) ScrapeFailed(name string, at time.Time, err error) error {
	if err := roster.Check(name, at); err != nil {
		return err
	}
	if err == nil {
		err = errUnnamed
	}
	how := roster.FailureOf(err, ErrLimit, ErrLate, ErrConflict, parse.ErrLimit)
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.parts != nil {
		return errRoot
	}
	name = addressOf(f, name)
	ms := at.UnixMilli()
	if f.book.Entries[name] == nil {
		meetStranger(f, name, ms)
	}
	if t := f.book.Entry(name); t.Fail(ms, how, err) {
		noteFailure(f, cmp.Or(t.Instance, name), ms)
	}
	return nil
}
