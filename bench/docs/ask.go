package main

import (
	"time"

	"github.com/promfold/promfold"
	"github.com/promfold/promfold/aggregate"
)

// window is what all questions are about. Within it one server is restarted and
// one is killed.
const window = 3 * time.Minute

// answer asks a declared view.
type answer func(w aggregate.Window, s aggregate.Snapshot) (promfold.Estimate, bool, error)

// declare declares a view and returns what asks it.
type declare func(f *aggregate.Fleet) (answer, error)

func exactly(v float64, ok bool) (promfold.Estimate, bool) {
	return promfold.Estimate{Value: v, Lo: v, Hi: v}, ok
}

func ofMember(m aggregate.Member, ok bool) (promfold.Estimate, bool) { return m.Estimate, ok }

// single returns the answer of the only group.
func single[G any](groups []G, err error, read func(G) (promfold.Estimate, bool)) (promfold.Estimate, bool, error) {
	if err != nil || len(groups) != 1 {
		return promfold.Estimate{}, false, err
	}
	e, ok := read(groups[0])
	return e, ok, nil
}

func counter(v aggregate.View, read func(*aggregate.CounterGroup) (promfold.Estimate, bool)) declare {
	return func(f *aggregate.Fleet) (answer, error) {
		view, err := f.Counter(v)
		return func(w aggregate.Window, _ aggregate.Snapshot) (promfold.Estimate, bool, error) {
			groups, err := view.In(w)
			return single(groups, err, read)
		}, err
	}
}

func distribution(v aggregate.View, read func(*aggregate.HistogramGroup) (promfold.Estimate, bool)) declare {
	return func(f *aggregate.Fleet) (answer, error) {
		view, err := f.Histogram(v)
		return func(w aggregate.Window, _ aggregate.Snapshot) (promfold.Estimate, bool, error) {
			groups, err := view.In(w)
			return single(groups, err, read)
		}, err
	}
}

func gauge(v aggregate.View, read func(*aggregate.GaugeGroup) (promfold.Estimate, bool)) declare {
	return func(f *aggregate.Fleet) (answer, error) {
		view, err := f.Gauge(v)
		return func(_ aggregate.Window, s aggregate.Snapshot) (promfold.Estimate, bool, error) {
			groups, err := view.At(s)
			return single(groups, err, read)
		}, err
	}
}

func over(v aggregate.View, read func(*aggregate.GaugeRange) (promfold.Estimate, bool)) declare {
	v.Window = window
	return func(f *aggregate.Fleet) (answer, error) {
		view, err := f.Gauge(v)
		return func(w aggregate.Window, _ aggregate.Snapshot) (promfold.Estimate, bool, error) {
			groups, err := view.Over(w)
			return single(groups, err, read)
		}, err
	}
}

func ratio(num, den aggregate.View) declare {
	return func(f *aggregate.Fleet) (answer, error) {
		view, err := f.Ratio(num, den)
		return func(w aggregate.Window, _ aggregate.Snapshot) (promfold.Estimate, bool, error) {
			groups, err := view.In(w)
			return single(groups, err, (*aggregate.RatioGroup).Ratio)
		}, err
	}
}

func coverage(read func(aggregate.Coverage) int) declare {
	return func(f *aggregate.Fleet) (answer, error) {
		return func(_ aggregate.Window, s aggregate.Snapshot) (promfold.Estimate, bool, error) {
			e, ok := exactly(float64(read(s.Coverage())), true)
			return e, ok, nil
		}, nil
	}
}
