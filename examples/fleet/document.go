package main

import (
	"encoding/json"
	"math"
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/promfold/promfold/aggregate"
)

// document is all answers at one time: what -json prints, and what the table
// is made of. What is not known is absent, never 0.
type document struct {
	At            stamp      `json:"at"`
	WindowSeconds number     `json:"window_seconds"`
	Instances     []instance `json:"instances"`
	Views         []answers  `json:"views"`
}

type instance struct {
	Name         string   `json:"name"`
	Targets      []string `json:"targets"`
	Incarnations int      `json:"incarnations"`
	First        stamp    `json:"first"`
	Last         stamp    `json:"last"`
	Stale        bool     `json:"stale"`
}

type answers struct {
	Spec   string  `json:"spec"`
	Kind   string  `json:"kind"`
	Metric string  `json:"metric"`
	Groups []group `json:"groups"`

	by     []string // the table's columns; empty: whatever labels there are
	status string   // why there are no groups
}

// group holds the answers of one group, those of its view's kind.
type group struct {
	Labels   labels.Labels `json:"labels"`
	Coverage coverage      `json:"coverage"`
	Warnings []string      `json:"warnings"`

	Increase *number `json:"increase,omitempty"` // counters
	Lo       *number `json:"lo,omitempty"`
	Hi       *number `json:"hi,omitempty"`
	Rate     *number `json:"rate,omitempty"`
	RateNow  *number `json:"rate_now,omitempty"`

	Value     *number `json:"value,omitempty"` // gauges
	Operation string  `json:"operation,omitempty"`
	Min       *member `json:"min,omitempty"`

	Max     *member  `json:"max,omitempty"`
	Members []member `json:"members"`

	Count     *number    `json:"count,omitempty"` // histograms
	Sum       *number    `json:"sum,omitempty"`
	Quantiles []quantile `json:"quantiles,omitempty"`

	perSecond *number // a histogram's observations, for the table
}

type coverage struct {
	Expected  int `json:"expected"`
	Reporting int `json:"reporting"`
	Stale     int `json:"stale"`
}

type member struct {
	Instance string  `json:"instance,omitempty"`
	Increase *number `json:"increase,omitempty"`
	Rate     *number `json:"rate,omitempty"`
	Value    *number `json:"value,omitempty"`
	Share    *number `json:"share,omitempty"`
	Resets   *int    `json:"resets,omitempty"`
}

type quantile struct {
	Q     number  `json:"q"`
	Value *number `json:"value,omitempty"`
	Lo    *number `json:"lo,omitempty"`
	Hi    *number `json:"hi,omitempty"`
	Worst *worst  `json:"worst,omitempty"`
}

// worst is the instance with the greatest quantile; the greatest of all
// instances' true quantiles lies between Lo and Hi.
type worst struct {
	Instance string `json:"instance"`
	Value    number `json:"value"`
	Lo       number `json:"lo"`
	Hi       number `json:"hi"`
	Share    number `json:"share"`
}

// number is a JSON number, or a string for the two infinities JSON has no
// number for.
type number float64

func (n number) MarshalJSON() ([]byte, error) {
	switch x := float64(n); {
	case math.IsInf(x, 1):
		return []byte(`"+Inf"`), nil
	case math.IsInf(x, -1):
		return []byte(`"-Inf"`), nil
	default:
		return json.Marshal(x)
	}
}

// known is x, or nothing where it is not known.
func known(x float64, ok bool) *number {
	if !ok || math.IsNaN(x) {
		return nil
	}
	n := number(x)
	return &n
}

// stamp is a time to the millisecond.
type stamp time.Time

func (s stamp) MarshalJSON() ([]byte, error) {
	return json.Marshal(time.Time(s).UTC().Format("2006-01-02T15:04:05.000Z07:00"))
}

// document asks all views at one time, not before the last scrape.
func (w *watch) document(at time.Time) (document, error) {
	ask, length := w.back(at)
	d := document{At: stamp(at), WindowSeconds: number(length.Seconds()), Instances: []instance{}, Views: []answers{}}
	for _, in := range w.fleet.Instances(at, ask) {
		d.Instances = append(d.Instances, instance{in.Name, in.Targets, in.Incarnations, stamp(in.First), stamp(in.Last), in.Stale})
	}
	for _, v := range w.views {
		groups, err := v.ask(at, ask, w.levels)
		if err != nil {
			return document{}, err
		}
		a := answers{Spec: v.text, Kind: v.kind.String(), Metric: v.metric, Groups: groups, by: v.by}
		if len(groups) == 0 {
			a.status = v.status()
		}
		d.Views = append(d.Views, a)
	}
	return d, nil
}

func (v *view) ask(at time.Time, window time.Duration, levels []float64) ([]group, error) {
	list := []group{}
	switch v.kind {
	case counterKind:
		groups, err := v.counter.At(at, window)
		if err != nil {
			return nil, err
		}
		for i := range groups {
			list = append(list, counterGroup(groups[i]))
		}
	case gaugeKind:
		groups, err := v.gauge.At(at)
		if err != nil {
			return nil, err
		}
		for i := range groups {
			list = append(list, gaugeGroup(groups[i], v.operation))
		}
	case histogramKind:
		groups, err := v.histogram.At(at, window)
		if err != nil {
			return nil, err
		}
		for i := range groups {
			g, err := histogramGroup(groups[i], levels)
			if err != nil {
				return nil, err
			}
			list = append(list, g)
		}
	}
	return list, nil
}

func newGroup(g *aggregate.Group) group {
	c := g.Coverage()
	return group{
		Labels:   g.Labels,
		Coverage: coverage{c.Expected, c.Reporting, c.Stale},
		Warnings: append([]string{}, g.Warnings()...),
		Members:  []member{},
	}
}
