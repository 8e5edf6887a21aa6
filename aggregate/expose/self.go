package expose

import (
	"cmp"
	"errors"
	"maps"
	"math"
	"slices"
	"sync"
	"time"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/prometheus/model/labels"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/promfold/promfold/aggregate"
	"github.com/promfold/promfold/internal/lines"
)

// Self exposes how it stands with the fleet: how many instances there are,
// what the answers rest on, what the views met, and, where the program keeps a
// recorder (else nil), what became of its scrapes. The names begin with
// promfold_.
func (e *Exposition) Self(r *Recorder) {
	e.sources = append(e.sources, func(now time.Time) ([]*dto.MetricFamily, error) {
		list := e.health(now)
		if r != nil {
			list = append(list, r.families()...)
		}
		return list, nil
	})
}

func (e *Exposition) health(now time.Time) []*dto.MetricFamily {
	h := e.fleet.Health(now)
	c := h.Coverage
	list := []*dto.MetricFamily{
		gauges("promfold_instances", "Instances of the fleet, by state.", "state", map[string]float64{
			"reporting": float64(c.Reporting), "stale": float64(c.Stale), "gone": float64(h.Gone), "duplicate": float64(c.Duplicates)}),
		gauges("promfold_targets", "Targets that should answer, and those that do not.", "state", map[string]float64{
			"expected": float64(c.Expected), "missing": float64(c.Missing), "failed": float64(c.Failed)}),
		gauges("promfold_lines", "Distinct series lines that are known.", "", map[string]float64{"": float64(h.Lines)}),
		gauges("promfold_views_bytes", "Bytes that the views may hold of all instances.", "", map[string]float64{"": float64(h.Bytes)}),
	}
	if share, ok := c.Share(); ok {
		list = append(list, gauges("promfold_coverage_ratio", "Part of the expected fleet that answers.", "", map[string]float64{"": share}))
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	list = append(list,
		gauges("promfold_families_left_out", "Families that are not exposed, or not whole, by reason.", "reason", map[string]float64{
			typeConflict: float64(e.leftOut[typeConflict]), notMerged: float64(e.leftOut[notMerged]),
			"name taken": float64(e.leftOut["name taken"])}))
	verdicts := family("promfold_series_verdicts_total", "Steps of series other than plain growth that a view met, by verdict.", dto.MetricType_COUNTER)
	for _, v := range h.Views {
		for _, verdict := range slices.Sorted(maps.Keys(v.Verdicts)) {
			ls := labels.FromStrings("kind", v.Kind, "verdict", verdict.String(), "view", v.View)
			verdicts.Metric = append(verdicts.Metric, &dto.Metric{Label: pairs(ls), Counter: &dto.Counter{
				Value: ptr(e.notLess(string(ls.Bytes(nil)), v.Verdicts[verdict]))}})
		}
	}
	return append(list, once(verdicts))
}

// once adds up metrics with the same labels: two views may read alike.
func once(f *dto.MetricFamily) *dto.MetricFamily {
	slices.SortStableFunc(f.Metric, func(a, b *dto.Metric) int { return cmp.Compare(keyOfPairs(a), keyOfPairs(b)) })
	out := f.Metric[:0]
	for _, m := range f.Metric {
		if n := len(out); n > 0 && keyOfPairs(out[n-1]) == keyOfPairs(m) {
			*out[n-1].Counter.Value += m.Counter.GetValue()
			continue
		}
		out = append(out, m)
	}
	f.Metric = out
	return f
}

// notLess: what a view met can turn out not to have been.
func (e *Exposition) notLess(key string, n int) float64 {
	e.shown[key] = max(e.shown[key], float64(n))
	return e.shown[key]
}

func gauges(name, help, label string, values map[string]float64) *dto.MetricFamily {
	f := family(name, help, dto.MetricType_GAUGE)
	for _, v := range slices.Sorted(maps.Keys(values)) {
		ls := labels.EmptyLabels()
		if label != "" {
			ls = labels.FromStrings(label, v)
		}
		f.Metric = append(f.Metric, gaugeOf(ls, values[v]))
	}
	return f
}

// Recorder counts what became of the scrapes of a program. It is safe for
// concurrent use.
type Recorder struct {
	created time.Time

	mu       sync.Mutex
	results  map[string]int
	restarts map[string]int
	series   map[string]int // by what happened to them
	buckets  []uint64       // by durations
	sum      float64
	count    uint64
}

// NewRecorder makes a recorder whose counters are 0 at a time, most often now.
func NewRecorder(created time.Time) *Recorder {
	return &Recorder{created: created, results: map[string]int{}, restarts: map[string]int{}, series: map[string]int{},
		buckets: make([]uint64, len(durations))}
}

// durations are the bounds of the histogram of what scrapes take, in seconds.
var durations = []float64{.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10}

// Scrape counts a scrape: what [aggregate.Fleet.Observe] said, or the error of
// one that did not come so far, and how long it took.
func (r *Recorder) Scrape(report aggregate.Report, err error, took time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.results[result(report, err)]++
	if err == nil && !report.Duplicate {
		if report.Restart != aggregate.NoRestart {
			r.restarts[report.Restart.String()]++
		}
		r.series["grown"] += report.Grown
		r.series["born"] += report.Births
		r.series["reset"] += report.Resets
		r.series["refused"] += report.Refused
	}
	s := took.Seconds()
	r.sum += s
	r.count++
	for i, bound := range durations {
		if s <= bound {
			r.buckets[i]++
		}
	}
}

// result is in one word what became of a scrape.
func result(report aggregate.Report, err error) string {
	var (
		limit *aggregate.LimitError
		text  *lines.Error
	)
	switch {
	case err == nil && report.Duplicate:
		return "duplicate"
	case err == nil && report.Attribution.Ambiguous:
		return "ambiguous"
	case err == nil:
		return "accepted"
	case errors.Is(err, aggregate.ErrLate):
		return "late"
	case errors.Is(err, aggregate.ErrConflict):
		return "conflict"
	case errors.As(err, &limit):
		return "limit"
	case errors.Is(err, lines.ErrLimit):
		return "too large"
	case errors.Is(err, errors.ErrUnsupported):
		return "unknown format"
	case errors.As(err, &text):
		return "malformed"
	}
	return "failed"
}

func (r *Recorder) families() []*dto.MetricFamily {
	r.mu.Lock()
	defer r.mu.Unlock()
	h := &dto.Histogram{SampleSum: ptr(r.sum), SampleCount: ptr(r.count), CreatedTimestamp: timestamppb.New(r.created)}
	for i, bound := range durations {
		h.Bucket = append(h.Bucket, &dto.Bucket{UpperBound: ptr(bound), CumulativeCount: ptr(r.buckets[i])})
	}
	h.Bucket = append(h.Bucket, &dto.Bucket{UpperBound: ptr(math.Inf(1)), CumulativeCount: ptr(r.count)})
	took := family("promfold_scrape_duration_seconds", "What scrapes took.", dto.MetricType_HISTOGRAM)
	took.Metric = []*dto.Metric{{Histogram: h}}
	return []*dto.MetricFamily{
		took,
		r.counters("promfold_scrapes_total", "Scrapes, by what became of them.", "result", r.results),
		r.counters("promfold_restarts_total", "Scrapes that found another process, by evidence.", "evidence", r.restarts),
		r.counters("promfold_series_steps_total", "Steps of the series that views ask for, by what happened.", "step", r.series),
	}
}

func (r *Recorder) counters(name, help, label string, values map[string]int) *dto.MetricFamily {
	f := family(name, help, dto.MetricType_COUNTER)
	for _, v := range slices.Sorted(maps.Keys(values)) {
		f.Metric = append(f.Metric, counterOf(aggregate.Total{
			Labels: labels.FromStrings(label, v), Value: float64(values[v]), Created: r.created}))
	}
	return f
}
