package pointtext

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/pmetric"
)

const self = "promfold.fleet."

// Write returns a line for each point, in the order of the points.
func Write(md pmetric.Metrics) string {
	var b strings.Builder
	for _, rm := range md.ResourceMetrics().All() {
		resource := resourceText(rm.Resource().Attributes())
		for _, sm := range rm.ScopeMetrics().All() {
			for _, m := range sm.Metrics().All() {
				if strings.HasPrefix(m.Name(), self) {
					b.WriteString(resource + " #" + selfText(m) + "\n")
					continue
				}
				name := m.Name()
				if s := sm.Scope().Name(); s != "" {
					name += "@" + s
				}
				for _, line := range pointLines(m) {
					b.WriteString(resource + " " + name + line + "\n")
				}
			}
		}
	}
	return b.String()
}

func selfText(m pmetric.Metric) string {
	var list []string
	for _, p := range m.Gauge().DataPoints().All() {
		if p.IntValue() != 0 {
			for _, v := range p.Attributes().All() {
				list = append(list, fmt.Sprintf(" %s %d", v.AsString(), p.IntValue()))
			}
		}
	}
	text := strings.Join(list, ",")
	if kind := strings.TrimPrefix(m.Name(), self); kind != "instances" {
		text = " " + kind + text
	}
	return text
}

func resourceText(m pcommon.Map) string {
	rest := pcommon.NewMap()
	m.CopyTo(rest)
	name := take(rest, "service.name")
	if id := take(rest, "service.instance.id"); id != "" {
		name += "/" + id
	}
	if rest.Len() > 0 {
		name += attributesText(rest)
	}
	if name == "" {
		return "-"
	}
	return name
}

func take(m pcommon.Map, key string) string {
	v, ok := m.Get(key)
	if !ok {
		return ""
	}
	text := v.AsString()
	m.Remove(key)
	return text
}

func attributesText(m pcommon.Map) string {
	if m.Len() == 0 {
		return ""
	}
	var list []string
	for key, v := range m.All() {
		text := v.AsString()
		if v.Type() == pcommon.ValueTypeStr && typed(text) {
			text = strconv.Quote(text)
		}
		list = append(list, key+"="+text)
	}
	slices.Sort(list)
	return "{" + strings.Join(list, ",") + "}"
}

// typed reports whether a text would be read as something else than text.
func typed(s string) bool {
	_, err := strconv.ParseFloat(s, 64)
	return err == nil || s == "true" || s == "false" || s == ""
}

func pointLines(m pmetric.Metric) (list []string) {
	add := func(kind string, attributes pcommon.Map, start, at pcommon.Timestamp, flags pmetric.DataPointFlags, value string) {
		if flags.NoRecordedValue() {
			value = "stale"
		}
		list = append(list, attributesText(attributes)+" "+kind+" "+timesText(start, at)+" "+value)
	}
	switch m.Type() {
	case pmetric.MetricTypeGauge:
		for _, p := range m.Gauge().DataPoints().All() {
			add("gauge", p.Attributes(), p.StartTimestamp(), p.Timestamp(), p.Flags(), numberText(p))
		}
	case pmetric.MetricTypeSum:
		kind := "updown"
		if m.Sum().IsMonotonic() {
			kind = "sum"
		}
		for _, p := range m.Sum().DataPoints().All() {
			add(kind+temporalityText(m.Sum().AggregationTemporality()), p.Attributes(), p.StartTimestamp(), p.Timestamp(), p.Flags(), numberText(p))
		}
	case pmetric.MetricTypeHistogram:
		for _, p := range m.Histogram().DataPoints().All() {
			add("hist"+temporalityText(m.Histogram().AggregationTemporality()), p.Attributes(), p.StartTimestamp(), p.Timestamp(), p.Flags(), classicText(p))
		}
	case pmetric.MetricTypeExponentialHistogram:
		for _, p := range m.ExponentialHistogram().DataPoints().All() {
			add("exp"+temporalityText(m.ExponentialHistogram().AggregationTemporality()), p.Attributes(), p.StartTimestamp(), p.Timestamp(), p.Flags(), exponentialText(p))
		}
	case pmetric.MetricTypeSummary:
		for _, p := range m.Summary().DataPoints().All() {
			text := fmt.Sprintf("n=%d sum=%s", p.Count(), double(p.Sum()))
			for _, q := range p.QuantileValues().All() {
				text += fmt.Sprintf(" q%v=%s", q.Quantile(), double(q.Value()))
			}
			add("summary", p.Attributes(), p.StartTimestamp(), p.Timestamp(), p.Flags(), text)
		}
	}
	return list
}

func temporalityText(t pmetric.AggregationTemporality) string {
	switch t {
	case pmetric.AggregationTemporalityDelta:
		return ":delta"
	case pmetric.AggregationTemporalityCumulative:
		return ""
	}
	return ":none"
}

func timesText(start, at pcommon.Timestamp) string {
	text := seconds(at)
	if start != 0 {
		text = seconds(start) + ".." + text
	}
	return text
}

func seconds(t pcommon.Timestamp) string { return strconv.FormatFloat(float64(t)/1e9, 'f', -1, 64) }

func numberText(p pmetric.NumberDataPoint) string {
	if p.ValueType() == pmetric.NumberDataPointValueTypeInt {
		return strconv.FormatInt(p.IntValue(), 10) + exemplarsText(p.Exemplars())
	}
	return double(p.DoubleValue()) + exemplarsText(p.Exemplars())
}

func exemplarsText(list pmetric.ExemplarSlice) (text string) {
	for _, x := range list.All() {
		text += " ex=" + double(x.DoubleValue())
	}
	return text
}

// extremesText returns what the extremes and the exemplars of a histogram are.
func extremesText(p interface {
	HasMin() bool
	HasMax() bool
	Min() float64
	Max() float64
	Exemplars() pmetric.ExemplarSlice
}) (text string) {
	if p.HasMin() {
		text += " min=" + double(p.Min())
	}
	if p.HasMax() {
		text += " max=" + double(p.Max())
	}
	return text + exemplarsText(p.Exemplars())
}

func double(x float64) string {
	text := strconv.FormatFloat(x, 'g', -1, 64)
	if x == math.Trunc(x) && !strings.ContainsAny(text, ".eIN") {
		text += ".0"
	}
	return text
}

func classicText(p pmetric.HistogramDataPoint) string {
	text := fmt.Sprintf("n=%d", p.Count())
	if p.HasSum() {
		text += " sum=" + double(p.Sum())
	}
	all := uint64(0)
	for i, bound := range p.ExplicitBounds().All() {
		all += p.BucketCounts().At(i)
		text += fmt.Sprintf(" %v:%d", bound, all)
	}
	return text + extremesText(p)
}

func exponentialText(p pmetric.ExponentialHistogramDataPoint) string {
	text := fmt.Sprintf("n=%d", p.Count())
	if p.HasSum() {
		text += " sum=" + double(p.Sum())
	}
	text += fmt.Sprintf(" scale=%d", p.Scale())
	if p.ZeroCount() != 0 {
		text += fmt.Sprintf(" zero=%d", p.ZeroCount())
	}
	return text + bucketsText(" pos=", p.Positive()) + bucketsText(" neg=", p.Negative()) + extremesText(p)
}

func bucketsText(name string, b pmetric.ExponentialHistogramDataPointBuckets) string {
	if b.BucketCounts().Len() == 0 {
		return ""
	}
	var list []string
	for _, n := range b.BucketCounts().All() {
		list = append(list, strconv.FormatUint(n, 10))
	}
	return name + strconv.Itoa(int(b.Offset())) + ":" + strings.Join(list, ",")
}
