package expose

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/prometheus/model/labels"

	"github.com/promfold/promfold/aggregate"
)

// health returns the families about the fleet itself; left is what they leave
// out of the others.
func health(s aggregate.Snapshot, left map[string]int, met *highest) []*dto.MetricFamily {
	h, c := s.Health(), s.Coverage()
	list := []*dto.MetricFamily{
		gauges("promfold_instances", "Instances of the fleet, by state.", "state", map[string]float64{
			"reporting": float64(c.Reporting), "stale": float64(c.Stale), "gone": float64(h.Gone), "duplicate": float64(c.Duplicates)}),
		gauges("promfold_targets", "Targets that should answer, and those that do not.", "state", map[string]float64{
			"expected": float64(c.Expected), "missing": float64(c.Missing), "failed": float64(c.Failed)}),
		gauges("promfold_lines", "Distinct series lines that are known.", "", map[string]float64{"": float64(h.Lines)}),
		gauges("promfold_lines_bytes", "Bytes that the lines and their values take.", "", map[string]float64{"": float64(h.LineBytes)}),
		gauges("promfold_views_bytes", "Bytes that the views may hold of all instances.", "", map[string]float64{"": float64(h.ViewBytes)}),
		gauges("promfold_processes_given_up", "Processes of which joined totals lack something, as watchers told of them too late.", "",
			map[string]float64{"": float64(h.GivenUp)}),
	}
	if share, ok := c.Share(); ok {
		list = append(list, gauges("promfold_coverage_ratio", "Part of the expected fleet that answers.", "", map[string]float64{"": share}))
	}
	list = append(list, gauges("promfold_families_left_out", "Families that are not exposed, or not whole, by reason.", "reason", map[string]float64{
		typeConflict: float64(left[typeConflict]), notMerged: float64(left[notMerged]), nameTaken: float64(left[nameTaken])}))
	series := family("promfold_series_left_out", "Series of a family for which the fleet has no value, and why.", dto.MetricType_GAUGE)
	for _, key := range slices.Sorted(maps.Keys(left)) {
		if text, ok := strings.CutPrefix(key, leftOutSeries); ok {
			name, why, _ := strings.Cut(text, "\xff")
			series.Metric = append(series.Metric, metric(&aggregate.Series{Labels: labels.FromStrings("family", name, "reason", why), Value: float64(left[key])}, dto.MetricType_GAUGE))
		}
	}
	list = append(list, series)
	if h.Exemplars != nil {
		exemplars := map[string]float64{}
		for why, n := range h.Exemplars {
			exemplars[why] = float64(n)
		}
		list = append(list, gauges("promfold_exemplars_left_out", "Exemplars of the latest scrapes that are not shown, by reason.", "reason", exemplars))
	}
	list = append(list, gauges("promfold_scrapes_ambiguous", "Scrapes through balancers that may be of several instances, and count for none.", "",
		map[string]float64{"": float64(c.Ambiguous)}))
	scrapes := family("promfold_scrapes_total", "Scrapes since the program began, by whether they were accepted.", dto.MetricType_COUNTER)
	for _, x := range []struct {
		result string
		n      int
	}{{"accepted", h.Accepted}, {"refused", h.Refused}} {
		scrapes.Metric = append(scrapes.Metric, counterOf(labels.FromStrings("result", x.result), float64(x.n)))
	}
	refusals := family("promfold_scrapes_refused_total", "Scrapes that were refused since the program began, by reason.", dto.MetricType_COUNTER)
	for _, why := range slices.Sorted(maps.Keys(h.Refusals)) {
		refusals.Metric = append(refusals.Metric, counterOf(labels.FromStrings("reason", why), float64(h.Refusals[why])))
	}
	verdicts := family("promfold_series_verdicts_total", "Steps of series other than plain growth that a view met, by verdict.", dto.MetricType_COUNTER)
	for _, v := range h.Views {
		for _, verdict := range slices.Sorted(maps.Keys(v.Verdicts)) {
			ls := labels.FromStrings("kind", v.Kind, "verdict", verdict.String(), "view", v.View)
			verdicts.Metric = append(verdicts.Metric, counterOf(ls, met.of(string(ls.Bytes(nil)), v.Verdicts[verdict])))
		}
	}
	return append(list, scrapes, refusals, once(verdicts))
}

func counterOf(ls labels.Labels, x float64) *dto.Metric {
	return metric(&aggregate.Series{Labels: ls, Value: x, Start: time.Time{}}, dto.MetricType_COUNTER)
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

// keyOfPairs tells the metrics of a family apart.
func keyOfPairs(m *dto.Metric) string {
	key := ""
	for _, l := range m.Label {
		key += l.GetName() + "\xff" + l.GetValue() + "\xff"
	}
	return key
}

// highest keeps the greatest value that was shown of each counter: what a view
// met can turn out not to have been.
type highest struct {
	mu     sync.Mutex
	values map[string]float64
}

// of returns n, or what was shown before if that is more.
func (h *highest) of(key string, n int) float64 {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.values[key] = max(h.values[key], float64(n))
	return h.values[key]
}

func gauges(name, help, label string, values map[string]float64) *dto.MetricFamily {
	f := family(name, help, dto.MetricType_GAUGE)
	for _, v := range slices.Sorted(maps.Keys(values)) {
		ls := labels.EmptyLabels()
		if label != "" {
			ls = labels.FromStrings(label, v)
		}
		f.Metric = append(f.Metric, metric(&aggregate.Series{Labels: ls, Value: values[v]}, dto.MetricType_GAUGE))
	}
	return f
}
