package main

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/promfold/promfold/aggregate"
	"github.com/promfold/promfold/parse"
)

// begin is when each world begins; no clock is read.
var begin = time.Unix(1_700_000_000, 0)

const (
	interval  = 15 * time.Second
	innocents = 3
)

// world is a fleet of three innocent instances, and what a hostile one did to it.
type world struct {
	config aggregate.Config
	fleet  *aggregate.Fleet
	views  views
	round  int

	sent, refused int
	seen          string // what the caller saw, first
	loaded        string // what Load said of the state
	state         int    // bytes
}

// views are what the fleet is asked; each is grouped by the target's label "who".
type views struct {
	calls    *aggregate.CounterView
	seconds  *aggregate.HistogramView
	memory   *aggregate.GaugeView
	hostile  *aggregate.CounterView
	anything *aggregate.EverythingView
}

func newWorld(c aggregate.Config) (*world, error) {
	w := &world{config: c}
	var err error
	if w.fleet, err = aggregate.NewFleet(c); err != nil {
		return nil, err
	}
	if w.views, err = declare(w.fleet); err != nil {
		return nil, err
	}
	return w, w.fleet.SetTargets(begin, targets()...)
}

// declare declares the views; those of everything and of hostile_total select
// what the hostile target sends.
func declare(f *aggregate.Fleet) (v views, err error) {
	who := []string{"who"}
	var errs [5]error
	v.calls, errs[0] = f.Counter(aggregate.View{Select: "calls_total", By: who})
	v.seconds, errs[1] = f.Histogram(aggregate.View{Select: "seconds", By: who})
	v.memory, errs[2] = f.Gauge(aggregate.View{Select: "memory_bytes", By: who, Combine: aggregate.Sum})
	v.hostile, errs[3] = f.Counter(aggregate.View{Select: "hostile_total", By: []string{"l"}})
	v.anything, errs[4] = f.Everything(aggregate.View{})
	return v, errors.Join(errs[:]...)
}

func targets() (list []aggregate.Target) {
	for i := range innocents {
		list = append(list, target(fmt.Sprint("innocent-", i)))
	}
	return list // nobody expects the hostile one
}

func target(name string) aggregate.Target {
	return aggregate.Target{Name: name, Labels: labels.FromStrings("who", name)}
}

func (w *world) now() time.Time { return begin.Add(time.Duration(w.round) * interval) }

// next scrapes the innocent instances once more.
func (w *world) next() error {
	w.round++
	for i := range innocents {
		n := w.round * (i + 1)
		body := fmt.Appendf(nil, `# TYPE calls_total counter
calls_total{code="200"} %d
calls_total{code="500"} %d
# TYPE seconds histogram
seconds_bucket{le="0.1"} %d
seconds_bucket{le="1"} %d
seconds_bucket{le="+Inf"} %d
seconds_sum %g
seconds_count %d
# TYPE memory_bytes gauge
memory_bytes %d
# TYPE process_start_time_seconds gauge
process_start_time_seconds %d
`, 10*n, n, 7*n, 9*n, 10*n, float64(n)*0.7, 10*n, 1000+n%7, begin.Unix()-100)
		if _, err := w.fleet.Ingest(aggregate.Scrape{Target: fmt.Sprint("innocent-", i), Time: w.now(), Body: body}); err != nil {
			return fmt.Errorf("an innocent scrape is refused: %w", err)
		}
	}
	return nil
}

// send sends a body as the hostile target's.
func (w *world) send(body []byte, header ...string) { w.sendAs("hostile", w.now(), body, header...) }

// sendAs sends a body; header are names and values in turn.
func (w *world) sendAs(name string, at time.Time, body []byte, header ...string) {
	h := http.Header{}
	for i := 0; i < len(header); i += 2 {
		h.Set(header[i], header[i+1])
	}
	r, err := w.fleet.Ingest(aggregate.Scrape{Target: name, Time: at, Header: h, Body: body})
	w.saw(r, err)
}

func (w *world) saw(r aggregate.Report, err error) {
	w.sent++
	if err != nil {
		w.refused++
	}
	if w.seen != "" && (err == nil || w.refused > 1) {
		return // told already
	}
	switch {
	case err != nil:
		kind := "error"
		var at *parse.Error
		switch {
		case errors.Is(err, parse.ErrLimit):
			kind = "parse.ErrLimit"
		case errors.Is(err, aggregate.ErrLimit):
			kind = "aggregate.ErrLimit"
		case errors.As(err, &at):
			kind = "*parse.Error"
		}
		w.seen = kind + ": " + shortened(err.Error(), 90)
	case len(r.Warnings) > 0:
		w.seen = "taken in, with a warning: " + shortened(r.Warnings[0], 80)
	}
}

// shortened is a text of one printable line, at most n bytes long.
func shortened(s string, n int) string {
	s = strings.Trim(fmt.Sprintf("%q", s), `"`)
	if len(s) > n {
		s = s[:n-1] + "…"
	}
	return strings.ReplaceAll(s, "|", "/")
}

// answers are all bits of what is asked of the innocent instances.
func (w *world) answers() (string, error) { return ask(w.fleet, w.views, w.now()) }

func ask(f *aggregate.Fleet, v views, now time.Time) (string, error) {
	var out strings.Builder
	last := f.Snapshot(now).Last(5 * interval)
	calls, err := v.calls.In(last)
	if err != nil {
		return "", err
	}
	for _, g := range calls {
		if !strings.HasPrefix(g.Labels().Get("who"), "innocent") {
			continue
		}
		increase, _ := g.Increase()
		rate, _ := g.Rate()
		current, _ := g.RateNow()
		fmt.Fprintln(&out, g.Labels(), bits(increase.Lo, increase.Value, increase.Hi, rate.Lo, rate.Value, rate.Hi, current.Lo, current.Value, current.Hi))
	}
	seconds, err := v.seconds.In(last)
	if err != nil {
		return "", err
	}
	for _, g := range seconds {
		if !strings.HasPrefix(g.Labels().Get("who"), "innocent") {
			continue
		}
		p99, _ := g.Quantile(0.99)
		over, _ := g.Over(0.1)
		fmt.Fprintln(&out, g.Labels(), bits(p99.Lo, p99.Value, p99.Hi, over.Lo, over.Value, over.Hi))
	}
	memory, err := v.memory.At(f.Snapshot(now))
	if err != nil {
		return "", err
	}
	for _, g := range memory {
		if strings.HasPrefix(g.Labels().Get("who"), "innocent") {
			x, _ := g.Value()
			fmt.Fprintln(&out, g.Labels(), bits(x.Lo, x.Value, x.Hi))
		}
	}
	return out.String(), nil
}

// bits prints numbers to the last bit.
func bits(x ...float64) string { return fmt.Sprintf("%x", x) }

// hold reports whether the answers are the wanted ones, also of the fleet that is
// saved and loaded again, with the configuration it has and with a larger limit.
func (w *world) hold(want string) error {
	switch got, err := w.answers(); {
	case err != nil:
		return err
	case got != want:
		return errors.New("other answers about the others")
	}
	var b bytes.Buffer
	if err := w.fleet.Save(&b); err != nil {
		return fmt.Errorf("save: %w", err)
	}
	w.state = b.Len()
	w.fleet, w.views = nil, views{} // one fleet at a time: the peak is that of the fault
	larger := w.config
	larger.MaxBytes = 4 << 30
	for _, c := range []aggregate.Config{w.config, larger} {
		f, err := aggregate.Load(bytes.NewReader(b.Bytes()), c)
		if err != nil {
			return fmt.Errorf("load: %w", err)
		}
		v, err := declare(f)
		if err != nil {
			return err
		}
		got, err := ask(f, v, w.now())
		if err != nil {
			return err
		}
		if got != want {
			return errors.New("a loaded fleet answers something else")
		}
	}
	return nil
}
