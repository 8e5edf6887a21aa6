package joins

import (
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"

	"github.com/promfold/promfold/histogram"
	"github.com/promfold/promfold/parse"
)

// process is one that runs at a place, in truth.
type process struct {
	id           int
	generation   int       // how many were at its place before
	start, ended int64     // Unix ms; 0: it goes on
	counts       [3]int64  // of c_total by code
	observed     [4]int64  // of h: each kind has one value
	outlives     *int64    // x_total: what it counts goes on in the next process of the place
	form         formShown // of h
	paths        []int64   // k_total: what it counted, by path, of which it shows the latest
}

// pathsShown is how many paths a process shows.
const pathsShown = 12

// counted counts something of the latest paths, of which some are new.
func (p *process) counted(n int64) {
	for range 1 + n%8 {
		p.paths = append(p.paths, 0)
	}
	for i := max(0, len(p.paths)-pathsShown/2); i < len(p.paths); i++ {
		p.paths[i] += n + 1
	}
}

// late is the code whose series comes once there is something to count, as it does
// with many clients.
const late = 2

// formShown is how a process shows its histogram.
type formShown struct {
	summary bool  // as a summary: it is a program of an older version
	fine    bool  // with a bound more
	native  bool  // also in native buckets, to who asks for them
	both    bool  // these beside the classic ones
	schema  int32 // of these
}

// filler is what counters show of which there are enough, and which fall so deep
// at every restart, that nobody takes counts for read back from a file, as those
// of a process that quickly counted as much as the one before look.
func (p *process) filler() float64 { return math.Pow(3, float64(max(0, 30-p.generation))) }

const fillers = 5

// values are those of the kinds of observations.
var values = [4]float64{0.5, 1.5, 3, 6}

// bounds are those of a histogram, for each the kinds that are up to it.
func (f formShown) bounds() []float64 {
	if f.fine {
		return []float64{1, 2}
	}
	return []float64{1}
}

func (p *process) upTo(bound float64) (n int64) {
	for i, v := range values {
		if v <= bound {
			n += p.observed[i]
		}
	}
	return n
}

func (p *process) observations() int64 {
	return p.observed[0] + p.observed[1] + p.observed[2] + p.observed[3]
}

func (p *process) sum() (sum float64) {
	for i, v := range values {
		sum += v * float64(p.observed[i])
	}
	return sum
}

// body is what the process shows as text. start is that it tells there, in ms;
// 0: none.
func (p *process) body(class string, start int64) []byte {
	var b strings.Builder
	fmt.Fprintln(&b, "# TYPE c_total counter")
	for i, n := range p.counts {
		if n > 0 || i != late {
			fmt.Fprintf(&b, "c_total{class=%q,code=\"%d\"} %d\n", class, i, n)
		}
	}
	kind := "histogram"
	if p.form.summary {
		kind = "summary"
	}
	fmt.Fprintln(&b, "# TYPE h", kind)
	if !p.form.summary {
		for _, bound := range p.form.bounds() {
			fmt.Fprintf(&b, "h_bucket{class=%q,le=\"%g\"} %d\n", class, bound, p.upTo(bound))
		}
		fmt.Fprintf(&b, "h_bucket{class=%q,le=\"+Inf\"} %d\n", class, p.observations())
	}
	fmt.Fprintf(&b, "h_sum{class=%q} %g\nh_count{class=%q} %d\n", class, p.sum(), class, p.observations())
	fmt.Fprintf(&b, "# TYPE x_total counter\nx_total{class=%q} %d\n", class, *p.outlives)
	if len(p.paths) > 0 {
		fmt.Fprintln(&b, "# TYPE k_total counter")
	}
	for i := max(0, len(p.paths)-pathsShown); i < len(p.paths); i++ {
		fmt.Fprintf(&b, "k_total{class=%q,code=\"%d\"} %d\n", class, i, p.paths[i])
	}
	fmt.Fprintln(&b, "# TYPE f_total counter")
	for i := range fillers {
		fmt.Fprintf(&b, "f_total{n=\"%d\"} %g\n", i, p.filler())
	}
	if start != 0 {
		fmt.Fprintf(&b, "# TYPE process_start_time_seconds gauge\nprocess_start_time_seconds %.3f\n", float64(start)/1000)
	}
	return []byte(b.String())
}

// samples is what the process shows in the form that has native buckets.
func (p *process) samples(class string, start int64) []parse.Sample {
	list := []parse.Sample{}
	add := func(kind model.MetricType, name string, value float64, more ...string) *parse.Sample {
		list = append(list, parse.Sample{
			Family: &parse.Family{Name: name, Type: kind}, Name: name, Value: value,
			Labels: labels.FromStrings(append([]string{model.MetricNameLabel, name}, more...)...),
		})
		return &list[len(list)-1]
	}
	for i, n := range p.counts {
		if n > 0 || i != late {
			add(model.MetricTypeCounter, "c_total", float64(n), "class", class, "code", fmt.Sprint(i))
		}
	}
	h := &histogram.Histogram{Exponential: true, Schema: p.form.schema, ZeroThreshold: 0x1p-16, Count: float64(p.observations()), Sum: p.sum()}
	for i, n := range p.observed {
		if n > 0 {
			h.Positive = append(h.Positive, histogram.Bucket{Index: indexes[p.form.schema][i], Count: float64(n)})
		}
	}
	if p.form.both {
		for _, bound := range p.form.bounds() {
			h.Bounds, h.Counts = append(h.Bounds, bound), append(h.Counts, float64(p.upTo(bound)))
		}
	}
	add(model.MetricTypeHistogram, "h", h.Count, "class", class).Histogram = h
	add(model.MetricTypeCounter, "x_total", float64(*p.outlives), "class", class)
	for i := range fillers {
		add(model.MetricTypeCounter, "f_total", p.filler(), "n", fmt.Sprint(i))
	}
	if start != 0 {
		add(model.MetricTypeGauge, "process_start_time_seconds", float64(start)/1000)
	}
	return list
}

// indexes are the native buckets of the kinds of observations, by schema.
var indexes = map[int32][4]int32{2: {-4, 3, 7, 11}, 3: {-8, 5, 13, 21}}

func timeOf(ms int64) time.Time { return time.UnixMilli(ms) }
