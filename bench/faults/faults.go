package main

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/promfold/promfold/aggregate"
	"github.com/promfold/promfold/parse"
)

// fault is a thing that a target, a clock, a file or a neighbour does.
type fault struct {
	name, what string
	config     aggregate.Config // the default one, if it is empty
	rounds     int              // of scrapes; 3 if it is 0
	each       step
}

// step is what a fault does in a round.
type step func(w *world, round int) error

// long is a step with a text of 17 MiB, which is made when it is needed.
func long(of func(x string) step) step {
	return func(w *world, round int) error { return of(strings.Repeat("x", 17<<20))(w, round) }
}

// labelBytes is what a program can put into a label at most: package labels panics
// above 16 MiB, in the program's own call.
const labelBytes = 15 << 20

func text(format string, args ...any) step {
	return func(w *world, _ int) error { w.send(fmt.Appendf(nil, format, args...)); return nil }
}

func openMetrics(body string) step {
	return func(w *world, _ int) error {
		w.send([]byte(body), "Content-Type", "application/openmetrics-text; version=1.0.0")
		return nil
	}
}

// faults returns the table.
func faults() []fault {
	list := []fault{
		{name: "nothing", what: "the hostile target is silent", each: func(*world, int) error { return nil }},
		{name: "long-name", what: "a name of 17 MiB, text", each: long(func(x string) step { return text("%s 1\n", x) })},
		{name: "long-name-protobuf", what: "a name of 17 MiB, protobuf", each: long(func(x string) step { return protobuf(named(x)) })},
		{name: "long-name-sample", what: "a name of 15 MiB, of a sample that the caller made", each: func(w *world, n int) error {
			return samples(strings.Repeat("x", labelBytes))(w, n)
		}},
		{name: "long-label", what: "a label of 17 MiB", each: long(func(x string) step { return text("hostile_total{l=%q} 1\n", x) })},
		{name: "long-label-protobuf", what: "a label of 17 MiB, protobuf", each: long(func(x string) step { return protobuf(labelled(x)) })},
		{name: "long-help", what: "a HELP of 17 MiB", each: long(func(x string) step {
			return text("# HELP hostile_total %s\n# TYPE hostile_total counter\nhostile_total{l=\"a\"} 1\n", x)
		})},
		{name: "long-help-protobuf", what: "a help of 17 MiB, protobuf", each: long(func(x string) step { return protobuf(helped(x)) })},
		{name: "long-unit", what: "a UNIT of 17 MiB", each: long(func(x string) step {
			return openMetrics("# TYPE hostile_" + x + " counter\n# UNIT hostile_" + x + " " + x + "\nhostile_total 1\n# EOF\n")
		})},
		{name: "long-type", what: "a TYPE of a name of 17 MiB", each: long(func(x string) step { return text("# TYPE %s counter\nhostile_total{l=\"a\"} 1\n", x) })},
		{name: "long-exemplar", what: "an exemplar of 17 MiB", each: long(func(x string) step {
			return openMetrics("# TYPE hostile counter\nhostile_total{l=\"a\"} 1 # {trace=\"" + x + "\"} 1\n# EOF\n")
		})},
		{name: "long-target", what: "a target's name of 17 MiB", each: func(w *world, _ int) error {
			x := strings.Repeat("x", 17<<20)
			w.sendAs(x, w.now(), []byte("hostile_total 1\n"))
			if err := w.fleet.Describe(w.now(), aggregate.Target{Name: x, Instance: x}); err == nil {
				return errors.New("Describe takes it")
			}
			return nil
		}},
		{name: "long-target-label", what: "a target's label of 15 MiB", each: func(w *world, _ int) error {
			w.sent++
			if err := w.fleet.Describe(w.now(), aggregate.Target{Name: "hostile", Labels: labels.FromStrings("l", strings.Repeat("x", labelBytes), "who", "hostile")}); err != nil {
				w.refused, w.seen = w.refused+1, shortened(err.Error(), 90)
			}
			return nil
		}},
		{name: "no-inf", what: "a histogram without +Inf beside one with it", each: text(`# TYPE hostile histogram
hostile_bucket{l="a",le="1"} 1
hostile_count{l="a"} 1
hostile_sum{l="a"} 1
hostile_bucket{l="b",le="1"} 1
hostile_bucket{l="b",le="+Inf"} 2
hostile_count{l="b"} 2
hostile_sum{l="b"} 1
`)},
		{name: "wide-native", what: "a native histogram of nine million buckets", each: long(func(_ string) step { return protobuf(native(9_000_000)) })},
		{name: "wide-native-gap", what: "native histograms of two buckets two billion apart", each: long(func(_ string) step { return protobuf(nativeGap()) })},
		{name: "product", what: "110 kB of protobuf: a name of 15 KiB and 4,000 metrics", each: long(func(_ string) step { return protobuf(product(15<<10, 4000)) })},
		{name: "refused-bodies", what: "200 bodies of 20,000 new lines that end in noise", rounds: 200, each: refusedBody},
		{name: "renamed", what: "20,000 series renamed at each of 60 scrapes, MaxBytes 64 MiB", config: aggregate.Config{MaxBytes: 64 << 20}, rounds: 60, each: renamed},
		{name: "resets", what: "3,000 series that fall at every other of 100 scrapes, MaxBytes 16 MiB", config: aggregate.Config{MaxBytes: 16 << 20}, rounds: 100, each: resets},
		{name: "restarts", what: "1,000 instances of 100 counters that restart at each of 40 scrapes, MaxBytes 16 MiB",
			config: aggregate.Config{MaxBytes: 16 << 20}, rounds: 40, each: restarts},
		{name: "million-labels", what: "a line with a million labels", each: millionLabels},
		{name: "million-lines", what: "a million series", each: millionLines},
		{name: "instances", what: "100,000 instances", each: instances},
		{name: "names", what: "200,000 names that fail, and stay", each: names(false)},
		{name: "names-leave", what: "200,000 names that answer once and leave", each: names(true)},
		{name: "starts-change", what: "a balanced target with another start at each of 500 scrapes", rounds: 500, each: startsChange},
		{name: "backwards", what: "time that goes backwards", each: at(func(w *world, n int) time.Time { return w.now().Add(-time.Duration(n) * time.Hour) })},
		{name: "a-year-ahead", what: "a scrape a year ahead, and back", each: at(func(w *world, n int) time.Time {
			return w.now().Add(time.Duration(n%2) * 365 * 24 * time.Hour)
		})},
		{name: "zero-time", what: "a scrape without a time", each: at(func(*world, int) time.Time { return time.Time{} })},
		{name: "far-time", what: "a scrape in the year 292277026596", each: at(func(*world, int) time.Time { return time.Unix(math.MaxInt64/2, 0) })},
		{name: "start-1e300", what: "a start time of 1e300", each: text("hostile_total{l=\"a\"} 1\n# TYPE process_start_time_seconds gauge\nprocess_start_time_seconds 1e300\n")},
		{name: "odd-numbers", what: "NaN, infinities, denormals, sums beyond 1e308", rounds: 6, each: oddNumbers},
		{name: "callbacks", what: "Relabel and Catalogue that ask the fleet", each: func(*world, int) error { return nil }},
		{name: "escapes", what: "a label with a terminal's escape sequence", each: text("hostile_total{l=\"\x1b[2J\x1b]0;owned\x07\"} 1\n")},
		{name: "two-checkpoints", what: "eight writers of one checkpoint", each: checkpoints},
		{name: "no-file", what: "a checkpoint at a device, and at a directory", each: noFile},
		{name: "parallel-scrapes", what: "64 scrapes at once of 20,000 exposed groups", each: parallelScrapes},
	}
	return append(list, compressed()...)
}

func samples(name string) step {
	return func(w *world, _ int) error {
		list := []parse.Sample{{Name: name, Labels: labels.FromStrings("__name__", name), Value: 1, Bound: math.NaN()}}
		r, err := w.fleet.IngestSamples(aggregate.Scrape{Target: "hostile", Time: w.now()}, list)
		w.saw(r, err)
		return nil
	}
}

func refusedBody(w *world, round int) error {
	var b bytes.Buffer
	for i := range 20_000 {
		fmt.Fprintf(&b, "hostile_total{l=\"%d-%d\"} 1\n", round, i)
	}
	b.WriteString("<html>\n")
	w.send(b.Bytes())
	return nil
}

func renamed(w *world, round int) error {
	var b bytes.Buffer
	for i := range 20_000 {
		fmt.Fprintf(&b, "hostile_total{l=\"%d-%d\"} %d\n", round, i, i)
	}
	w.send(b.Bytes())
	return nil
}

func resets(w *world, round int) error {
	var b bytes.Buffer
	b.WriteString("# TYPE hostile_total counter\n")
	for i := range 3000 {
		fmt.Fprintf(&b, "hostile_total{l=\"%d\"} %d\n", i, 1+(round%2)*(1000+i))
	}
	w.send(b.Bytes())
	return nil
}

func millionLabels(w *world, _ int) error {
	var b bytes.Buffer
	b.WriteString("hostile_total{")
	for i := range 1_000_000 {
		fmt.Fprintf(&b, "l%d=\"\",", i)
	}
	b.WriteString("} 1\n")
	w.send(b.Bytes())
	return nil
}

func millionLines(w *world, _ int) error {
	var b bytes.Buffer
	for i := range 1_000_000 {
		fmt.Fprintf(&b, "hostile_total{l=\"%d\"} %d\n", i, i)
	}
	w.send(b.Bytes())
	return nil
}

func instances(w *world, round int) error {
	for i := range 100_000 {
		w.sendAs(fmt.Sprint("h", i), w.now(), fmt.Appendf(nil, "hostile_total{l=\"a\"} %d\n", round*i))
	}
	return nil
}

func names(leave bool) step {
	return func(w *world, round int) error {
		for i := range 200_000 / 3 {
			name := fmt.Sprintf("h%d-%d", round, i)
			if leave {
				w.sendAs(name, w.now(), []byte("hostile_total{l=\"a\"} 1\n"))
				w.fleet.Remove(w.now(), name)
				continue
			}
			w.sent++
			if err := w.fleet.ScrapeFailed(name, w.now(), errors.New("refused")); err != nil {
				if w.refused++; w.refused == 1 {
					w.seen = shortened(err.Error(), 90)
				}
			}
		}
		return nil
	}
}

func startsChange(w *world, round int) error {
	if round == 1 {
		t := target("hostile")
		t.Balanced = true
		if err := w.fleet.Describe(w.now(), t); err != nil {
			return err
		}
	}
	w.send(fmt.Appendf(nil, "# TYPE hostile_total counter\nhostile_total{l=\"a\"} %d\n# TYPE process_start_time_seconds gauge\nprocess_start_time_seconds %d\n",
		round, begin.Unix()-1000+10*int64(round)))
	return nil
}

func at(when func(w *world, round int) time.Time) step {
	return func(w *world, round int) error {
		w.sendAs("hostile", when(w, round), fmt.Appendf(nil, "hostile_total{l=\"a\"} %d\n", round))
		return nil
	}
}

// oddNumbers asks the hostile target's own groups, too: what is said of them is
// no NaN.
func oddNumbers(w *world, round int) error {
	x := []string{"NaN", "+Inf", "-Inf", "1e-320", "1e308", "-1e308"}[round%6]
	y := []string{"0", "1e308", "1.7e308", "5e307", "1e308", "1.79e308"}[round%6]
	body := fmt.Sprintf("# TYPE hostile_total counter\nhostile_total{l=\"a\"} %s\nhostile_total{l=\"b\"} %s\nhostile_total{l=\"c\"} %s\n", x, y, y)
	for _, name := range []string{"hostile", "hostile-2"} {
		w.sendAs(name, w.now(), []byte(body))
	}
	groups, err := w.views.hostile.In(w.fleet.Snapshot(w.now()).Last(5 * interval))
	if err != nil {
		return err
	}
	for _, g := range groups {
		increase, _ := g.Increase()
		rate, _ := g.Rate()
		numbers := []float64{increase.Lo, increase.Value, increase.Hi, rate.Lo, rate.Value, rate.Hi}
		for _, m := range g.Increases() {
			numbers = append(numbers, m.Estimate.Lo, m.Estimate.Value, m.Estimate.Hi, m.Share.Lo, m.Share.Value, m.Share.Hi)
		}
		for _, n := range numbers {
			if math.IsNaN(n) {
				return fmt.Errorf("an answer is NaN: %s", g)
			}
		}
		if !(increase.Lo <= increase.Value && increase.Value <= increase.Hi) {
			return fmt.Errorf("value outside its bounds: %s", g)
		}
	}
	return nil
}
