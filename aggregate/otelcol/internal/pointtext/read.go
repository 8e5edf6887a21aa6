package pointtext

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/pmetric"
)

var line = regexp.MustCompile(`^(-|[^\s{]*)(?:\{([^}]*)\})? ([^\s{@]+)(?:@([^\s{]+))?(?:\{([^}]*)\})? (\w+)(?::(\w+))? (?:([\d.]+?)\.\.)?([\d.]+) (.+)$`)

// Read returns the points of lines. Empty lines and those that begin with # are
// skipped. Neighbouring points of one resource, scope and metric stand together.
func Read(text string) (pmetric.Metrics, error) {
	r := reader{md: pmetric.NewMetrics()}
	for i, l := range strings.Split(text, "\n") {
		if l = strings.TrimSpace(l); l == "" || strings.HasPrefix(l, "#") {
			continue
		}
		if err := r.line(l); err != nil {
			return r.md, fmt.Errorf("line %d: %q: %w", i+1, l, err)
		}
	}
	return r.md, nil
}

type reader struct {
	md                      pmetric.Metrics
	resource, scope, metric string // of the line before
	rm                      pmetric.ResourceMetrics
	sm                      pmetric.ScopeMetrics
	m                       pmetric.Metric
}

func (r *reader) line(text string) error {
	x := line.FindStringSubmatch(text)
	if x == nil {
		return fmt.Errorf("is not a point")
	}
	if resource := x[1] + "{" + x[2]; resource != r.resource {
		r.rm, r.resource, r.scope, r.metric = r.md.ResourceMetrics().AppendEmpty(), resource, "\x00", ""
		a := r.rm.Resource().Attributes()
		attributes(a, x[2])
		if name, id, ok := strings.Cut(x[1], "/"); name != "-" {
			if name != "" {
				a.PutStr("service.name", name)
			}
			if ok {
				a.PutStr("service.instance.id", id)
			}
		}
	}
	if x[4] != r.scope {
		r.sm, r.scope, r.metric = r.rm.ScopeMetrics().AppendEmpty(), x[4], ""
		r.sm.Scope().SetName(x[4])
	}
	if metric := x[3] + x[6] + ":" + x[7]; metric != r.metric {
		r.m, r.metric = r.sm.Metrics().AppendEmpty(), metric
		r.m.SetName(x[3])
		if err := setType(r.m, x[6], x[7]); err != nil {
			return err
		}
	}
	return r.point(x[5], timestamp(x[8]), timestamp(x[9]), strings.Fields(x[10]))
}

func setType(m pmetric.Metric, kind, temporality string) error {
	t := map[string]pmetric.AggregationTemporality{"": pmetric.AggregationTemporalityCumulative, "delta": pmetric.AggregationTemporalityDelta}[temporality]
	switch kind {
	case "gauge":
		m.SetEmptyGauge()
	case "sum", "updown":
		m.SetEmptySum().SetAggregationTemporality(t)
		m.Sum().SetIsMonotonic(kind == "sum")
	case "hist":
		m.SetEmptyHistogram().SetAggregationTemporality(t)
	case "exp":
		m.SetEmptyExponentialHistogram().SetAggregationTemporality(t)
	case "summary":
		m.SetEmptySummary()
	default:
		return fmt.Errorf("unknown type %s", kind)
	}
	return nil
}

func timestamp(text string) pcommon.Timestamp {
	x, _ := strconv.ParseFloat(text, 64)
	return pcommon.Timestamp(math.Round(x * 1e9))
}

// attributes reads key=value pairs.
func attributes(m pcommon.Map, text string) {
	for pair := range strings.SplitSeq(text, ",") {
		key, value, ok := strings.Cut(pair, "=")
		if !ok {
			continue
		}
		if s, err := strconv.Unquote(value); err == nil {
			m.PutStr(key, s)
		} else if n, err := strconv.ParseInt(value, 10, 64); err == nil {
			m.PutInt(key, n)
		} else if x, err := strconv.ParseFloat(value, 64); err == nil {
			m.PutDouble(key, x)
		} else if value == "true" || value == "false" {
			m.PutBool(key, value == "true")
		} else {
			m.PutStr(key, value)
		}
	}
}

// point is what points of all types have.
type point interface {
	Attributes() pcommon.Map
	SetStartTimestamp(pcommon.Timestamp)
	SetTimestamp(pcommon.Timestamp)
	SetFlags(pmetric.DataPointFlags)
}

func (r *reader) point(labels string, start, at pcommon.Timestamp, value []string) error {
	stale := pmetric.DefaultDataPointFlags.WithNoRecordedValue(value[0] == "stale")
	fill := func(p point) {
		attributes(p.Attributes(), labels)
		p.SetStartTimestamp(start)
		p.SetTimestamp(at)
		p.SetFlags(stale)
	}
	switch r.m.Type() {
	case pmetric.MetricTypeGauge, pmetric.MetricTypeSum:
		points := r.m.Sum().DataPoints
		if r.m.Type() == pmetric.MetricTypeGauge {
			points = r.m.Gauge().DataPoints
		}
		p := points().AppendEmpty()
		fill(p)
		for _, field := range value[1:] {
			x, err := strconv.ParseFloat(strings.TrimPrefix(field, "ex="), 64)
			if err != nil {
				return err
			}
			p.Exemplars().AppendEmpty().SetDoubleValue(x)
		}
		return number(p, value[0])
	case pmetric.MetricTypeHistogram:
		p := r.m.Histogram().DataPoints().AppendEmpty()
		fill(p)
		return readClassic(p, value)
	case pmetric.MetricTypeExponentialHistogram:
		p := r.m.ExponentialHistogram().DataPoints().AppendEmpty()
		fill(p)
		return readExponential(p, value)
	}
	p := r.m.Summary().DataPoints().AppendEmpty()
	fill(p)
	return readSummary(p, value)
}

func number(p pmetric.NumberDataPoint, text string) error {
	if text == "stale" {
		return nil
	}
	if n, err := strconv.ParseInt(text, 10, 64); err == nil {
		p.SetIntValue(n)
		return nil
	}
	x, err := strconv.ParseFloat(text, 64)
	p.SetDoubleValue(x)
	return err
}
