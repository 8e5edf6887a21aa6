package aggregate

import (
	"math"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"

	"github.com/promfold/promfold/internal/growth"
	"github.com/promfold/promfold/internal/layout"
	"github.com/promfold/promfold/internal/lines"
)

// Unmerged is a series that no view of [Every] family takes, as nothing can be
// made of the instances' values: one without a type, which may be a counter, of
// which values of different ages are no sum, or anything else; and the
// quantiles of a summary, which are neither added nor averaged. That of one
// instance alone is known all the same.
type Unmerged struct {
	Labels    labels.Labels    // with __name__; the target's are put over the series' own
	Type      model.MetricType // unknown, or a summary
	Instances int              // that have it, of those alive

	// If it is one instance, what it says. A value that is no number is left
	// out: ok is false, the quantile is not there.
	Value     float64
	OK        bool
	Quantiles []layout.SummaryQuantile // of a summary, as they stand in the body
}

// Unmerged are those that the instances alive at a time (not before the last
// scrape) exposed last, by labels. All lines of the fleet are looked at.
func (f *Fleet) Unmerged(now time.Time) []Unmerged {
	f.mu.ask()
	defer f.mu.Unlock()
	e := now.UnixMilli()
	for _, in := range f.ordered {
		e = max(e, in.last)
	}
	byKey := map[string]*unmerged{}
	for _, in := range f.ordered {
		if !f.live(in, e) || !f.counts(in, e) {
			continue
		}
		body := growth.KnownBody{Columns: &in.cols}
		for pos := range in.cols.Len() {
			l := f.store.Line(in.cols.ID(pos))
			if l.Role != lines.Quantile && l.Family.Type != model.MetricTypeUnknown || body.Duplicate(pos) {
				continue
			}
			b := labels.NewBuilder(l.Labels)
			if l.Role == lines.Quantile {
				b.Del(model.QuantileLabel)
			}
			in.labels.Range(func(l labels.Label) { b.Set(l.Name, l.Value) })
			ls := b.Labels()
			key := string(l.Family.Type) + "\xff" + string(ls.Bytes(nil))
			u := byKey[key]
			if u == nil {
				u = &unmerged{Unmerged: Unmerged{Labels: ls, Type: l.Family.Type}}
				byKey[key] = u
			}
			u.take(in, l, in.cols.Value(pos))
		}
	}
	list := make([]Unmerged, 0, len(byKey))
	for _, u := range byKey {
		list = append(list, u.Unmerged)
	}
	slices.SortFunc(list, func(a, b Unmerged) int {
		if c := labels.Compare(a.Labels, b.Labels); c != 0 {
			return c
		}
		return strings.Compare(string(a.Type), string(b.Type))
	})
	return list
}

type unmerged struct {
	Unmerged
	of *instance // the last one
}

// take in what an instance says; what the second one does makes the first's
// unknown.
func (u *unmerged) take(in *instance, l *lines.Line, x float64) {
	if u.of != in {
		u.of = in
		u.Instances++
	}
	switch {
	case u.Instances > 1:
		u.Value, u.OK, u.Quantiles = 0, false, nil
	case math.IsNaN(x):
	case l.Role == lines.Quantile:
		if slices.ContainsFunc(u.Quantiles, func(q layout.SummaryQuantile) bool { return q.Level == l.Bound }) {
			return // spelled otherwise, it stands twice
		}
		u.Quantiles = append(u.Quantiles, layout.SummaryQuantile{Level: l.Bound, Value: x})
	case !u.OK:
		u.Value, u.OK = x, true
	}
}
