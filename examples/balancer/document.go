package main

import (
	"encoding/json"
	"fmt"
	"math"
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/promfold/promfold/aggregate"
)

// document is all that is known at one time: what -json prints, and what the
// table is made of. What is not known is absent, never 0.
type document struct {
	At            time.Time  `json:"at"`
	Target        string     `json:"target"`
	Metric        string     `json:"metric"`
	Seconds       float64    `json:"seconds"` // from the first scrape on
	WindowSeconds float64    `json:"window_seconds"`
	Scrapes       int        `json:"scrapes"`
	Failed        int        `json:"failed"`
	Ambiguous     int        `json:"ambiguous"` // scrapes that could be of several instances
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
	By       string    `json:"by"`  // the evidence for that
	First    time.Time `json:"first"`
	Last     time.Time `json:"last"`
	Increase *number   `json:"increase,omitempty"`
	Rate     *number   `json:"rate,omitempty"` // of the window
}

// group is one group's growth since the first scrape, and its rates.
type group struct {
	Labels   labels.Labels `json:"labels"`
	Increase *number       `json:"increase,omitempty"` // a lower bound
	Lo       *number       `json:"lo,omitempty"`
	Hi       *number       `json:"hi,omitempty"`
	Rate     *number       `json:"rate,omitempty"` // of the window
	RateNow  *number       `json:"rate_now,omitempty"`

	// What reset logic makes of the same scrapes.
	Naive       number `json:"naive_increase"`
	NaiveResets int    `json:"naive_resets"`
}

// number is a JSON number, or a string for the infinities that JSON lacks.
type number float64

func (n number) MarshalJSON() ([]byte, error) {
	if x := float64(n); math.IsInf(x, 0) {
		return fmt.Appendf(nil, `"%+v"`, x), nil
	}
	return json.Marshal(float64(n))
}

func known(x float64, ok bool) *number {
	if !ok {
		return nil
	}
	n := number(x)
	return &n
}

func (w *watch) document(at time.Time) (document, error) {
	d := document{
		At: at.UTC(), Target: w.o.name(), Metric: w.o.metric, Seconds: at.Sub(w.first).Seconds(), WindowSeconds: w.o.window.Seconds(),
		Scrapes: len(w.log), Failed: w.failed, Expected: w.o.expect,
		Instances: []instance{}, Groups: []group{}, Notes: []string{},
	}
	all, err := w.ask(w.groups, at)
	if err != nil {
		return document{}, err
	}
	d.Groups = append(d.Groups, all...)
	total, err := w.ask(w.total, at)
	if err != nil {
		return document{}, err
	}
	if len(total) == 0 {
		d.Notes = append(d.Notes, w.total.Status().String())
	} else {
		d.Total = &total[0]
		d.Total.Naive, d.Total.NaiveResets = 0, 0 // of all its groups
		for _, g := range w.naive.groups {
			d.Total.Naive += number(g.increase)
			d.Total.NaiveResets += g.resets
		}
	}
	if err := w.addInstances(&d, at); err != nil {
		return document{}, err
	}
	return d, w.addNotes(&d, at)
}

// ask is a view's answers, each beside the naive one.
func (w *watch) ask(v *aggregate.CounterView, at time.Time) (list []group, err error) {
	whole, err := v.At(at, aggregate.All)
	if err != nil {
		return nil, err
	}
	recent, err := v.At(at, w.o.window)
	if err != nil {
		return nil, err
	}
	rates := map[string]*aggregate.CounterGroup{}
	for _, g := range recent {
		rates[g.Labels.String()] = g
	}
	for _, g := range whole {
		naive := w.naive.of(g.Labels)
		increase, ok := g.Increase()
		out := group{
			Labels: g.Labels, Increase: known(increase.Value, ok), Lo: known(increase.Lo, ok), Hi: known(increase.Hi, ok),
			Naive: number(naive.increase), NaiveResets: naive.resets,
		}
		if r := rates[g.Labels.String()]; r != nil {
			mean, ok := r.Rate()
			out.Rate = known(mean.Value, ok)
			now, ok := r.RateNow()
			out.RateNow = known(now.Value, ok)
		}
		list = append(list, out)
	}
	return list, nil
}

// addInstances lists the processes, with what each counted of the metric.
func (w *watch) addInstances(d *document, at time.Time) error {
	members := map[string]aggregate.CounterMember{}
	rates := map[string]aggregate.CounterMember{}
	for window, into := range map[time.Duration]map[string]aggregate.CounterMember{aggregate.All: members, w.o.window: rates} {
		groups, err := w.total.At(at, window)
		if err != nil {
			return err
		}
		for _, g := range groups {
			for _, m := range g.Members() {
				into[m.Instance] = m
			}
		}
	}
	met := map[string]int{}
	by := map[string]aggregate.Evidence{}
	for _, s := range w.log {
		if s.instance == "" {
			d.Ambiguous++
			continue
		}
		met[s.instance]++
		by[s.instance] |= s.by
	}
	for _, in := range w.fleet.Instances(at, aggregate.All) {
		m, isMember := members[in.Name]
		r := rates[in.Name]
		out := instance{
			Name: in.Name, Alive: !in.Stale && !in.Gone, Met: met[in.Name], By: by[in.Name].String(), First: in.First.UTC(), Last: in.Last.UTC(),
			Increase: known(m.Increase.Value, isMember), Rate: known(r.Rate, r.HasRate && !r.Older),
		}
		if out.Alive {
			d.Alive++
		}
		d.Instances = append(d.Instances, out)
	}
	return nil
}

// addNotes says what the numbers leave out.
func (w *watch) addNotes(d *document, at time.Time) error {
	d.Notes = append(d.Notes, "increases are lower bounds: what a process counted before its first scrape here (unless it was born since) and after its last is in none")
	if d.Ambiguous > 0 {
		d.Notes = append(d.Notes, fmt.Sprintf("%d scrapes could be of several instances and count for none", d.Ambiguous))
	}
	groups, err := w.total.At(at, aggregate.All)
	if err != nil {
		return err
	}
	for _, g := range groups {
		d.Notes = append(d.Notes, g.Warnings()...)
	}
	return nil
}
