package cases

import (
	"fmt"

	"github.com/promfold/promfold"
	"github.com/promfold/promfold/aggregate"
)

// Every asks all that a view can be asked about the window of a question, and returns the answers by name.
func (f *Fleet) Every(a *Ask) (map[string]promfold.Estimate, error) {
	s := f.fleet.Snapshot(Epoch.Add(a.At))
	w := s.SinceStart()
	if a.Window != 0 {
		w = s.Last(a.Window)
	}
	groups, err := f.views[a.View].in(s, w)
	if err != nil {
		return nil, err
	}
	x := every{}
	for i, g := range groups {
		group := fmt.Sprintf("%d ", i)
		switch g := g.(type) {
		case *aggregate.CounterGroup:
			x.counter(group, g)
		case *aggregate.GaugeGroup:
			x.gauge(group, g)
		case *aggregate.HistogramGroup:
			x.counter(group, g.Observations())
			x.histogram(group, g)
		}
	}
	return x, nil
}

// every is answers by name.
type every map[string]promfold.Estimate

func (x every) add(name string, e promfold.Estimate, ok bool) {
	if ok {
		x[name] = e
	}
}

func (x every) member(name string, m aggregate.Member, ok bool) {
	x.add(name+m.Instance, m.Estimate, ok)
}

func (x every) counter(group string, g *aggregate.CounterGroup) {
	for name, ask := range map[string]func() (promfold.Estimate, bool){"increase": g.Increase, "rate": g.Rate, "ratenow": g.RateNow} {
		e, ok := ask()
		x.add(group+name, e, ok)
	}
	hottest, ok := g.Hottest()
	x.member(group+"hottest ", hottest, ok)
	greatest, ok := g.MaxIncrease()
	x.member(group+"greatest increase ", greatest, ok)
	for _, m := range g.Rates() {
		x.member(group+"rate ", m, true)
	}
	for _, m := range g.Increases() {
		x.member(group+"increase ", m, true)
	}
}

func (x every) gauge(group string, g *aggregate.GaugeGroup) {
	e, ok := g.Value()
	x.add(group+"value", e, ok)
	for name, ask := range map[string]func() (aggregate.Member, bool){"max ": g.Max, "min ": g.Min, "leader ": g.Leader} {
		m, ok := ask()
		x.member(group+name, m, ok)
	}
}

func (x every) histogram(group string, g *aggregate.HistogramGroup) {
	for name, ask := range map[string]func() (promfold.Estimate, bool){"sum": g.Sum, "mean": g.Mean} {
		e, ok := ask()
		x.add(group+name, e, ok)
	}
	for _, q := range []float64{0, .1, .5, .99, 1} {
		e, ok := g.Quantile(q)
		x.add(fmt.Sprint(group, "quantile ", q), e, ok)
		m, ok := g.WorstQuantile(q)
		x.member(fmt.Sprint(group, "worst quantile ", q, " "), m, ok)
	}
	for _, bound := range []float64{-1, 0, .3, 1, 5} {
		e, ok := g.Over(bound)
		x.add(fmt.Sprint(group, "over ", bound), e, ok)
	}
}
