package fleets

import (
	"errors"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"go.opentelemetry.io/collector/pdata/pmetric"

	"github.com/promfold/promfold/aggregate"
	"github.com/promfold/promfold/parse"
)

// An instance is a resource: what sends one set of series.
type instance struct {
	fleet    *fleet
	name     string
	balanced *Balanced // nil: it is one process

	mu        sync.Mutex // one request at a time
	labels    labels.Labels
	described bool

	reader  reader
	samples []parse.Sample
	before  []parse.Sample // of the scrape before
	told    int64          // when its process started, Unix milliseconds; 0: its samples say it, or nothing
	running []*stream      // those that had a delta since the start, in the order of their first
	known                  // what is saved
}

// known is what a collector knows of an instance besides the fleet.
type known struct {
	Seen    int64 // Unix milliseconds: when its latest request came
	Last    int64 // Unix milliseconds: of its latest scrape
	Start   int64 // Unix milliseconds: of the process, as its points say
	Streams map[string]*stream
}

// Report says what became of points.
type Report struct {
	Accepted int            // points
	Refused  map[string]int // points, by reason
	Scrapes  int
	Failed   int // scrapes that did not answer
	Resets   int // series
	Restarts int // processes
	Errors   []error
}

func (r *Report) refuse(reason string, points int) {
	if points == 0 {
		return
	}
	if r.Refused == nil {
		r.Refused = map[string]int{}
	}
	r.Refused[reason] += points
}

// fail counts points of a scrape that the fleet refused.
func (r *Report) fail(err error, points int) {
	reason := "invalid"
	switch {
	case errors.Is(err, aggregate.ErrLate):
		reason = "late"
	case errors.Is(err, aggregate.ErrConflict):
		reason = "conflict"
	case errors.Is(err, aggregate.ErrLimit), errors.Is(err, parse.ErrLimit):
		reason = "limit"
	}
	r.refuse(reason, points)
	r.Errors = append(r.Errors, err)
}

// errDown is the failure of a scrape of which only up = 0 is known.
var errDown = errors.New("up is 0: the target could not be scraped")

// ingest takes the wanted metrics of one resource in.
func (in *instance) ingest(resources []pmetric.ResourceMetrics, now time.Time, r *Report) {
	in.mu.Lock()
	defer in.mu.Unlock()
	if ls := in.fleet.set.labelsOf(resources[0].Resource().Attributes()); !labels.Equal(ls, in.labels) {
		in.labels, in.described = ls, false
		in.reader.entries = nil // they lead to series of the answers
	}
	if !in.described {
		in.balanced = in.fleet.set.balanced(resources[0].Resource().Attributes())
	}
	in.Seen = now.UnixMilli()
	in.reader.read(resources, in.fleet.set.reads)
	for reason, n := range in.reader.refused {
		r.refuse(reason, n)
	}
	if len(in.reader.points) == 0 {
		return
	}
	if err := in.fleet.open(in.reader.points, now); err != nil {
		r.fail(err, len(in.reader.points))
		return
	}
	if err := in.describe(now); err != nil {
		r.fail(err, len(in.reader.points))
		return
	}
	for _, round := range rounds(in.reader.points) {
		in.scrape(round, now, r)
	}
}

// describe tells the fleet whom to expect.
func (in *instance) describe(now time.Time) error {
	if in.described {
		return nil
	}
	t := aggregate.Target{Name: in.name, Labels: in.labels}
	if in.balanced != nil {
		t.Balanced, t.Expected = true, in.balanced.Expected
	}
	err := in.fleet.known.Describe(now, t)
	in.described = err == nil
	return err
}

// scrape takes one scrape in.
func (in *instance) scrape(points []point, now time.Time, r *Report) {
	at := timeOfRound(points)
	if at == 0 {
		at = now.UnixMilli()
	}
	if isDown(points) {
		r.Failed++
		r.Accepted += len(points)
		in.fleet.failed(in.name, time.UnixMilli(at), r)
		return
	}
	deltas := in.sum(points, in.Seen, r)
	if len(in.samples) == 0 {
		return
	}
	if in.goesOn(points, at) {
		in.keepBefore()
		at = in.Last + 1
	} else {
		if deltas == len(points) && at <= in.Last {
			at = in.Last + 1 // the totals are new, though their time is not
		}
		in.told = in.startOf(points)
	}
	sc := aggregate.Scrape{Target: in.name, Time: time.UnixMilli(at)}
	if in.told != 0 {
		sc.Start = time.UnixMilli(in.told)
	}
	if in.fleet.ingest(sc, in.samples, len(points), r) {
		in.Last = max(in.Last, at)
		in.fleet.note(points, in.labels)
		in.samples, in.before = in.before, in.samples
	}
}

// apart is how far the times of two parts of one scrape may be apart, in
// milliseconds.
const apart = 1000

// goesOn reports whether points are another part of the scrape before: they have
// its time, about, and none of its series.
func (in *instance) goesOn(points []point, at int64) bool {
	if len(in.before) == 0 || max(at-in.Last, in.Last-at) > apart {
		return false
	}
	var seen map[string]bool
	news := false
	for i := range points {
		p := &points[i]
		if p.Delta {
			continue
		}
		if seen == nil {
			if labels.Equal(in.before[0].Labels, p.Labels) {
				return false // as nearly always
			}
			seen = map[string]bool{}
			for j := range in.before {
				seen[string(in.before[j].Labels.Bytes(nil))] = true
			}
		}
		if seen[p.entry.key] {
			return false
		}
		news = true
	}
	return news
}

// keepBefore adds to the samples those of the scrape before that they lack.
func (in *instance) keepBefore() {
	seen := map[string]bool{}
	for i := range in.samples {
		seen[string(in.samples[i].Labels.Bytes(nil))] = true
	}
	for i := range in.before {
		if !seen[string(in.before[i].Labels.Bytes(nil))] {
			in.samples = append(in.samples, in.before[i])
		}
	}
}

// What an instance says of itself, as Prometheus has it: whether it answered,
// and when its process started.
const (
	upMetric    = "up"
	startMetric = "process_start_time_seconds"
)

// isStart reports whether a metric is that of the start, also with a prefix.
func isStart(metric string) bool { return strings.HasSuffix("_"+metric, "_"+startMetric) }

// isDown reports whether the points are those of a scrape that failed: up is 0.
func isDown(points []point) bool {
	return slices.ContainsFunc(points, func(p point) bool {
		return p.entry.name == upMetric && len(p.entry.attributes) == 0 && p.Value == 0 && p.Family.Type == model.MetricTypeGauge && p.entry.kind == ""
	})
}

// sum prepares the samples of a scrape. Deltas are added to their streams, and
// with any of them all streams are in the scrape: a program does not send what
// did not grow. It returns the number of deltas that were taken in.
func (in *instance) sum(points []point, now int64, r *Report) (deltas int) {
	in.samples = in.samples[:0]
	since := max(in.fleet.since.UnixMilli(), now-in.fleet.set.cfg.ForgetAfter.Milliseconds())
	late := 0
	for i := range points {
		p := &points[i]
		if !p.Delta {
			in.samples = append(in.samples, in.fleet.sample(p))
			continue
		}
		s := in.stream(p.entry.key)
		if !s.add(p, now, since) {
			late++
			p.late = true
			continue
		}
		deltas++
		if !s.running {
			s.running = true
			in.running = append(in.running, s)
		}
	}
	r.refuse(refusedDelta, late)
	if deltas == 0 {
		return 0
	}
	for _, s := range in.running {
		in.samples = append(in.samples, s.total(in.fleet.since))
	}
	return deltas
}

// stream returns the stream of a series.
func (in *instance) stream(key string) *stream {
	s := in.Streams[key]
	if s == nil {
		if in.Streams == nil {
			in.Streams = map[string]*stream{}
		}
		s = &stream{}
		in.Streams[key] = s
	}
	return s
}

// startOf returns when the process started, as the start times of running
// totals tell: it is another one once all of them are later than the scrape
// before. 0 is unknown.
//
// A body that has a start metric says it itself.
func (in *instance) startOf(points []point) int64 {
	var first int64
	for i := range points {
		p := &points[i]
		if isStart(p.entry.name) {
			return 0
		}
		if p.Delta || p.Start.IsZero() {
			continue
		}
		if at := p.Start.UnixMilli(); first == 0 || at < first {
			first = at
		}
	}
	if in.balanced != nil || in.Start == 0 || first > in.Last {
		in.Start = first
	}
	return in.Start
}

// forget drops the streams that nothing came for since a time.
func (in *instance) forget(before int64) {
	in.mu.Lock()
	defer in.mu.Unlock()
	old := func(s *stream) bool { return s.Seen < before }
	maps.DeleteFunc(in.Streams, func(_ string, s *stream) bool { return old(s) })
	in.running = slices.DeleteFunc(in.running, old)
}

// seen returns when the latest request came, in Unix milliseconds.
func (in *instance) seen() int64 {
	in.mu.Lock()
	defer in.mu.Unlock()
	return in.Seen
}
