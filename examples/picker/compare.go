package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"time"

	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	dto "github.com/prometheus/client_model/go"

	"github.com/promfold/promfold/examples/internal/example"
)

// readExpfmt is replica.read with expfmt, which makes all families of a body anew.
func (r *replica) readExpfmt(at time.Time, body []byte) error {
	p := expfmt.NewTextParser(model.UTF8Validation)
	families, err := p.TextToMetricFamilies(bytes.NewReader(body))
	if err != nil {
		r.fail(err)
		return err
	}
	var l load
	for _, name := range wanted {
		for _, m := range families[name].GetMetric() {
			switch families[name].GetType() {
			case dto.MetricType_GAUGE:
				l.add(name, m.GetGauge().GetValue())
			case dto.MetricType_HISTOGRAM:
				count := float64(m.GetHistogram().GetSampleCount())
				l.all += count
				l.slow += count
				for _, b := range m.GetHistogram().GetBucket() {
					if b.GetUpperBound() == 1 {
						l.slow -= float64(b.GetCumulativeCount())
					}
				}
			}
		}
	}
	r.set(at, l)
	return nil
}

// result is what reading with one parser cost.
type result struct {
	With     string  `json:"with"`
	Replicas int     `json:"replicas"`
	Reads    int     `json:"reads"`
	Micros   float64 `json:"cpu_us_a_read"`
	CPU      float64 `json:"cpu_seconds_a_second"` // for all replicas of the run, at the asked interval
	Picks    int     `json:"picks"`
	OfFailed int     `json:"picks_of_the_failed"`
}

// cores is how many goroutines read.
const cores = 2

// compare measures both parsers in turn.
func compare(ctx context.Context, o options, screen *example.Screen) error {
	bodies := makeBodies(o.replicas)
	ours := measure(ctx, o, bodies, "parse", func(r *replica, at time.Time, body []byte) error { return r.read(at, nil, body) })
	theirs := func(r *replica, at time.Time, body []byte) error { return r.readExpfmt(at, body) }
	trial := measure(ctx, options{Live: o.Live, length: o.Interval}, bodies[:2], "", theirs)
	carried := len(bodies)
	if trial.Micros > 0 {
		carried = min(carried, max(2, int(cores*float64(o.Interval.Microseconds())/trial.Micros)))
	}
	other := measure(ctx, o, bodies[:carried], "expfmt", theirs)
	if ctx.Err() != nil {
		return nil
	}
	results := []result{ours, other}
	if err := screen.Show(results, func() []example.Line { return table(o, results) }, true); err != nil {
		return err
	}
	if ours.OfFailed+other.OfFailed > 0 || ours.Picks == 0 {
		return errors.New("a replica that failed was picked, or none was")
	}
	return nil
}

func table(o options, results []result) []example.Line {
	var t example.Table
	t.Left("read with")
	t.Right("replicas", "reads", "CPU a read", "CPU s/s", "CPU s/s of "+strconv.Itoa(o.replicas), "picks", "of the failed")
	for _, r := range results {
		all := r.Micros * float64(o.replicas) / float64(o.Interval.Microseconds())
		t.Row(r.With, strconv.Itoa(r.Replicas), strconv.Itoa(r.Reads), fmt.Sprintf("%.1f µs", r.Micros), fmt.Sprintf("%.2f", r.CPU), fmt.Sprintf("%.2f", all),
			strconv.Itoa(r.Picks), strconv.Itoa(r.OfFailed))
	}
	lines := append([]example.Line{{example.Bold(fmt.Sprintf("%d lines a body, a read every %s, least loaded by queue and cache", bodyLines, o.Interval))}}, t.Lines()...)
	if a, b := results[0].Micros, results[1].Micros; a > 0 {
		lines = append(lines, example.Line{example.Normal(fmt.Sprintf("  a read costs expfmt %.0f times as much", b/a))})
	}
	return lines
}

// measure reads the bodies of replicas for a while, each in turn at its interval,
// and picks after each round. The first replica fails every second round; a
// choice of it while it does is counted. The time of a read is that of its round,
// so no load is old only because the machine is busy.
func measure(ctx context.Context, o options, bodies [][][]byte, with string, read func(*replica, time.Time, []byte) error) result {
	p := newPicker(o.Interval)
	for i := range bodies {
		p.add(fmt.Sprintf("replica-%d", i))
	}
	round := func(n int, at time.Time) (reads int) {
		var all sync.WaitGroup
		for first := range cores {
			all.Go(func() {
				for i := first; i < len(bodies); i += cores {
					r := p.replicas[i]
					if i == 0 && n%2 == 1 {
						r.fail(errors.New("connection refused"))
						continue
					}
					_ = read(r, at, bodies[i][n%len(bodies[i])]) // the replica keeps the error
				}
			})
		}
		all.Wait()
		return len(bodies) - n%2
	}
	begin := time.Now()
	round(0, begin) // the first body of each is not measured
	out, spent := result{With: with, Replicas: len(bodies)}, time.Duration(0)
	ticker := time.NewTicker(o.Interval)
	defer ticker.Stop()
	measured := time.Now()
	for n := range max(1, int(o.length/o.Interval)) {
		at := begin.Add(time.Duration(n+1) * o.Interval)
		before := cpuTime()
		out.Reads += round(n+1, at)
		spent += cpuTime() - before
		if c, ok := p.pick(at); ok {
			out.Picks++
			if c.Replica == p.replicas[0].name && p.replicas[0].failed != nil {
				out.OfFailed++
			}
		}
		select {
		case <-ctx.Done():
			return out
		case <-ticker.C:
		}
	}
	out.Micros = float64(spent.Nanoseconds()) / 1000 / float64(max(1, out.Reads))
	out.CPU = spent.Seconds() / time.Since(measured).Seconds()
	return out
}
