package main

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"

	"github.com/promfold/promfold/aggregate"
	"github.com/promfold/promfold/counter"
	"github.com/promfold/promfold/parse"
)

// This file and apianswers.go alone know the library. When its interface
// changes, they change, and what the program prints does not.

// fleet is the library's.
type fleet struct {
	*aggregate.Fleet
	config  aggregate.Config
	targets map[string]target
	told    map[string]bool // targets that the library knows
	latest  time.Time       // of a scrape or a question
	views   []*view
}

// view is a declared spec.
type view struct {
	spec
	fleet     *fleet
	counter   *aggregate.CounterView
	gauge     *aggregate.GaugeView
	histogram *aggregate.HistogramView
	ratio     *aggregate.RatioView
	every     *aggregate.EverythingView
}

func newFleet(c config) (*fleet, error) {
	config := aggregate.Config{Since: c.since, Window: c.window, SplitAlternating: c.splitAlternating}
	if c.joinable {
		config.JoinHorizon = time.Hour
	}
	f, err := aggregate.NewFleet(config)
	return &fleet{Fleet: f, config: config, targets: map[string]target{}, told: map[string]bool{}}, err
}

// describe tells about a target, before its first scrape.
func (f *fleet) describe(t target) { f.targets[t.name] = t }

// tell describes a target to the library when it is first heard of: the library
// wants to know when that is.
func (f *fleet) tell(name string, at time.Time) error {
	if at.After(f.latest) {
		f.latest = at
	}
	t, ok := f.targets[name]
	if !ok || f.told[name] {
		return nil
	}
	f.told[name] = true
	return f.Describe(at, aggregate.Target{
		Name: name, Instance: t.instance, Labels: labels.FromStrings(t.labels...), Balanced: t.balanced, Expected: t.expected, Created: t.created,
	})
}

// expect says who is expected, from before the first scrape on.
func (f *fleet) expect(names ...string) {
	var list []aggregate.Target
	for _, name := range names {
		list = append(list, aggregate.Target{Name: name})
	}
	must(f.SetTargets(time.Unix(1, 0), list...))
}

// failed says that a target did not answer. One that left is not described anew
// before it answers: that would bring it back.
func (f *fleet) failed(target string, at time.Time, why error) {
	if _, heard := f.told[target]; !heard {
		must(f.tell(target, at))
	}
	must(f.ScrapeFailed(target, at, why))
}

// must panics where only a mistake of this program is an error.
func must(err error) {
	if err != nil {
		panic(err)
	}
}

// left says that a target is gone. The library forgets what it was told of it.
func (f *fleet) left(target string, at time.Time) error {
	f.told[target] = false
	f.Remove(at, target)
	return nil
}

// observe takes in one scrape, as a body or as samples.
func (f *fleet) observe(s scrape, asSamples bool) (report, error) {
	if err := f.tell(s.target, s.time); err != nil {
		return report{}, err
	}
	t := f.targets[s.target]
	sc := aggregate.Scrape{Target: s.target, Time: s.time, Body: s.body, Header: http.Header{"Content-Type": {s.contentType}}}
	if s.encoding != "" {
		sc.Header.Set("Content-Encoding", s.encoding)
	}
	if !asSamples {
		return t.reported(f.Ingest(sc))
	}
	samples, err := parse.Samples(sc.Header, s.body)
	if err != nil {
		return report{}, err
	}
	return t.reported(f.IngestSamples(sc, samples))
}

// reported returns a report in words of this program: only instances that are
// found behind a balancer are new.
func (t *target) reported(r aggregate.Report, err error) (report, error) {
	return report{
		instance: r.Instance, incarnation: r.Incarnation, candidates: r.Candidates, partial: r.Partial,
		duplicate: r.Duplicate, fresh: r.NewInstance && (t.balanced || r.By != ""), restarted: r.Restarted, ambiguous: len(r.Candidates) > 0 && r.Instance == "",
		provisional: r.Provisional, alternating: r.Alternating,
		lines: r.Lines, changed: r.Changed, came: r.Came, went: r.Went,
		grown: r.Grown, births: r.Births, resets: r.Resets, refused: r.Refused,
	}, err
}

// reload saves the fleet and goes on with what was read back.
func (f *fleet) reload() error {
	var state bytes.Buffer
	if err := f.Save(&state); err != nil {
		return err
	}
	var err error
	if f.Fleet, err = aggregate.Load(&state, f.config); err != nil {
		return err
	}
	for _, v := range f.views {
		if err := f.bind(v); err != nil {
			return err
		}
	}
	return nil
}

// merge adds a fleet of other instances.
func (f *fleet) merge(o *fleet) error { return f.Merge(o.Fleet) }

// join adds what another watcher of the same instances knows.
func (f *fleet) join(o *fleet) error { return f.Join(o.Fleet) }

// declare declares a view.
func (f *fleet) declare(s spec) (*view, error) {
	v := &view{spec: s, fleet: f}
	if err := f.bind(v); err != nil {
		return nil, fmt.Errorf("view %s: %w", s.name, err)
	}
	f.views = append(f.views, v)
	return v, nil
}

// bind makes the library's view of one.
func (f *fleet) bind(v *view) (err error) {
	x := v.library()
	switch v.kind {
	case counterKind:
		v.counter, err = f.Counter(x)
	case gaugeKind:
		v.gauge, err = f.Gauge(x)
	case histogramKind:
		v.histogram, err = f.Histogram(x)
	case ratioKind:
		over := x
		over.Select = selector(v.over)
		v.ratio, err = f.Ratio(x, over)
	case everythingKind:
		v.every, err = f.Everything(x)
	}
	return err
}

var combinations = [...]aggregate.Combine{
	none: 0, sum: aggregate.Sum, highest: aggregate.Max, lowest: aggregate.Min, consensus: aggregate.Consensus, leads: aggregate.Leader,
	distinct: aggregate.Distinct, saturation: 0,
}

var owners = [...]counter.Owner{unknownOwner: 0, processOwner: counter.Process, externalOwner: counter.External}

// library is the spec as the library has it.
func (s *spec) library() aggregate.View {
	v := aggregate.View{
		Select: selector(s.sel), By: s.by, Without: s.without, Window: s.window, TotalsOnly: s.totalsOnly, Type: model.MetricType(s.typ),
		Owner: owners[s.owner], BoundBirths: s.boundBirths, Combine: combinations[s.combine], Leader: s.leader, Sentinels: s.sentinels,
	}
	switch {
	case s.combine == saturation:
		v.Limit = s.over
	case s.kind == everythingKind:
		v.Combine, v.ByAllLabels = aggregate.Sum, true
	}
	return v
}

// selector is one that PromQL takes, too: it refuses {}.
func selector(s string) string {
	if s == "{}" {
		return `{__name__!=""}`
	}
	return s
}

// refusal returns why a scrape or a question is refused, in words of this
// program; empty without an error.
func refusal(err error) string {
	var c *aggregate.CoverageError
	switch {
	case err == nil:
		return ""
	case errors.As(err, &c):
		text := "coverage, missing"
		for _, name := range c.Missing {
			name, _, _ = strings.Cut(name, " (") // without how many
			text += " " + name
		}
		return text
	case errors.Is(err, aggregate.ErrWindow):
		return "window"
	case errors.Is(err, aggregate.ErrLate):
		return "late"
	case errors.Is(err, aggregate.ErrConflict):
		return "conflict"
	}
	return "other"
}

// moment is when a question is asked.
type moment struct {
	now     time.Time
	atLeast float64 // of the fleet; 0: whatever there is
}

// at is the fleet at a moment.
func (f *fleet) at(m moment) aggregate.Snapshot {
	if m.now.After(f.latest) {
		f.latest = m.now
	}
	s := f.Snapshot(m.now)
	if m.atLeast == 0 {
		return s
	}
	return s.AtLeast(m.atLeast)
}

// lately is the fleet at the latest moment that it was asked about.
func (f *fleet) lately() aggregate.Snapshot { return f.Snapshot(f.latest) }

// sinceStart is the window since the start, of a question.
const sinceStart time.Duration = 0

func (f *fleet) in(m moment, d time.Duration) aggregate.Window {
	if d == sinceStart {
		return f.at(m).SinceStart()
	}
	return f.at(m).Last(d)
}

func (v *view) status() status {
	var s aggregate.Status
	switch {
	case v.kind == ratioKind, v.combine == saturation, v.kind == everythingKind:
		return status{}
	case v.counter != nil:
		s = v.counter.Status(v.fleet.lately())
	case v.gauge != nil:
		s = v.gauge.Status(v.fleet.lately())
	default:
		s = v.histogram.Status(v.fleet.lately())
	}
	x := status{instances: s.Instances, exposing: s.Exposing, selected: s.Selected, series: s.Series, groups: s.Groups, excluded: s.Excluded}
	for _, t := range s.Types {
		x.types = append(x.types, string(t))
	}
	slices.Sort(x.types)
	return x
}

func (f *fleet) families() (list []family) {
	for _, x := range f.lately().Families() {
		list = append(list, family{name: x.Name, typ: string(x.Type), help: x.Help, unit: x.Unit, instances: x.Instances, others: x.Others})
	}
	return list
}

func (f *fleet) instances(m moment) (list []instance) {
	for _, x := range f.at(m).Instances() {
		list = append(list, instance{
			name: x.Name, targets: x.Targets, incarnations: x.Incarnations, first: x.First, last: x.Last, start: x.Start,
			stale: x.Stale, gone: x.Gone, alternating: x.Alternating,
		})
	}
	return list
}

// health returns how the fleet is, and what happened to the series of each of
// its views since the beginning.
func (f *fleet) health(m moment) (health, [][eventKinds]int) {
	s := f.at(m)
	h := s.Health()
	events := make([][eventKinds]int, len(f.views))
	next := 0
	for i, v := range f.views {
		for range parts[v.kind] {
			for verdict, series := range h.Views[next].Verdicts {
				events[i][eventOf(verdict)] += series
			}
			next++
		}
	}
	return health{coverage: coverageOf(s.Coverage()), instances: h.Instances, gone: h.Gone, lines: h.Lines}, events
}

// parts is how many views the library's health has for one.
var parts = [...]int{counterKind: 1, gaugeKind: 1, histogramKind: 1, ratioKind: 2, everythingKind: 3}

func eventOf(v counter.Verdict) eventKind {
	return [...]eventKind{
		counter.First: first, counter.Born: born, counter.Returned: returned, counter.Grew: grew, counter.Reset: reset,
		counter.Jitter: jitter, counter.Gap: gap,
	}[v]
}
