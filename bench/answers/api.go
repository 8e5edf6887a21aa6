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
	"github.com/prometheus/prometheus/promql/parser"

	"github.com/promfold/promfold/aggregate"
	"github.com/promfold/promfold/internal/judge"
	"github.com/promfold/promfold/internal/lines"
)

// This file and apianswers.go alone know the library. When its interface
// changes, they change, and what the program prints does not.

// fleet is the library's.
type fleet struct {
	*aggregate.Fleet
	config  aggregate.Config
	targets map[string]target
	views   []*view
}

// view is a declared spec.
type view struct {
	spec
	counter    *aggregate.CounterView
	gauge      *aggregate.GaugeView
	histogram  *aggregate.HistogramView
	ratio      *aggregate.RatioView
	saturation *aggregate.GaugeRatioView
}

func newFleet(c config) (*fleet, error) {
	config := aggregate.Config{Since: c.since, Window: c.window, SplitAlternating: c.splitAlternating}
	if c.joinable {
		config.JoinHorizon = time.Hour
	}
	f, err := aggregate.NewFleet(config)
	return &fleet{Fleet: f, config: config, targets: map[string]target{}}, err
}

// describe tells about a target, before its first scrape.
func (f *fleet) describe(t target) {
	f.targets[t.name] = t
	if t.balanced {
		f.Balanced(t.name, t.expected)
	}
	if !t.created.IsZero() {
		f.Describe(t.name, aggregate.TargetInfo{Created: t.created})
	}
}

// expect says who is expected, from now on.
func (f *fleet) expect(names ...string) { f.Expect(names...) }

// failed says that a target did not answer.
func (f *fleet) failed(target string, at time.Time, why error) { f.Fail(target, at, why) }

// left says that a target is gone.
func (f *fleet) left(target string, at time.Time) error { return f.Gone(target, at) }

// observe takes in one scrape, as a body or as samples.
func (f *fleet) observe(s scrape, asSamples bool) (report, error) {
	t := f.targets[s.target]
	sc := aggregate.Scrape{
		Target: s.target, Instance: t.instance, Labels: labels.FromStrings(t.labels...), Time: s.time, Body: s.body,
		Header: http.Header{"Content-Type": {s.contentType}},
	}
	if s.encoding != "" {
		sc.Header.Set("Content-Encoding", s.encoding)
	}
	if !asSamples {
		return reported(f.Observe(sc))
	}
	samples, err := lines.Samples(s.body, s.contentType)
	if err != nil {
		return report{}, err
	}
	return reported(f.ObserveSamples(sc, samples))
}

func reported(r aggregate.Report, err error) (report, error) {
	a := r.Attribution
	x := report{
		instance: r.Instance, incarnation: r.Incarnation, candidates: a.Candidates,
		duplicate: r.Duplicate, fresh: a.New, restarted: r.Restart == aggregate.RestartProven || r.Restart == aggregate.RestartGuessed,
		ambiguous: a.Ambiguous, provisional: a.Provisional, alternating: r.Alternating,
		lines: r.Lines, changed: r.Changed, came: r.New, went: r.Gone,
		grown: r.Grown, births: r.Births, resets: r.Resets, refused: r.Refused,
	}
	for _, p := range r.Partial {
		x.partial = append(x.partial, p.Name)
	}
	return x, err
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
	v := &view{spec: s}
	if err := f.bind(v); err != nil {
		return nil, fmt.Errorf("view %s: %w", s.name, err)
	}
	f.views = append(f.views, v)
	return v, nil
}

// bind makes the library's views of one.
func (f *fleet) bind(v *view) (err error) {
	x, err := f.library(&v.spec, v.sel)
	if err != nil {
		return err
	}
	switch v.kind {
	case counterKind:
		v.counter, err = f.Counter(x)
	case histogramKind:
		v.histogram, err = f.Histogram(x)
	case gaugeKind:
		if v.gauge, err = f.Gauge(x); err == nil && v.combine == saturation {
			err = f.bindSaturation(v)
		}
	case ratioKind:
		if v.counter, err = f.Counter(x); err == nil {
			err = f.bindRatio(v)
		}
	case everythingKind:
		var errC, errG, errH error
		v.counter, errC = f.Counter(x)
		v.gauge, errG = f.Gauge(x)
		v.histogram, errH = f.Histogram(x)
		err = errors.Join(errC, errG, errH)
	}
	return err
}

func (f *fleet) bindSaturation(v *view) error {
	x, err := f.library(&v.spec, v.over)
	if err != nil {
		return err
	}
	limit, err := f.Gauge(x)
	if err != nil {
		return err
	}
	v.saturation, err = aggregate.GaugeRatio(v.gauge, limit)
	return err
}

func (f *fleet) bindRatio(v *view) error {
	x, err := f.library(&v.spec, v.over)
	if err != nil {
		return err
	}
	denominator, err := f.Counter(x)
	if err != nil {
		return err
	}
	v.ratio, err = aggregate.Ratio(v.counter, denominator)
	return err
}

var meanings = [...]aggregate.Meaning{
	none: aggregate.MeaningUnknown, sum: aggregate.MeaningShare, highest: aggregate.MeaningHighest, lowest: aggregate.MeaningLowest,
	consensus: aggregate.MeaningFact, leads: aggregate.MeaningLeader, distinct: aggregate.MeaningIdentity, saturation: aggregate.MeaningSaturation,
}

var owners = [...]judge.Owner{unknownOwner: judge.OwnerUnknown, processOwner: judge.OwnerProcess, externalOwner: judge.OwnerExternal}

// library is the spec as the library has it, with one of its selectors.
func (f *fleet) library(s *spec, selector string) (aggregate.View, error) {
	metric, where, err := parseSelector(selector)
	if err != nil {
		return aggregate.View{}, err
	}
	v := aggregate.View{
		Metric: metric, Where: where, By: s.by, Without: s.without, Window: s.window, Owner: owners[s.owner],
		Meaning: meanings[s.combine], Sentinels: s.sentinels, Type: model.MetricType(s.typ),
	}
	if s.boundBirths {
		v.Births = judge.BirthsBounded
	}
	switch {
	case s.totalsOnly:
		v.Window = aggregate.LedgerOnly
	case metric == aggregate.Every && v.Window == 0 && s.kind != everythingKind:
		v.Window = f.config.Window
	}
	if s.kind == everythingKind {
		v.By = []string{aggregate.Every}
	}
	if s.leader != "" {
		name, where, err := parseSelector(s.leader)
		if err != nil {
			return v, err
		}
		v.Election.Metric = name
		for _, m := range where {
			v.Election.Name = m.Value
		}
	}
	return v, nil
}

// parseSelector returns the metric of a selector, and its other matchers.
func parseSelector(selector string) (metric string, where []*labels.Matcher, err error) {
	if selector == "{}" {
		return aggregate.Every, nil, nil
	}
	all, err := parser.NewParser(parser.Options{}).ParseMetricSelector(selector)
	for _, m := range all {
		if m.Name == labels.MetricName {
			metric = m.Value
		} else {
			where = append(where, m)
		}
	}
	return metric, where, err
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

func (m moment) conditions() []aggregate.Condition {
	if m.atLeast == 0 {
		return nil
	}
	return []aggregate.Condition{aggregate.AtLeast(m.atLeast)}
}

// since is the window since the start, of a question.
const sinceStart time.Duration = 0

func windowOf(d time.Duration) time.Duration {
	if d == sinceStart {
		return aggregate.All
	}
	return d
}

func (v *view) status() status {
	var s aggregate.Status
	switch {
	case v.kind == ratioKind, v.combine == saturation, v.kind == everythingKind:
		return status{}
	case v.counter != nil:
		s = v.counter.Status()
	case v.gauge != nil:
		s = v.gauge.Status()
	default:
		s = v.histogram.Status()
	}
	x := status{instances: s.Instances, exposing: s.Exposing, selected: s.Selected, series: s.Series, groups: s.Groups, excluded: s.Excluded}
	for _, t := range s.Types {
		x.types = append(x.types, string(t))
	}
	slices.Sort(x.types)
	return x
}

func (f *fleet) families() (list []family) {
	for _, x := range f.Families() {
		list = append(list, family{name: x.Name, typ: string(x.Type), help: x.Help, unit: x.Unit, instances: x.Instances, others: x.Others})
	}
	return list
}

func (f *fleet) instances(m moment) (list []instance) {
	for _, x := range f.Instances(m.now, f.config.Window) {
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
	h := f.Health(m.now)
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
	return health{coverage: coverageOf(h.Coverage), instances: h.Instances, gone: h.Gone, lines: h.Lines}, events
}

// parts is how many of the library's views one is made of, gauges apart.
var parts = [...]int{counterKind: 1, gaugeKind: 0, histogramKind: 1, ratioKind: 2, everythingKind: 2}

func eventOf(v judge.Verdict) eventKind {
	return [...]eventKind{
		judge.First: first, judge.BornProven: born, judge.BornByAbsence: born, judge.Returned: returned, judge.Grew: grew,
		judge.ResetProven: reset, judge.ResetDropped: reset, judge.Jitter: jitter, judge.Gap: gap,
	}[v]
}
