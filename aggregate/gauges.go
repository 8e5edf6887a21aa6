package aggregate

import (
	"fmt"
	"iter"
	"math"
	"slices"
	"strings"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/promfold/promfold/internal/exact"
	"github.com/promfold/promfold/internal/explain"
	"github.com/promfold/promfold/internal/gauge"
	"github.com/promfold/promfold/internal/growth"
)

// elect returns who leads, or why nobody does.
func elect(q *question) (leader string, said []string) {
	name, why := electionOf(q)
	if why != "" {
		return "", []string{why}
	}
	var list []gauge.Candidate
	for x, b := range q.possible(q.v.elects) {
		if since, ok := leads(b, x.in, name, q.m.opening); ok {
			list = append(list, gauge.Candidate{Name: x.in.name, Since: since, Last: x.in.last, Failed: x.silent})
		}
	}
	return gauge.Elect(list)
}

// election returns the name of the election in which the instances that expose
// the view's metric take part, or why there is not exactly one.
func electionOf(q *question) (name, why string) {
	var names []string
	for x, b := range q.possible(q.v) {
		in := x.in
		if len(b.Lines(in.plan)) == 0 {
			continue
		}
		c := in.bindings[q.v.elects.index]
		for _, e := range c.Lines(in.plan) {
			names = append(names, electionAt(c, e))
		}
	}
	slices.Sort(names)
	names = slices.Compact(names)
	switch len(names) {
	case 0:
		return "", "nobody says who leads: no " + q.v.elects.Selector.String()
	case 1:
		return names[0], ""
	}
	return "", "several elections, the view selects none: " + strings.Join(names, ", ")
}

// election is that of an electorate's line.
func electionAt(b *binding, e growth.GaugeLine) string {
	return b.labelsOf(int(e.Col)).Get(electionLabel)
}

// leads reports whether the last scrape of the instance says that it leads the
// election, and since when. An instance that joined after the first round of
// scrapes leads from its first scrape.
func leads(b *binding, in *instance, name string, opening int64) (since int64, ok bool) {
	for i, e := range b.Lines(in.plan) {
		if electionAt(b, e) != name || b.reading(in, i).Value != 1 {
			continue
		}
		since, ok = b.LastChange(int(e.Col), in.first, opening), true
	}
	return since, ok
}

// Usage against a limit that each instance has of its own (seats, quotas, file
// descriptors) is computed inside each instance, within one scrape. A ratio of
// two maxima or of two sums belongs to no instance: it shows 33 % or 50 % where
// one of two instances is at 98 %.
//
// Each series of the limit is matched with the sum of the view's series that
// have its labels; they may have more. The groups are those of the limit. Where
// an instance has several matches in a group, View.Within says what they make;
// else its value is the highest, or with Min the lowest.

// readShares gathers the shares of the limit. Limits that are missing, NaN, 0
// or less are left out and named, and so are instances without any value of the
// view. A match without a value counts as 0.
func (a *gaugeAnswer) readShares() {
	q := a.q
	within := gauge.Max
	if q.v.Combine == Min {
		within = gauge.Min
	}
	if q.v.Within != 0 {
		within = gauge.Combine(q.v.Within)
	}
	for x, den := range q.possible(q.v.limit) {
		in, num := x.in, x.in.bindings[q.v.index]
		said := a.common
		if !x.live() {
			said = explain.Exclusions{} // of those in doubt nothing is said
		}
		cols := make([]gauge.Body, len(den.Cols))
		for _, r := range matchInside(in, num, den, said) {
			g := a.group(den.labelsOf(int(r.col)))
			if why := r.refusal(in.exposes(num.view), q.v.Sentinels); why == "" {
				cols[r.col].Within = within
				cols[r.col].Add(r.num.Float64()/r.den, in.last, false)
			} else if x.live() {
				g.excluded.Add(why, in.name, 1)
			}
		}
		for c := range cols {
			if cols[c].Lines > 0 {
				a.group(den.labelsOf(c)).add(q, x, &cols[c], 0)
			}
		}
	}
}

// inside is one match: a series of the limit, and the sum of the values that
// have its labels.
type inside struct {
	labels labels.Labels
	col    uint32
	num    exact.Sum
	den    float64
}

// matchInside matches the series of one instance.
func matchInside(in *instance, num, den *binding, said explain.Exclusions) []*inside {
	var list []*inside
	byLabels := map[string]*inside{}
	names := map[string][]string{} // the sets of label names of the limits
	for i, e := range den.Lines(in.plan) {
		read := den.reading(in, i)
		ls := withoutName(read.Line.Labels)
		r := &inside{labels: ls, col: e.Col, den: read.Value}
		list = append(list, r)
		byLabels[string(ls.Bytes(nil))] = r
		set := namesOf(ls)
		names[fmt.Sprintf("%q", set)] = set
	}
	for i := range num.Lines(in.plan) {
		read, matched := num.reading(in, i), false
		x := read.Value
		if slices.Contains(num.view.Sentinels, x) {
			x = math.NaN()
		}
		for r := range matches(read.Line.Labels, names, byLabels) {
			r.num.Add(x)
			matched = true
		}
		if !matched {
			said.Add(explain.NoLimit, in.name, 1)
		}
	}
	return list
}

func namesOf(ls labels.Labels) []string {
	var list []string
	ls.Range(func(l labels.Label) { list = append(list, l.Name) })
	return list
}

// matches returns the limits whose labels the value has, all of them.
func matches(num labels.Labels, names map[string][]string, byLabels map[string]*inside) iter.Seq[*inside] {
	return func(yield func(*inside) bool) {
		for _, set := range names {
			r := byLabels[string(labels.NewBuilder(num).Keep(set...).Labels().Bytes(nil))]
			if r != nil && !yield(r) {
				return
			}
		}
	}
}

// refusal returns why a match is left out, or "".
func (r *inside) refusal(exposed bool, sentinels []float64) explain.Reason {
	n := r.num.Float64()
	switch {
	case !(r.den > 0) || slices.Contains(sentinels, r.den):
		return explain.BadLimit
	case !exposed:
		return explain.NoValue
	case math.IsNaN(n) || math.IsNaN(n/r.den):
		return explain.BadValue
	}
	return ""
}
