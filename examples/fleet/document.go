package main

import (
	"encoding/json"
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/promfold/promfold/aggregate"
	"github.com/promfold/promfold/examples/internal/example"
)

// document holds the answers of all views at one moment. -json prints it, and
// the table shows it. What is unknown is absent, never 0.
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

	by     []string // the table's columns; empty: all labels that the groups have
	status string   // why there are no groups
}

// group holds the answers of one group; only the fields of its kind are set.
type group struct {
	Labels   labels.Labels `json:"labels"`
	Coverage coverage      `json:"coverage"`
	Warnings []string      `json:"warnings"`

	Increase  *number `json:"increase,omitempty"` // counters
	Lo        *number `json:"lo,omitempty"`
	Hi        *number `json:"hi,omitempty"`
	Rate      *number `json:"rate,omitempty"`
	RateLo    *number `json:"rate_lo,omitempty"`
	RateHi    *number `json:"rate_hi,omitempty"`
	RateNow   *number `json:"rate_now,omitempty"`
	RateNowLo *number `json:"rate_now_lo,omitempty"`
	RateNowHi *number `json:"rate_now_hi,omitempty"`

	Value     *number `json:"value,omitempty"` // gauges
	Operation string  `json:"operation,omitempty"`
	Min       *member `json:"min,omitempty"`

	Max     *member  `json:"max,omitempty"`
	Members []member `json:"members"`

	Count     *number    `json:"count,omitempty"` // histograms
	Sum       *number    `json:"sum,omitempty"`
	Quantiles []quantile `json:"quantiles,omitempty"`

	// The time that the steps of a counter or histogram span.
	Covers *number `json:"covers_seconds,omitempty"`

	perSecond *number // the rate of a counter or of a histogram's observations
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

// worst is the instance with the greatest quantile. The greatest true quantile
// of all instances lies between Lo and Hi. Share is that of the observations.
type worst struct {
	Instance string `json:"instance"`
	Value    number `json:"value"`
	Lo       number `json:"lo"`
	Hi       number `json:"hi"`
	Share    number `json:"share"`
}

type number = example.Number

func known(x float64, ok bool) *number { return example.Known(x, ok) }

// stamp is a time to the millisecond.
type stamp time.Time

func (s stamp) MarshalJSON() ([]byte, error) {
	return json.Marshal(time.Time(s).UTC().Format("2006-01-02T15:04:05.000Z07:00"))
}

// document asks all views about one moment: at, or the latest scrape if that is
// later.
func (w *watch) document(at time.Time) (document, error) {
	s := w.fleet.Snapshot(at)
	window := s.SinceStart()
	if w.o.window != sinceStart {
		window = s.Last(w.o.window)
	}
	seconds := window.End().Sub(window.Start()).Seconds()
	d := document{At: stamp(s.Time()), WindowSeconds: number(seconds), Instances: []instance{}, Views: []answers{}}
	for _, in := range s.Instances() {
		d.Instances = append(d.Instances, instance{in.Name, in.Targets, in.Incarnations, stamp(in.First), stamp(in.Last), in.Stale})
	}
	for _, v := range w.views {
		groups, err := v.ask(s, window, w.o.levels)
		if err != nil {
			return document{}, err
		}
		a := answers{Spec: v.text, Kind: v.kind.String(), Metric: v.metric(), Groups: groups, by: v.by}
		if len(groups) == 0 {
			a.status = v.status(s)
		}
		d.Views = append(d.Views, a)
	}
	return d, nil
}

// ask returns the groups that have members. A view without by has a group even
// if no instance exposes its metric; status then says why it is empty.
func (v *view) ask(s aggregate.Snapshot, window aggregate.Window, levels []float64) ([]group, error) {
	switch v.kind {
	case gaugeKind:
		groups, err := v.gauge.At(s)
		return collect(groups, err, func(g *aggregate.GaugeGroup) group { return gaugeGroup(g, v.operation) })
	case histogramKind:
		groups, err := v.histogram.In(window)
		return collect(groups, err, func(g *aggregate.HistogramGroup) group { return histogramGroup(g, levels) })
	}
	groups, err := v.counter.In(window)
	return collect(groups, err, counterGroup)
}

func collect[G any](groups []G, err error, answer func(G) group) ([]group, error) {
	list := []group{}
	for _, g := range groups {
		if a := answer(g); len(a.Members) > 0 {
			list = append(list, a)
		}
	}
	return list, err
}

// status says why a view has no groups, such as a misspelt metric.
func (v *view) status(s aggregate.Snapshot) string {
	switch v.kind {
	case gaugeKind:
		return v.gauge.Status(s).String()
	case histogramKind:
		return v.histogram.Status(s).String()
	}
	return v.counter.Status(s).String()
}
