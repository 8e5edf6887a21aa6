package fold

import (
	"github.com/prometheus/prometheus/model/labels"

	"github.com/promfold/promfold/internal/growth"
	"github.com/promfold/promfold/internal/layout"
	"github.com/promfold/promfold/internal/window"
)

// Drafts are the columns that a scrape on its way in adds to the bindings of an
// instance, one for each view; the bindings are as they were until Adopt. They are
// the [growth.Columns] of its next plan.
type Drafts struct {
	Route  *growth.Route
	Target labels.Labels // of the instance
	Set    *window.Set   // of layouts

	bound []*Binding
	list  []*window.Draft
}

// Add begins the draft of a binding; its view is the next one.
func (d *Drafts) Add(b *Binding) {
	d.bound, d.list = append(d.bound, b), append(d.list, b.Draft())
}

// Since, Group, Column, Native and Layout are what a plan asks for.
func (d *Drafts) Since(view int) int64 { return d.bound[view].Since }

func (d *Drafts) Group(view, group int32) int32 {
	v := d.bound[view].View
	return v.Groups.Number(v.Selection.Over(d.Route.Group(view, group), d.Target))
}

func (d *Drafts) Column(view, group int32, l *layout.Layout) int32 {
	return d.list[view].Column(window.Key{Group: group, Layout: d.bound[view].View.layout(l)})
}

func (d *Drafts) Native(view, group int32, n *layout.Native) int32 {
	return d.list[view].Native(d.bound[view].View.Set, group, n)
}

func (d *Drafts) Layout(bounds []float64) *layout.Layout { return d.Set.Layout(bounds) }

// Need returns by how many bytes what the bindings hold grows with the next plan.
// The first n bindings are in use, under a plan.
func (d *Drafts) Need(next, plan *growth.Plan, n int) (bytes int64) {
	for i, b := range d.bound {
		if v := b.View; v.Kind == growth.Gauge {
			bytes += v.Column() * int64(next.Columns(i, len(d.list[i].Cols)))
		} else {
			bytes += d.list[i].Bytes(v.Spare)
		}
		if i < n {
			bytes -= b.Bytes(plan)
		}
	}
	return bytes
}

// Adopt makes the columns those of the bindings, the first n of which are in use.
func (d *Drafts) Adopt(n int) {
	for i, b := range d.bound {
		if d.list[i].Changed() || i >= n {
			d.list[i].Adopt()
		}
		b.Fit()
	}
}
