package aggregate_test

import (
	"bytes"
	"fmt"
	"math"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/promfold/promfold"
	"github.com/promfold/promfold/aggregate"
	"github.com/promfold/promfold/aggregate/expose"
)

// greatViews are views of the page of [greatPage].
type greatViews struct {
	*testing.T
	bed       bed
	all       *aggregate.CounterView
	histogram *aggregate.HistogramView
	ratio     *aggregate.RatioView
	gauges    []*aggregate.GaugeView
}

func greatPage(n string) []string {
	h := strings.Replace(n, "e308", "e99", 1) // greater counts are refused
	g := strings.Replace(n, "+Inf", "NaN", 1) // an infinite gauge may be true
	return []string{
		"# TYPE c counter", `c_total{of="x"} ` + n, `c_total{of="y"} ` + n, "# TYPE g gauge", `g{of="x"} ` + g, `g{of="y"} ` + g,
		"# TYPE h histogram", `h_bucket{le="1"} ` + h, `h_bucket{le="2"} ` + h, `h_bucket{le="+Inf"} ` + h, "h_sum " + n, "h_count " + h,
	}
}

// estimateIs says that what is told is a number, at most the greatest there is, and between its bounds.
func (v *greatViews) estimateIs(what string, e promfold.Estimate) {
	v.Helper()
	assert.True(v, e.Lo <= e.Value && e.Value <= e.Hi && math.Abs(e.Value) <= math.MaxFloat64 && e.Lo < math.Inf(1) && e.Hi > math.Inf(-1), "%s: %v", what, e)
}

// told checks an answer, all numbers in it, and all methods of it that ask for nothing.
func (v *greatViews) told(what string, x reflect.Value) {
	if e, ok := x.Interface().(promfold.Estimate); ok {
		v.estimateIs(what, e)
		return
	}
	switch x.Kind() {
	case reflect.Float64:
		assert.False(v, math.IsNaN(x.Float()), what)
	case reflect.String:
		assert.NotContains(v, strings.ReplaceAll(x.String(), " series are NaN", ""), "NaN", what)
	case reflect.Slice:
		for i := range x.Len() {
			v.told(fmt.Sprintf("%s %d", what, i), x.Index(i))
		}
	case reflect.Struct:
		for i := range x.NumField() {
			if f := x.Type().Field(i); f.IsExported() && x.Field(i).Kind() != reflect.Pointer && f.Type != reflect.TypeFor[time.Time]() {
				v.told(what+"."+f.Name, x.Field(i))
			}
		}
	}
}

// asked asks all that a group can be asked.
func (v *greatViews) asked(what string, group any) {
	g := reflect.ValueOf(group)
	for i := range g.NumMethod() {
		m, name := g.Method(i), what+" "+g.Type().Method(i).Name
		var in []reflect.Value
		if m.Type().NumIn() == 1 && m.Type().In(0).Kind() == reflect.Float64 {
			in = append(in, reflect.ValueOf(.5))
		}
		if len(in) != m.Type().NumIn() || strings.HasSuffix(name, "Distributions") || strings.HasSuffix(name, "Labels") {
			continue
		}
		out := m.Call(in)
		if n := len(out); n == 2 && out[1].Kind() == reflect.Bool && !out[1].Bool() {
			continue
		}
		v.told(name, out[0])
	}
}

func (v *greatViews) askAll(seconds float64) {
	s := v.bed.Snapshot(at(seconds))
	for name, w := range map[string]aggregate.Window{"last": s.Last(30 * time.Second), "short": s.Last(7 * time.Second), "all": s.SinceStart()} {
		name = fmt.Sprintf("%v s %s", seconds, name)
		c, err := v.all.One(w)
		require.NoError(v, err)
		v.asked(name, c)
		h, err := v.histogram.One(w)
		require.NoError(v, err)
		v.asked(name, h)
		r, err := v.ratio.One(w)
		require.NoError(v, err)
		v.asked(name, r)
		for _, g := range v.gauges {
			x, err := g.One(s)
			require.NoError(v, err)
			v.asked(name+" gauge", x)
			if name != "all" {
				list, err := g.Over(w)
				if err == nil && len(list) > 0 {
					v.asked(name+" range", list[0])
				}
			}
		}
	}
}

// The sums of numbers near the end of what a float64 holds are no numbers: what is told of them is the greatest number,
// of which nobody knows how far it is exceeded.
func TestGreatNumbers(t *testing.T) {
	for name, numbers := range map[string][]string{
		"up":       {"0", "1e308", "1.7e308"},
		"between":  {"1", "0", "1e308", "1.7e308", "NaN", "+Inf", "-1"},
		"steady":   {"1e308", "1.2e308", "1.4e308"},
		"to small": {"1.7e308", "1", "1.7e308", "2"},
		"signed":   {"1.7e308", "-1.7e308"},
	} {
		for _, instances := range []int{1, 2} {
			t.Run(fmt.Sprintf("%s of %d", name, instances), func(t *testing.T) {
				v := &greatViews{T: t, bed: newBed(t, aggregate.Config{})}
				v.all, v.histogram = v.bed.counter(aggregate.View{Select: "c_total"}), v.bed.histogram(aggregate.View{Select: "h"})
				for _, c := range []aggregate.Combine{aggregate.Sum, aggregate.Mean, aggregate.Max} {
					v.gauges = append(v.gauges, v.bed.gauge(aggregate.View{Select: "g", Combine: c, Within: aggregate.Sum, Window: time.Minute}))
				}
				var err error
				v.ratio, err = v.bed.Ratio(aggregate.View{Select: `c_total{of="x"}`}, aggregate.View{Select: "c_total"})
				require.NoError(t, err)
				seconds := 0.0
				page := expose.New(v.bed.Fleet, func() time.Time { return at(seconds) })
				require.NoError(t, page.Counter("sum_c_total", "", v.all))
				require.NoError(t, page.Gauge("sum_g", "", v.gauges[0]))
				require.NoError(t, page.Histogram("sum_h", "", v.histogram))
				for i := range 3 * len(numbers) {
					seconds = float64(5 * i)
					for k := range instances {
						v.bed.scrape(string(rune('a'+k)), seconds, -1000, greatPage(numbers[i%len(numbers)])...)
					}
					v.askAll(seconds)
					var b bytes.Buffer
					require.NoError(t, page.Write(&b, ""))
					for line := range strings.Lines(b.String()) { // of a sum of observations NaN is documented
						assert.False(t, strings.HasSuffix(line, " NaN\n") && !strings.HasPrefix(line, "sum_h_sum"), line)
					}
				}
			})
		}
	}
}

// What a window grew by is told as far as a number goes: at least that.
func TestGreatSums(t *testing.T) {
	b := newBed(t, aggregate.Config{})
	v := b.counter(aggregate.View{Select: "c_total"})
	h := b.histogram(aggregate.View{Select: "h"})
	for i, n := range []string{"0", "1e308"} {
		for _, name := range []string{"a", "b"} {
			b.scrape(name, float64(10*i), -1000, greatPage(n)...)
		}
	}
	w := b.Snapshot(at(10)).Last(10 * time.Second)
	g, err := v.One(w)
	require.NoError(t, err)
	x, ok := g.Increase()
	assert.True(t, ok)
	assert.Equal(t, promfold.Estimate{Value: math.MaxFloat64, Lo: math.MaxFloat64, Hi: math.Inf(1)}, x)
	assert.Contains(t, g.Explain(), "increase 1.79769e+308 [1.79769e+308, +Inf], 3.59539e+307/s")
	x, ok = g.Rate()
	assert.True(t, ok)
	assert.True(t, x.Value > 0 && x.Lo <= x.Value && math.IsInf(x.Hi, 1), "%v", x)

	d, err := h.One(w)
	require.NoError(t, err)
	x, ok = d.Quantile(.5)
	assert.True(t, ok && x.Hi == 1, "%v", x)
	_, ok = d.Sum()
	assert.False(t, ok, "no number holds it")
	_, ok = d.Mean()
	assert.False(t, ok)
}
