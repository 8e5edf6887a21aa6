package truth

import (
	"fmt"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/promfold/promfold/internal/cases"
)

// tell is how a process says when it started.
type tell string

const (
	inBody   tell = "body"    // process_start_time_seconds
	inHeader tell = "header"  // Process-Start-Time-Unix
	created  tell = "created" // _created of its counters, in OpenMetrics
	unsaid   tell = "none"
)

// process is one life of a program at a place.
type process struct {
	life    span // from its start to its end
	tell    tell
	ahead   ms        // of the clock of its host, which writes its start and the dates of its answers
	undated bool      // its answers have no date
	sources []*source // its own
	machine []*source // counts that outlive it
	dists   []*dist
}

// unixStart returns the start as the process tells it: Unix seconds.
func (p *process) unixStart() string {
	return strconv.FormatFloat(float64(cases.Epoch.UnixMilli()+p.life.from+p.ahead)/1000, 'f', -1, 64)
}

// dates reports whether it says when it started, in a scrape at a time. That a series was created just then may be
// said of each scrape anew: it dates nothing.
func (p *process) dates(at ms) bool {
	return p.ahead == 0 && p.tell != unsaid && !(p.tell == created && at-p.life.from <= 2*second)
}

// scrape returns what the process shows at t, as an answer at another time.
func (p *process) scrape(target string, at, t ms) *cases.Scrape {
	s := &cases.Scrape{Target: target, At: duration(at)}
	proto := slices.ContainsFunc(p.dists, func(d *dist) bool { return d.form == native })
	var b strings.Builder
	switch {
	case proto:
		s.Proto = true
		p.writeProto(&b, t)
	default:
		p.writeText(&b, t)
		if p.tell == created {
			s.Header = append(s.Header, [2]string{"Content-Type", "application/openmetrics-text;version=1.0.0"})
			b.WriteString("# EOF\n")
		}
	}
	if !p.undated {
		date := cases.Epoch.Add(duration(at + p.ahead)).UTC().Format(http.TimeFormat)
		s.Header = append(s.Header, [2]string{"Date", date})
	}
	if p.tell == inHeader {
		s.Header = append(s.Header, [2]string{"Process-Start-Time-Unix", p.unixStart()})
	}
	s.Body = b.String()
	return s
}

// lines calls do for every counter that is visible at t, with the name of its
// family where that begins.
func (p *process) lines(t ms, do func(family string, s *source)) {
	last := ""
	for _, s := range slices.Concat(p.sources, p.machine) {
		if !s.visible(t) {
			continue
		}
		family := ""
		if s.family != last {
			family, last = s.family, s.family
		}
		do(family, s)
	}
}

func (p *process) writeText(b *strings.Builder, t ms) {
	suffix := ""
	if p.tell == created {
		suffix = "_total"
	}
	p.lines(t, func(family string, s *source) {
		if family != "" {
			fmt.Fprintf(b, "# TYPE %s counter\n", family)
		}
		b.WriteString(s.family + suffix + braces(s.labels) + " " + decimal(s.value(t)) + "\n")
		if p.tell == created {
			b.WriteString(s.family + "_created" + braces(s.labels) + " " + p.unixStart() + "\n")
		}
	})
	for _, d := range p.dists {
		if d.shown.holds(t) {
			d.writeText(b, t)
		}
	}
	if p.tell == inBody {
		fmt.Fprintf(b, "# TYPE process_start_time_seconds gauge\nprocess_start_time_seconds %s\n", p.unixStart())
	}
}

func (d *dist) writeText(b *strings.Builder, t ms) {
	x := d.at(t)
	if d.form == summary {
		fmt.Fprintf(b, "# TYPE %s summary\n", d.family)
		for _, q := range []float64{.5, .9, .99} {
			if v, ok := quantile(x.values, q); ok {
				fmt.Fprintf(b, "%s%s %s\n", d.family, braces(with(d.labels, "quantile", decimal(q))), decimal(v))
			}
		}
	} else {
		fmt.Fprintf(b, "# TYPE %s histogram\n", d.family)
		before := 0
		for i, bound := range x.bounds {
			if !d.onlyHit || x.cumulative[i] > before {
				fmt.Fprintf(b, "%s_bucket%s %d\n", d.family, braces(with(d.labels, "le", decimal(bound))), x.cumulative[i])
			}
			before = x.cumulative[i]
		}
		fmt.Fprintf(b, "%s_bucket%s %d\n", d.family, braces(with(d.labels, "le", "+Inf")), x.count)
	}
	fmt.Fprintf(b, "%s_sum%s %s\n%s_count%s %d\n", d.family, braces(d.labels), decimal(x.sum), d.family, braces(d.labels), x.count)
}

func (p *process) writeProto(b *strings.Builder, t ms) {
	p.lines(t, func(family string, s *source) {
		if family != "" {
			if b.Len() > 0 {
				b.WriteByte('\n')
			}
			fmt.Fprintf(b, "name:%q type:COUNTER", family)
		}
		fmt.Fprintf(b, " metric:{%scounter:{value:%s}}", protoLabels(s.labels), decimal(s.value(t)))
	})
	b.WriteByte('\n')
	for _, d := range p.dists {
		if d.shown.holds(t) {
			d.writeProto(b, t)
		}
	}
	if p.tell == inBody {
		fmt.Fprintf(b, "name:\"process_start_time_seconds\" type:GAUGE metric:{gauge:{value:%s}}\n", p.unixStart())
	}
}

// writeProto writes an exponential histogram. All values are positive.
func (d *dist) writeProto(b *strings.Builder, t ms) {
	x := d.at(t)
	schema := d.schema
	if d.coarser != 0 && d.coarser <= t {
		schema--
	}
	counts := map[int]int{}
	for _, v := range x.values {
		counts[bucketOf(v, schema)]++
	}
	var indexes []int
	for i := range counts {
		indexes = append(indexes, i)
	}
	slices.Sort(indexes)
	fmt.Fprintf(b, "name:%q type:HISTOGRAM metric:{%shistogram:{sample_count:%d sample_sum:%s schema:%d zero_threshold:1e-128 zero_count:0",
		d.family, protoLabels(d.labels), x.count, decimal(x.sum), schema)
	next, before := 0, 0
	for k, i := range indexes {
		offset := i - next
		if k == 0 {
			offset = i
		}
		fmt.Fprintf(b, " positive_span:{offset:%d length:1} positive_delta:%d", offset, counts[i]-before)
		next, before = i+1, counts[i]
	}
	if len(indexes) == 0 {
		b.WriteString(" positive_span:{offset:0 length:0}")
	}
	b.WriteString("}}\n")
}

// bucketOf returns the index of the exponential bucket (2^((i-1)/2^schema),
// 2^(i/2^schema)] that holds v.
func bucketOf(v float64, schema int) int {
	bound := func(i int) float64 { return math.Exp2(float64(i) / math.Exp2(float64(schema))) }
	i := int(math.Ceil(math.Log2(v) * math.Exp2(float64(schema))))
	for v > bound(i) {
		i++
	}
	for v <= bound(i-1) {
		i--
	}
	return i
}

func braces(labels string) string {
	if labels == "" {
		return ""
	}
	return "{" + labels + "}"
}

func with(labels, name, value string) string {
	pair := fmt.Sprintf("%s=%q", name, value)
	if labels == "" {
		return pair
	}
	return labels + "," + pair
}

// protoLabels turns k="0" into the text form of a LabelPair.
func protoLabels(labels string) string {
	if labels == "" {
		return ""
	}
	name, value, _ := strings.Cut(labels, "=")
	return fmt.Sprintf("label:{name:%q value:%s} ", name, value)
}

func decimal(x float64) string { return strconv.FormatFloat(x, 'f', -1, 64) }
