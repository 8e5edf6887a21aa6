package fleets

import (
	"fmt"
	"math"
	"sync"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/pmetric"
)

// extras are what points say besides their counts. A fleet has no place for it,
// and nothing of it has to be judged.
type extras struct {
	mu   sync.Mutex
	list map[string]*extra // by series of the answers: see seriesKey
}

// extra is what the points of one series of the answers said.
type extra struct {
	all    extremes // of all observations since the fleet began
	deltas extremes // of those in deltas, since the answer before

	exemplars pmetric.ExemplarSlice // since the answer before
}

// maxExemplars bounds how many exemplars of a series are in one answer.
const maxExemplars = 8

// extremes are the least and the greatest of some observations. They are known
// if each point that had observations told its own.
type extremes struct {
	Min, Max float64
	Some     bool // there were observations
	Vague    bool // and not all points told
}

// join returns the extremes of the observations of both.
func (e extremes) join(o extremes) extremes {
	if !e.Some || !o.Some {
		if o.Some {
			e.Min, e.Max, e.Some = o.Min, o.Max, true
		}
	} else {
		e.Min, e.Max = math.Min(e.Min, o.Min), math.Max(e.Max, o.Max)
	}
	e.Vague = e.Vague || o.Vague
	return e
}

// extremal is what a histogram's point has.
type extremal interface {
	Count() uint64
	HasMin() bool
	HasMax() bool
	Min() float64
	Max() float64
}

// extremesOf returns what a point tells.
func extremesOf(p extremal) extremes {
	if p.Count() == 0 {
		return extremes{}
	}
	e := extremes{Min: p.Min(), Max: p.Max(), Some: true}
	e.Vague = !p.HasMin() || !p.HasMax() || !(e.Min <= e.Max)
	return e
}

// anyOf returns the exemplars, or nil if there are none.
func anyOf(list pmetric.ExemplarSlice) *pmetric.ExemplarSlice {
	if list.Len() == 0 {
		return nil
	}
	some := list // nothing is allocated where there are none
	return &some
}

// note takes in what points of a scrape say that was taken in. A running total
// that began before the fleet has observations that are none of the fleet's.
func (f *fleet) note(points []point, instance labels.Labels) {
	f.extras.mu.Lock()
	defer f.extras.mu.Unlock()
	for i := range points {
		p := &points[i]
		if p.late || p.Histogram == nil && p.exemplars == nil {
			continue
		}
		x := f.extras.of(f.set.views.seriesOf(p, instance))
		if p.Histogram != nil {
			e := p.extremes
			e.Vague = e.Vague || e.Some && !p.Delta && f.sample(p).Start.IsZero()
			x.all = x.all.join(e)
			e.Vague = e.Vague || e.Some && !p.Delta
			x.deltas = x.deltas.join(e)
		}
		if p.exemplars != nil {
			x.add(*p.exemplars)
		}
	}
}

// of returns what is known of a series; mu is held.
func (x *extras) of(key string) *extra {
	e := x.list[key]
	if e == nil {
		if x.list == nil {
			x.list = map[string]*extra{}
		}
		e = &extra{exemplars: pmetric.NewExemplarSlice()}
		x.list[key] = e
	}
	return e
}

// add keeps the latest exemplars.
func (e *extra) add(list pmetric.ExemplarSlice) {
	for _, x := range list.All() {
		x.CopyTo(e.exemplars.AppendEmpty())
	}
	more := e.exemplars.Len() - maxExemplars
	e.exemplars.RemoveIf(func(pmetric.Exemplar) bool {
		more--
		return more >= 0
	})
}

// noted is what points of all types but summaries have.
type noted interface {
	Exemplars() pmetric.ExemplarSlice
}

// bounded is what a histogram's point takes.
type bounded interface {
	SetMin(float64)
	SetMax(float64)
}

// write writes what is known of a series to its point.
func (x *extras) write(to noted, key string, delta bool) {
	x.mu.Lock()
	defer x.mu.Unlock()
	e := x.list[key]
	if e == nil {
		return
	}
	e.exemplars.MoveAndAppendTo(to.Exemplars())
	known := e.all
	if delta {
		known, e.deltas = e.deltas, extremes{}
	}
	if h, ok := to.(bounded); ok && known.Some && !known.Vague {
		h.SetMin(known.Min)
		h.SetMax(known.Max)
	}
}

// seriesOf returns the key of the series in the answers that a point counts for.
func (v *views) seriesOf(p *point, instance labels.Labels) string {
	e := p.entry
	if e.series == "" {
		b := labels.NewBuilder(e.labels)
		instance.Range(func(l labels.Label) { b.Set(l.Name, l.Value) })
		for i, own := range v.names {
			if !own.MatchString(e.name) {
				continue
			}
			if x := &v.list[2*i]; len(x.By) > 0 {
				b.Keep(x.By...)
			} else {
				b.Del(x.Without...)
			}
			break
		}
		e.series = seriesKey(e.name, b.Labels())
	}
	return e.series
}

// seriesKey returns the key of a series in the answers.
func seriesKey(family string, ls labels.Labels) string {
	return family + "\xff" + string(labels.NewBuilder(ls).Del(model.MetricNameLabel).Labels().Bytes(nil))
}

// saved returns the extremes to be saved.
func (x *extras) saved() map[string]extremes {
	x.mu.Lock()
	defer x.mu.Unlock()
	m := map[string]extremes{}
	for key, e := range x.list {
		if e.all.Some {
			m[key] = e.all
		}
	}
	return m
}

// learn takes in the extremes that a frame knows. That of a leaf does not say
// what was in the deltas.
func (x *extras) learn(all map[string]extremes, leaf bool) {
	x.mu.Lock()
	defer x.mu.Unlock()
	for key, e := range all {
		o := x.of(key)
		o.all = o.all.join(e)
		o.deltas.Vague = o.deltas.Vague || leaf
	}
}

// add takes in exemplars, by series.
func (x *extras) add(list map[string]pmetric.ExemplarSlice) {
	x.mu.Lock()
	defer x.mu.Unlock()
	for key, some := range list {
		x.of(key).add(some)
	}
}

// take returns the exemplars since the answer before, by series.
func (x *extras) take() map[string]pmetric.ExemplarSlice {
	x.mu.Lock()
	defer x.mu.Unlock()
	list := map[string]pmetric.ExemplarSlice{}
	for key, e := range x.list {
		if e.exemplars.Len() > 0 {
			list[key], e.exemplars = e.exemplars, pmetric.NewExemplarSlice()
		}
	}
	return list
}

// exemplarsKey is the attribute that names the series of exemplars in a frame.
const exemplarsKey = "series"

// bytesOf returns exemplars as metrics.
func bytesOf(list map[string]pmetric.ExemplarSlice) ([]byte, error) {
	if len(list) == 0 {
		return nil, nil
	}
	md := pmetric.NewMetrics()
	points := md.ResourceMetrics().AppendEmpty().ScopeMetrics().AppendEmpty().Metrics().AppendEmpty().SetEmptyGauge().DataPoints()
	for _, key := range sortedKeys(list) {
		p := points.AppendEmpty()
		p.Attributes().PutEmptyBytes(exemplarsKey).FromRaw([]byte(key))
		list[key].CopyTo(p.Exemplars())
	}
	return new(pmetric.ProtoMarshaler).MarshalMetrics(md)
}

// exemplarsOf reads what bytesOf writes. It believes nothing: the bytes came over
// the network.
func exemplarsOf(b []byte) (map[string]pmetric.ExemplarSlice, error) {
	md, err := new(pmetric.ProtoUnmarshaler).UnmarshalMetrics(b)
	if err != nil {
		return nil, fmt.Errorf("%w: exemplars: %w", errFrame, err)
	}
	list := map[string]pmetric.ExemplarSlice{}
	for _, rm := range md.ResourceMetrics().All() {
		for _, sm := range rm.ScopeMetrics().All() {
			for _, m := range sm.Metrics().All() {
				if m.Type() != pmetric.MetricTypeGauge {
					return nil, fmt.Errorf("%w: exemplars of a %s", errFrame, m.Type())
				}
				for _, p := range m.Gauge().DataPoints().All() {
					key, ok := p.Attributes().Get(exemplarsKey)
					if !ok || key.Type() != pcommon.ValueTypeBytes {
						return nil, fmt.Errorf("%w: exemplars without a series", errFrame)
					}
					list[string(key.Bytes().AsRaw())] = p.Exemplars()
				}
			}
		}
	}
	return list, nil
}
