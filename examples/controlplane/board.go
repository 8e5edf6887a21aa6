package main

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/promfold/promfold/aggregate"
	"github.com/promfold/promfold/aggregate/catalogue"
)

// board is a fleet and the questions that are asked of it at each moment.
type board struct {
	fleet     *aggregate.Fleet
	window    time.Duration
	audit     *audit // nil: no logs
	questions []question
	exposed   []exposed
}

// question is a row of the page. It declares its views when it is made.
type question interface {
	row(m *moment) Row
}

// settings are what a user may choose about the answers.
type settings struct {
	window time.Duration      // of rates and quantiles
	slo    time.Duration      // what a request to one object may take
	skew   time.Duration      // between the clocks; 0: the library's default
	logs   []string           // audit logs: FILE or SERVER=FILE
	limits map[string]float64 // of clients, in calls a second, by user agent

}

// newBoard returns a board that nothing was told yet.
func newBoard(s settings) (*board, error) {
	f, err := aggregate.NewFleet(aggregate.Config{Window: s.window, ClockSkew: s.skew, Catalogue: catalogue.Kubernetes().View})
	if err != nil {
		return nil, err
	}
	b := &board{fleet: f, window: s.window}
	if len(s.logs) > 0 {
		if b.audit, err = newAudit(s.logs, s.window); err != nil {
			return nil, err
		}
	}
	d := &declarer{board: b}
	b.questions = []question{
		newRequests(d), newErrors(d), newLatency(d), newObjective(d, s.slo), newBlame(d), newSlowest(d),
		newInflight(d), newWatches(d), newSeats(d), newEtcd(d), newObjects(d), newPending(d), newQueues(d), newProcesses(d),
	}
	if b.audit != nil {
		b.questions = append(b.questions, newCallers(d, b.audit, s.limits), newAgreement(d, b.audit))
	}
	b.questions = append(b.questions, newTrust(d))
	return b, d.err
}

// page asks all questions about one moment.
func (b *board) page(at time.Time) (Page, error) {
	m := newMoment(b, at)
	p := Page{At: m.at, WindowSeconds: b.window.Seconds()}
	for _, c := range components {
		if s := m.of(c); s.coverage.Expected > 0 {
			p.Parts = append(p.Parts, Part{c, s.coverage, s.answering()})
		}
	}
	for _, q := range b.questions {
		if r := q.row(m); r.ID != "" {
			s := m.of(r.About)
			if r.About != "" && r.About != auditLogs && s.coverage.Expected == 0 && len(s.instances) == 0 {
				r = Row{ID: r.ID, Question: r.Question, About: r.About, Answer: fmt.Sprintf("No %s are watched.", r.About)}
			}
			if r.State != "" && s.silent() {
				r.raise(Alarm, fmt.Sprintf("None of %d %s answers: what is shown is of before, or 0 of processes that are gone.", s.coverage.Expected, r.About))
			}
			if r.State == "" {
				r.State = Unknown
			}
			r.Warnings = distinct(r.Warnings)
			p.Rows = append(p.Rows, r)
		}
	}
	return p.whole(), m.err
}

// declarer declares views, and keeps the first error.
type declarer struct {
	*board
	err error
}

func declared[V any](d *declarer, v V, err error) V {
	d.err = errors.Join(d.err, err)
	return v
}

func (d *declarer) counter(v aggregate.View) *aggregate.CounterView {
	c, err := d.fleet.Counter(v)
	return declared(d, c, err)
}

func (d *declarer) gauge(v aggregate.View) *aggregate.GaugeView {
	g, err := d.fleet.Gauge(v)
	return declared(d, g, err)
}

func (d *declarer) histogram(v aggregate.View) *aggregate.HistogramView {
	h, err := d.fleet.Histogram(v)
	return declared(d, h, err)
}

func (d *declarer) ratio(n, by aggregate.View) *aggregate.RatioView {
	r, err := d.fleet.Ratio(n, by)
	return declared(d, r, err)
}

// moment is the time that a page is about. It keeps the first error.
type moment struct {
	board  *board
	at     time.Time
	all    aggregate.Snapshot
	scopes map[component]*scope
	err    error
}

func newMoment(b *board, at time.Time) *moment {
	s := b.fleet.Snapshot(at)
	return &moment{board: b, at: s.Time(), all: s, scopes: map[component]*scope{}}
}

// of returns the part of the fleet that is of a component.
func (m *moment) of(c component) *scope {
	if m.scopes[c] == nil {
		s := &scope{moment: m, component: c}
		s.Snapshot = m.all.Only(labels.MustNewMatcher(labels.MatchEqual, componentLabel, string(c)))
		s.coverage = s.Coverage()
		s.instances = s.Instances()
		s.window = s.Last(m.board.window)
		m.scopes[c] = s
	}
	return m.scopes[c]
}

// logs returns the audit logs at this moment.
func (m *moment) logs(a *audit) *scope {
	s := &scope{moment: m, component: auditLogs, Snapshot: a.fleet.Snapshot(m.at)}
	s.coverage, s.instances, s.window = s.Coverage(), s.Instances(), s.Last(m.board.window)
	return s
}

// scope is one component at one moment.
type scope struct {
	aggregate.Snapshot
	moment    *moment
	component component
	coverage  aggregate.Coverage
	instances []aggregate.Instance
	window    aggregate.Window
}

// lost reports whether an instance does not answer at present.
func (s *scope) lost(instance string) bool {
	i := slices.IndexFunc(s.instances, func(i aggregate.Instance) bool { return i.Name == instance })
	return i >= 0 && gone(s.instances[i])
}

func gone(i aggregate.Instance) bool { return i.Stale || i.Gone || i.Failed != nil }

// silent reports whether nobody of those that are expected answers.
func (s *scope) silent() bool {
	return s.coverage.Expected > 0 && s.coverage.Missing == s.coverage.Expected
}

// answering returns who answers, in words.
func (s *scope) answering() string {
	return fmt.Sprintf("%d of %d %s answer", s.coverage.Expected-s.coverage.Missing, s.coverage.Expected, s.component)
}

func (m *moment) fail(err error) { m.err = errors.Join(m.err, err) }

func (s *scope) counters(v *aggregate.CounterView) []*aggregate.CounterGroup {
	g, err := v.In(s.window)
	s.moment.fail(err)
	return g
}

func (s *scope) histograms(v *aggregate.HistogramView) []*aggregate.HistogramGroup {
	g, err := v.In(s.window)
	s.moment.fail(err)
	return g
}

func (s *scope) gauges(v *aggregate.GaugeView) []*aggregate.GaugeGroup {
	g, err := v.At(s.Snapshot)
	s.moment.fail(err)
	return g
}

func (s *scope) ratios(v *aggregate.RatioView) []*aggregate.RatioGroup {
	g, err := v.In(s.window)
	s.moment.fail(err)
	return g
}

// first returns the only group of a view without By, or nil.
func first[G any](groups []G) (g G) {
	if len(groups) > 0 {
		g = groups[0]
	}
	return g
}

func distinct(list []string) []string {
	out := []string{}
	for _, s := range list {
		if !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return out
}
