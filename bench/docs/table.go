package main

import (
	"fmt"
	"math"
	"strings"

	"github.com/promfold/promfold"
	"github.com/promfold/promfold/aggregate"
)

// same is how far two answers to one question may lie apart and still be the
// same: PromQL extrapolates to the ends of a window, and the library does not.
const same = 0.02

// table asks everything and writes the rows.
func (r *recorded) table() (string, error) {
	var b strings.Builder
	for _, part := range []struct {
		title     string
		questions []question
	}{{"Counters", counters()}, {"Histograms", histograms()}, {"Gauges", gauges()}} {
		fmt.Fprintf(&b, "\n### %s\n\n| PromQL | answers | promfold | answers | difference |\n|---|---|---|---|---|\n", part.title)
		for _, q := range part.questions {
			row, err := r.row(q)
			if err != nil {
				return "", err
			}
			b.WriteString(row)
		}
	}
	b.WriteByte('\n')
	return b.String(), nil
}

func (r *recorded) row(q question) (string, error) {
	query := strings.ReplaceAll(q.promql, "|", `\|`)
	theirs, answered, err := r.ask(r.written(q), r.last)
	if err != nil {
		return "", err
	}
	ours, ok, err := r.ours(q)
	if err != nil {
		return "", err
	}
	if q.lb {
		query += " of the balancer"
	}
	left, right, off := "nothing", "–", ""
	if answered {
		left = number(theirs)
	}
	if ok {
		right = written(ours)
	}
	switch {
	case q.wrong != "" && (!ok || !answered || math.IsNaN(theirs)):
		off = "wrong: " + q.wrong
	case q.wrong != "":
		off = fmt.Sprintf("**%s**: %s", percent(theirs, ours.Value), q.wrong)
	case answered && ok && math.Abs(theirs-ours.Value) > same*math.Abs(ours.Value):
		off = percent(theirs, ours.Value)
	}
	return fmt.Sprintf("| `%s` | %s | %s | %s | %s |\n", query, left, q.call, right, off), nil
}

// written returns the query as the engine takes it: C and H are the names of
// the table, and each question is about one job.
func (r *recorded) written(q question) string {
	job := "apiserver"
	if q.lb {
		job = "lb"
	}
	text := strings.NewReplacer("C[", total+"[", "C{", total+"{", "C)", total+")", "C offset", total+" offset",
		"H_bucket", dur+"_bucket", "H_sum", dur+"_sum", "H_count", dur+"_count", "up == 1", "process_start_time_seconds").Replace(q.promql)
	return withJob(text, job)
}

// ours returns the library's answer; false if there is none.
func (r *recorded) ours(q question) (promfold.Estimate, bool, error) {
	if q.ask == nil {
		return promfold.Estimate{}, false, nil
	}
	f, err := aggregate.NewFleet(aggregate.Config{Window: window})
	if err != nil {
		return promfold.Estimate{}, false, err
	}
	ask, err := q.ask(f)
	if err != nil {
		return promfold.Estimate{}, false, fmt.Errorf("%s: %w", q.call, err)
	}
	if err := r.replay(f, q.lb, nil); err != nil {
		return promfold.Estimate{}, false, err
	}
	s := f.Snapshot(r.last)
	return ask(s.Last(window), s)
}

func number(x float64) string {
	switch a := math.Abs(x); {
	case a >= 1e6:
		return fmt.Sprintf("%.4g million", x/1e6)
	case a >= 1000 || x == math.Trunc(x):
		return fmt.Sprintf("%.0f", x)
	default:
		return fmt.Sprintf("%.3g", x)
	}
}

func written(e promfold.Estimate) string {
	if e.Exact() {
		return number(e.Value)
	}
	hi := "∞"
	if !math.IsInf(e.Hi, 1) {
		hi = number(e.Hi)
	}
	return fmt.Sprintf("%s [%s, %s]", number(e.Value), number(e.Lo), hi)
}

// percent writes how far x is from the truth; beyond the double as a factor.
func percent(x, truth float64) string {
	switch f := x / truth; {
	case truth == 0:
		return number(x)
	case f >= 2:
		return fmt.Sprintf("× %.3g", f)
	case x == truth:
		return "0"
	default:
		return fmt.Sprintf("%+.1f %%", 100*(f-1))
	}
}
