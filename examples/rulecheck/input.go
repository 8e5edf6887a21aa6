package main

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/prometheus/promql/parser"

	"github.com/promfold/promfold/aggregate"
)

// input is what the instances of a small fleet expose in a window: one scrape
// each at every moment, the last one at the window's end.
type input struct {
	window, step time.Duration
	moments      int
	rows         []row
	restarts     map[string]int  // by instance: the moment at which it answers anew
	need, vary   map[string]bool // labels that an expression groups by; those that differ between the instances
	words        []string        // what happens, for a reader
}

// row is one series of one instance.
type row struct {
	instance, name, family, kind string
	labels                       map[string]string
	values                       []float64
}

// steps is how many scrapes the longest range of an expression holds.
const steps = 20

// newInput returns an input without series, as long as the longest range in e.
// Labels that e groups by and outer does not are those that differ between
// instances.
func newInput(e parser.Expr, outer []string) *input {
	in := &input{window: 5 * time.Minute, restarts: map[string]int{}, need: map[string]bool{}, vary: map[string]bool{"instance": true}}
	longest := time.Duration(0)
	parser.Inspect(e, func(n parser.Node, _ []parser.Node) error {
		switch n := n.(type) {
		case *parser.MatrixSelector:
			longest = max(longest, n.Range)
		case *parser.VectorSelector:
			longest = max(longest, n.OriginalOffset)
		case *parser.SubqueryExpr:
			longest = max(longest, n.Range)
		case *parser.AggregateExpr:
			if !n.Without {
				in.group(n.Grouping, outer)
			}
		case *parser.BinaryExpr:
			if m := n.VectorMatching; m != nil && m.On {
				in.group(m.MatchingLabels, outer)
			}
		}
		return nil
	})
	if longest > 0 {
		in.window = longest
	}
	in.step = (in.window / steps).Truncate(time.Millisecond)
	in.moments = steps + 1
	return in
}

func (in *input) group(names, outer []string) {
	for _, l := range names {
		if l == "le" || l == "quantile" || l == "instance" {
			continue
		}
		in.need[l] = true
		if !slices.Contains(outer, l) {
			in.vary[l] = true
		}
	}
}

// end is the moment of every question, and a multiple of any step of a subquery.
var end = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

func (in *input) at(i int) time.Time {
	return end.Add(-time.Duration(in.moments-1-i) * in.step)
}

// half is the moment in the middle.
func (in *input) half() int { return in.moments / 2 }

// add adds what instance exposes for a selector, of which value is the reading
// at each moment; NaN is none.
func (in *input) add(instance string, s *parser.VectorSelector, kind string, value func(i int) float64) {
	in.addNamed(instance, s.Name, s.Name, kind, in.labelsOf(s, instance), value)
}

func (in *input) addNamed(instance, name, family, kind string, ls map[string]string, value func(i int) float64) {
	r := row{instance: instance, name: name, family: family, kind: kind, labels: ls}
	for i := range in.moments {
		r.values = append(r.values, value(i))
	}
	for _, old := range in.rows {
		if old.instance == instance && old.name == name && maps.Equal(old.labels, ls) {
			return // two selectors of an expression may select one series
		}
	}
	in.rows = append(in.rows, r)
}

var bounds = []string{"0.1", "1", "10", "+Inf"}

// addHistogram adds a histogram for a selector of its buckets. perStep returns
// how many observations there are up to each bound, at each moment.
func (in *input) addHistogram(instance string, s *parser.VectorSelector, upTo func(i int) [4]float64, sum func(i int) float64) {
	family := base(s.Name)
	ls := in.labelsOf(s, instance)
	for k, le := range bounds {
		with := maps.Clone(ls)
		with["le"] = le
		in.addNamed(instance, family+"_bucket", family, "histogram", with, func(i int) float64 { return upTo(i)[k] })
	}
	in.addNamed(instance, family+"_sum", family, "histogram", ls, sum)
	in.addNamed(instance, family+"_count", family, "histogram", ls, func(i int) float64 { return upTo(i)[3] })
}

// say adds a sentence on what happens.
func (in *input) say(format string, args ...any) {
	in.words = append(in.words, fmt.Sprintf(format, args...))
}

// instances returns the names, sorted.
func (in *input) instances() []string {
	names := map[string]bool{}
	for _, r := range in.rows {
		names[r.instance] = true
	}
	return slices.Sorted(maps.Keys(names))
}

// body returns what an instance exposes at a moment; empty if nothing.
func (in *input) body(instance string, i int) string {
	var b strings.Builder
	family := ""
	for _, r := range in.rows {
		if r.instance != instance || math.IsNaN(r.values[i]) {
			continue
		}
		if r.family != family {
			fmt.Fprintf(&b, "# TYPE %s %s\n", r.family, r.kind)
			family = r.family
		}
		fmt.Fprintf(&b, "%s%s %g\n", r.name, inBraces(r.labels), r.values[i])
	}
	return b.String()
}

func inBraces(ls map[string]string) string {
	if len(ls) == 0 {
		return ""
	}
	var parts []string
	for _, k := range slices.Sorted(maps.Keys(ls)) {
		parts = append(parts, fmt.Sprintf("%s=%q", k, ls[k]))
	}
	return "{" + strings.Join(parts, ",") + "}"
}

// ingest lets a fleet scrape everything.
func (in *input) ingest(f *aggregate.Fleet) error {
	for i := range in.moments {
		for k, name := range in.instances() {
			body := in.body(name, i)
			if body == "" {
				continue
			}
			start := in.at(0).Add(-time.Duration(k+1) * time.Minute)
			if anew, ok := in.restarts[name]; ok && i >= anew {
				start = in.at(anew).Add(-in.step / 2)
			}
			if _, err := f.Ingest(aggregate.Scrape{Target: name, Time: in.at(i), Start: start, Body: []byte(body)}); err != nil {
				return err
			}
		}
	}
	return nil
}

// describe returns the input in words: what happens, then each series.
func (in *input) describe() []string {
	lines := slices.Clone(in.words)
	for _, r := range in.rows {
		if r.kind == "histogram" && !strings.HasSuffix(r.name, "_bucket") {
			continue
		}
		lines = append(lines, fmt.Sprintf("%s: %s%s %s", r.instance, r.name, inBraces(r.labels), readings(r.values)))
	}
	return append(lines, fmt.Sprintf("%d scrapes, %s apart", in.moments, short(in.step)))
}

// readings writes values as first, …, last, with what stands around a fall.
func readings(values []float64) string {
	var parts []string
	dots := false
	for i, v := range values {
		falls := i > 0 && !(v >= values[i-1]) || i+1 < len(values) && !(values[i+1] >= v)
		if i > 1 && i < len(values)-1 && !falls || constant(values) && i > 0 {
			if !dots && !constant(values) {
				parts = append(parts, "…")
			}
			dots = true
			continue
		}
		dots = false
		if math.IsNaN(v) {
			parts = append(parts, "gone")
		} else {
			parts = append(parts, fmt.Sprintf("%g", v))
		}
		if len(parts) > 9 {
			return strings.Join(append(parts, "…"), " ")
		}
	}
	return strings.Join(parts, " ")
}

func constant(values []float64) bool {
	for _, v := range values {
		if v != values[0] {
			return false
		}
	}
	return true
}

// short writes a duration without zero parts.
func short(d time.Duration) string {
	s := d.String()
	s = strings.TrimSuffix(s, "m0s") + map[bool]string{true: "m"}[strings.HasSuffix(s, "m0s")]
	return strings.TrimSuffix(s, "h0m") + map[bool]string{true: "h"}[strings.HasSuffix(s, "h0m")]
}

// sort orders the rows by instance; those of one instance stay as they are.
func (in *input) sort() {
	slices.SortStableFunc(in.rows, func(x, y row) int { return strings.Compare(x.instance, y.instance) })
}
