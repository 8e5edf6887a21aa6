package main

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/promfold/promfold/aggregate"
	"github.com/promfold/promfold/examples/internal/example"
)

// document holds the answers at one moment. -json prints it, and the table
// shows it. What is unknown is absent, never 0.
type document struct {
	At            time.Time  `json:"at"`
	Target        string     `json:"target"`
	Metric        string     `json:"metric"`
	Seconds       float64    `json:"seconds"` // since the first scrape
	WindowSeconds float64    `json:"window_seconds"`
	Scrapes       int        `json:"scrapes"`
	Failed        int        `json:"failed"`
	Ambiguous     int        `json:"ambiguous"` // scrapes that several instances may have answered
	Expected      int        `json:"expected,omitempty"`
	Alive         int        `json:"alive"`
	Instances     []instance `json:"instances"`
	Total         *group     `json:"total,omitempty"`
	Groups        []group    `json:"groups"`
	Notes         []string   `json:"notes"`
}

// instance is one process behind the balancer.
type instance struct {
	Name     string    `json:"name"`
	Alive    bool      `json:"alive"`
	Met      int       `json:"met"` // scrapes that it answered
	By       string    `json:"by"`  // the evidence for its latest scrape
	First    time.Time `json:"first"`
	Last     time.Time `json:"last"`
	Increase *number   `json:"increase,omitempty"`
	Rate     *number   `json:"rate,omitempty"` // over the window
}

// group is the growth of one group since the first scrape, and its rates.
type group struct {
	Labels   labels.Labels `json:"labels"`
	Increase *number       `json:"increase,omitempty"` // a lower bound
	Lo       *number       `json:"lo,omitempty"`
	Hi       *number       `json:"hi,omitempty"`
	Rate     *number       `json:"rate,omitempty"` // over the window
	RateNow  *number       `json:"rate_now,omitempty"`

	// What reset logic computes from the same scrapes.
	Naive       number `json:"naive_increase"`
	NaiveResets int    `json:"naive_resets"`
}

type number = example.Number

func known(x float64, ok bool) *number { return example.Known(x, ok) }

// document asks all views about one moment: at, or the latest scrape if that is
// later.
func (w *watch) document(at time.Time) (document, error) {
	s := w.fleet.Snapshot(at)
	whole, recent := s.SinceStart(), s.Last(w.o.window)
	d := document{
		At: s.Time().UTC(), Target: w.o.name(), Metric: w.o.metric,
		Seconds: s.Time().Sub(whole.Start()).Seconds(), WindowSeconds: w.o.window.Seconds(),
		Scrapes: w.scrapes, Failed: w.failed, Ambiguous: w.ambiguous, Expected: w.o.expect,
		Instances: []instance{}, Groups: []group{}, Notes: []string{},
	}
	var err error
	if d.Groups, err = w.ask(w.groups, whole, recent); err != nil {
		return document{}, err
	}
	grown, err := w.total.One(whole)
	if err != nil {
		return document{}, err
	}
	rated, err := w.total.One(recent)
	if err != nil {
		return document{}, err
	}
	w.addInstances(&d, s, grown, rated)
	if len(grown.Increases()) == 0 {
		d.Notes = append(d.Notes, w.total.Status(s).String())
	} else {
		d.Total = w.answer(grown, rated)
		d.Total.Naive, d.Total.NaiveResets = 0, 0 // the sum over the groups
		for _, g := range w.naive.groups {
			d.Total.Naive += number(g.increase)
			d.Total.NaiveResets += g.resets
		}
	}
	d.Notes = append(d.Notes, "increases are lower bounds: increments before the first scrape of a process (unless it started later than this program) and after its last scrape are unknown")
	if d.Ambiguous > 0 {
		d.Notes = append(d.Notes, fmt.Sprintf("%d scrapes may be of several instances and count for none", d.Ambiguous))
	}
	d.Notes = append(d.Notes, grown.Warnings()...)
	return d, nil
}

// ask returns the groups of a view.
func (w *watch) ask(v *aggregate.CounterView, whole, recent aggregate.Window) ([]group, error) {
	grown, err := v.In(whole)
	if err != nil {
		return nil, err
	}
	rated, err := v.In(recent)
	if err != nil {
		return nil, err
	}
	rates := map[string]*aggregate.CounterGroup{}
	for _, g := range rated {
		rates[g.Labels().String()] = g
	}
	list := []group{}
	for _, g := range grown {
		list = append(list, *w.answer(g, rates[g.Labels().String()]))
	}
	return list, nil
}

// answer returns what a group counted since the start, its rates over the
// window if it is in it, and the naive reading.
func (w *watch) answer(grown, rated *aggregate.CounterGroup) *group {
	increase, ok := grown.Increase()
	naive := w.naive.of(grown.Labels())
	out := group{
		Labels: grown.Labels(), Increase: known(increase.Value, ok), Lo: known(increase.Lo, ok), Hi: known(increase.Hi, ok),
		Naive: number(naive.increase), NaiveResets: naive.resets,
	}
	if rated != nil {
		mean, ok := rated.Rate()
		out.Rate = known(mean.Value, ok)
		now, ok := rated.RateNow()
		out.RateNow = known(now.Value, ok)
	}
	return &out
}

// addInstances lists the processes, with what each of them counted.
func (w *watch) addInstances(d *document, s aggregate.Snapshot, grown, rated *aggregate.CounterGroup) {
	alive := map[string]bool{}
	for _, in := range s.Instances() {
		alive[in.Name] = !in.Stale && !in.Gone
	}
	increases, rates := byInstance(grown.Increases()), byInstance(rated.Rates())
	for _, name := range slices.Sorted(maps.Keys(w.met)) {
		increase, isMember := increases[name]
		rate, hasRate := rates[name]
		out := *w.met[name]
		out.Alive, out.Increase = alive[name], known(increase.Estimate.Value, isMember)
		out.Rate = known(rate.Estimate.Value, hasRate && !rate.Older)
		if out.Alive {
			d.Alive++
		}
		d.Instances = append(d.Instances, out)
	}
}

func byInstance(list []aggregate.Member) map[string]aggregate.Member {
	members := map[string]aggregate.Member{}
	for _, m := range list {
		members[m.Instance] = m
	}
	return members
}
