package main

import (
	"errors"
	"fmt"
	"math"

	"github.com/promfold/promfold"
	"github.com/promfold/promfold/aggregate"
)

// objects is what is stored. All servers count the same objects, so their
// numbers are one fact and never added up. Servers before 1.34 have it under
// another name, and some under both.
type objects struct{ kinds, before *aggregate.GaugeView }

func newObjects(d *declarer) question {
	of := func(metric string, by ...string) *aggregate.GaugeView {
		return d.gauge(aggregate.View{Select: metric, By: by, Combine: aggregate.Consensus, Sentinels: []float64{-1}})
	}
	q := &objects{of("apiserver_resource_objects", "group", "resource"), of("apiserver_storage_objects", "resource")}
	d.expose(func(e exposer) error {
		return errors.Join(
			e.Gauge("controlplane_objects", "Objects that are stored, by resource.", q.kinds),
			e.Gauge("controlplane_storage_objects", "Objects that are stored, by resource, as servers before 1.34 say.", q.before),
		)
	})
	return q
}

// kind returns the resource of a group, with its API group where it has one.
func kind(g *aggregate.GaugeGroup) string {
	name, group := g.Labels().Get("resource"), g.Labels().Get("group")
	if group != "" {
		name += "." + group
	}
	return name
}

func (q *objects) row(m *moment) Row {
	r := Row{ID: "objects", Question: "What is stored?", About: apiServers}
	s := m.of(apiServers)
	p := Panel{ID: "resources", Title: "Objects by resource", Chart: Lines, Key: "resource", Columns: []Column{{"objects", Count}},
		Note: "Servers count once a minute, so they may differ; the bounds hold what they say."}
	total := exactly(0)
	groups := s.gauges(q.kinds)
	if len(groups) == 0 {
		groups = s.gauges(q.before)
	}
	for _, g := range groups {
		v, ok := g.Value()
		if !ok {
			v = promfold.Estimate{Hi: math.Inf(1)} // no server knows it
		}
		total = total.plus(known(v, true))
		if v.Hi > 0 {
			p.add(kind(g), false, cell(known(v, ok)))
			r.Warnings = append(r.Warnings, g.Warnings()...)
		}
	}
	if len(p.Entries) == 0 {
		return r
	}
	r.Coverage = s.coverage.String()
	p.byValue()
	p.cut(10)
	r.figure("Objects", Count, total, "")
	r.raise(Fine, fmt.Sprintf("%s objects, most of them %s.", Count.says(total), p.Entries[0].Key))
	r.Panels = []Panel{p}
	for _, g := range groups {
		if kind(g) == p.Entries[0].Key {
			r.Explain = g.Explain()
		}
	}
	return r
}
