package main

import (
	"bytes"
	"fmt"
	"slices"
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/promfold/promfold/aggregate"
	"github.com/promfold/promfold/bench"
)

// more are the views that a fleet with twenty has beside the two that are asked.
var more = []struct {
	metric string
	by     string
}{
	{"etcd_requests_total", "operation"},
	{"apiserver_storage_list_total", "resource"},
	{"apiserver_storage_list_returned_objects_total", "resource"},
	{"apiserver_watch_cache_events_dispatched_total", "resource"},
	{"apiserver_watch_events_total", "kind"},
	{"workqueue_adds_total", "name"},
	{"workqueue_retries_total", "name"},
	{"apiserver_selfrequest_total", "verb"},
	{"rest_client_requests_total", "code"},
	{"etcd_request_duration_seconds", "operation"},
	{"apiserver_request_sli_duration_seconds", "verb"},
	{"apiserver_request_body_size_bytes", "verb"},
	{"apiserver_watch_list_duration_seconds", "resource"},
	{"apiserver_watch_events_sizes", "kind"},
	{"apiserver_admission_controller_admission_duration_seconds", "name"},
	{"workqueue_queue_duration_seconds", "name"},
	{"workqueue_work_duration_seconds", "name"},
	{"apiserver_response_sizes", "resource"},
}

const histograms = 9 // the last of more

func newFleetOf20() *fleet {
	f := newFleet()
	for i, m := range more {
		v := aggregate.View{Select: m.metric, By: []string{m.by}}
		var err error
		if i < len(more)-histograms {
			_, err = f.Counter(v)
		} else {
			_, err = f.Histogram(v)
		}
		must(err)
	}
	return f
}

// realFigures are of every round of the recording: its first reads, lines that
// come and go, restarts and gaps.
func realFigures(d *data, rounds int) []figure {
	held := countLines(d)
	slow := min(rounds, 7)
	fs := []figure{
		realFleet(d, slow, held),
		realReading(d, slow, held),
		twentyViews(d, slow),
		oneNewLine(d, rounds),
		firstEmpty(d, rounds, held),
	}
	if d.native != nil {
		fs = append(fs, nativeReading(d, rounds))
	}
	return append(fs, afterRounds(d, slow)...)
}

// replay takes in all rounds, and asks for rates after each.
func replay(d *data, begin func() *fleet) way {
	var f *fleet
	return way{
		prepare: func() { f = begin() },
		run: func() (n int) {
			everyRound(d, func(s scrape) { n += f.observe(s.target, s) }, func(now int64) { f.rates(now, askedWindow) })
			return n
		},
	}
}

// realFleet goes from bytes to state to grouped rates.
func realFleet(d *data, rounds int, held map[*byte]int) figure {
	var loop *bench.Loop
	peer := way{
		prepare: func() { loop = bench.NewLoop(counterName, counterBy, histogramName, histogramBy) },
		run: func() (n int) {
			everyRound(d, func(s scrape) {
				must(loop.Observe(s.target, s.time, s.body))
				n += held[&s.body[0]]
			}, func(int64) {
				loop.Rates(askedWindow.Milliseconds(), func(_ string, rate float64) { sink += rate })
			})
			return n
		},
	}
	return compare("fleet/real", rounds, len(d.fleet), false, replay(d, newFleet), peer)
}

// realReading only reads.
func realReading(d *data, rounds int, held map[*byte]int) figure {
	st := labels.NewSymbolTable()
	var rd *reading
	ours := each(d.fleet, func(s scrape) int { return rd.read(s.target, s.body) })
	ours.prepare = func() { rd = newReading() }
	return compare("read/real", rounds, len(d.fleet), false, ours, peerOver(d.fleet, held, func(s scrape) error {
		_, err := bench.WalkLabels(s.body, st)
		return err
	}))
}

// twentyViews is how many times longer twenty views take than two.
func twentyViews(d *data, rounds int) figure {
	return compare("fleet/real-20-views", rounds, len(d.fleet), true, replay(d, newFleetOf20), replay(d, newFleet))
}

// oneNewLine is how many times longer a fleet takes for scrapes that each bring
// one line than for the same without it.
func oneNewLine(d *data, rounds int) figure {
	warm, rest := d.steady[:2], d.steady[2:]
	var grown []scrape
	var added []byte
	for i, s := range rest {
		end := bytes.LastIndex(s.body, []byte("\n"+counterName+"{")) + 1
		end += bytes.IndexByte(s.body[end:], '\n') + 1
		added = fmt.Appendf(added, "%s{code=\"200\",component=\"new\",resource=\"new-%d\",verb=\"LIST\"} %d\n", counterName, i, i)
		s.body = slices.Concat(s.body[:end], added, s.body[end:], []byte("\n"))
		s.body = s.body[:len(s.body)-1]
		grown = append(grown, s)
	}
	observe := func(list []scrape) way {
		var f *fleet
		w := each(list, func(s scrape) int { return f.observe(s.target, s) })
		w.prepare = func() { f = standing(warm) }
		return w
	}
	return compare("ingest/one-new-line", rounds, len(rest), true, observe(grown), observe(rest))
}

// firstEmpty reads the first scrape of each instance into an empty store.
func firstEmpty(d *data, rounds int, held map[*byte]int) figure {
	var first []scrape
	seen := map[string]bool{}
	for _, s := range d.fleet {
		if !seen[s.target] {
			seen[s.target] = true
			first = append(first, s)
		}
	}
	st := labels.NewSymbolTable()
	return compare("read/first-empty", rounds, len(first), false,
		each(first, func(s scrape) int { return newReading().read(s.target, s.body) }),
		peerOver(first, held, func(s scrape) error { _, err := bench.WalkLabels(s.body, st); return err }))
}

// nativeReading is how many times longer protobuf with native histograms takes
// than the same instance as text, a scrape.
func nativeReading(d *data, rounds int) figure {
	read := func(list []scrape, as string) way {
		rd := newReading()
		rd.as = as
		return each(list, func(s scrape) int { rd.read("c", s.body); return 1 })
	}
	f := compare("read/native", rounds, len(d.native[1]), true, read(d.native[1], protobuf), read(d.native[0], contentType))
	f.Unit = "ns/scrape"
	return f
}

const protobuf = "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited"

// afterRounds are the first questions after each round, against the engine with
// the same samples. What comes in between is not measured.
func afterRounds(d *data, rounds int) []figure {
	question := func(name, query string, ask func(f *fleet, now int64) int) figure {
		ours := func() (spent time.Duration, n int) {
			f := newFleet()
			everyRound(d, func(s scrape) { f.observe(s.target, s) }, func(now int64) {
				start := time.Now()
				first(ask, f, now)
				spent, n = spent+time.Since(start), n+1
			})
			return spent, n
		}
		peer := func() (spent time.Duration, n int) {
			e := bench.NewEngine()
			everyRound(d, func(s scrape) { must(e.Append(s.target, s.time, s.body)) }, func(now int64) {
				start := time.Now()
				_, err := e.Query(query, now)
				must(err)
				spent, n = spent+time.Since(start), n+1
			})
			return spent, n
		}
		f := compare(name, rounds, 1, false, way{timed: ours}, way{timed: peer})
		f.Unit = "ns/question"
		return f
	}
	return []figure{
		question("query/rate-first", rateQuery, func(f *fleet, now int64) int { return f.rates(now, askedWindow) }),
		question("query/quantile-first", quantileQuery, func(f *fleet, now int64) int { return f.quantiles(now, askedWindow) }),
	}
}

// first is what a profiler has to look at: callgrind --toggle-collect=main.first
//
//go:noinline
func first(ask func(f *fleet, now int64) int, f *fleet, now int64) { ask(f, now) }

// everyRound calls take with each scrape, and ask after each round but the first.
func everyRound(d *data, take func(s scrape), ask func(now int64)) {
	for i, s := range d.fleet {
		take(s)
		if s.step != d.fleet[0].step && (i+1 == len(d.fleet) || d.fleet[i+1].step != s.step) {
			ask(s.time)
		}
	}
}
