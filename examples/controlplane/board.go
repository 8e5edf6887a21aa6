package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/promfold/promfold/aggregate"
	"github.com/promfold/promfold/aggregate/catalogue"
)

// board is a fleet and the questions that are asked of it at each moment.
type board struct {
	fleet     *aggregate.Fleet
	window    time.Duration
	expected  int    // servers behind the balancer; 0: not known
	audit     *audit // nil: no logs
	questions []question
	exposed   []exposed
	still     still
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

	expected int // servers behind the balancer; 0: not known
}

// newBoard returns a board that nothing was told yet.
func newBoard(s settings) (*board, error) {
	f, err := aggregate.NewFleet(aggregate.Config{Window: s.window, ClockSkew: s.skew, Catalogue: catalogue.Kubernetes().View})
	if err != nil {
		return nil, err
	}
	b := &board{fleet: f, window: s.window, expected: s.expected}
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
	for _, c := range components { // after the rows, which find what answers in part
		if s := m.of(c); s.coverage.Expected > 0 {
			p.Parts = append(p.Parts, Part{c, s.covered(), s.answering()})
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
	partial   []string // servers that answer, and show little of what they showed
}

// lost reports whether an instance does not answer at present.
func (s *scope) lost(name string) bool {
	i, ok := s.instance(name)
	return ok && gone(i)
}

func gone(i aggregate.Instance) bool { return i.Stale || i.Gone || i.Failed != nil }

// silent reports whether nobody of those that are expected answers.
func (s *scope) silent() bool {
	return s.coverage.Expected > 0 && s.coverage.Missing == s.coverage.Expected
}

// covered returns the coverage of the component, with those that answer in part.
func (s *scope) covered() aggregate.Coverage {
	c := s.coverage
	c.Partial = max(c.Partial, len(s.partial))
	return c
}

// answering returns who answers, in words. Behind a balancer nobody is asked: there the
// answer is who was met, and how long ago.
func (s *scope) answering() string {
	c, verb := s.covered(), "answer"
	if s.balanced() {
		verb = "met in the last " + length(s.longestAgo())
	}
	if c.Partial > 0 {
		verb += fmt.Sprintf(", %d in part", c.Partial)
	}
	return fmt.Sprintf("%d of %d %s %s", c.Expected-c.Missing, c.Expected, s.component, verb)
}

// longestAgo returns since when one of those that count as answering did not.
func (s *scope) longestAgo() (d time.Duration) {
	for _, i := range s.instances {
		if !gone(i) {
			d = max(d, s.moment.at.Sub(i.Last))
		}
	}
	return d
}

func (m *moment) fail(err error) { m.err = errors.Join(m.err, err) }

func (s *scope) counters(v *aggregate.CounterView) []*aggregate.CounterGroup {
	g, err := v.In(s.window)
	s.moment.fail(err)
	inPart(s, g, func(w scope) error { _, err := v.In(w.window); return err })
	return g
}

func (s *scope) histograms(v *aggregate.HistogramView) []*aggregate.HistogramGroup {
	g, err := v.In(s.window)
	s.moment.fail(err)
	inPart(s, g, func(w scope) error { _, err := v.In(w.window); return err })
	return g
}

func (s *scope) gauges(v *aggregate.GaugeView) []*aggregate.GaugeGroup {
	g, err := v.At(s.Snapshot)
	s.moment.fail(err)
	inPart(s, g, func(w scope) error { _, err := v.At(w.Snapshot); return err })
	return g
}

func (s *scope) ratios(v *aggregate.RatioView) []*aggregate.RatioGroup {
	g, err := v.In(s.window)
	s.moment.fail(err)
	return g
}

// inPart notes which servers show little of what they showed. Asked for the whole
// fleet, the library refuses, and names them.
func inPart[G aggregate.Group](s *scope, groups []G, again func(scope) error) {
	if !slices.ContainsFunc(groups, func(g G) bool { return g.Coverage().Partial > 0 }) {
		return
	}
	whole := *s
	whole.Snapshot = s.AtLeast(1)
	whole.window = whole.Last(s.moment.board.window)
	var e *aggregate.CoverageError
	if errors.As(again(whole), &e) {
		for _, name := range e.Missing {
			if name, ok := strings.CutSuffix(name, " (partial)"); ok && !slices.Contains(s.partial, name) {
				s.partial = append(s.partial, name)
			}
		}
	}
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
