package lines

import (
	"fmt"
	"strings"
	"testing"

	"github.com/prometheus/prometheus/model/exemplar"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Exemplars are kept as they come and go, whether lines moved or not. They are held
// against textparse's with every body that the tests read: see checkExemplars.
func TestExemplarsAreKept(t *testing.T) {
	var bodies []string
	for i := range 4 {
		bodies = append(bodies,
			fmt.Sprintf("a_total %d # {t=\"%d\"} 1 %d\nb 2\nc_total 1 5 # {u=\"é\\n\"} -2.5\n# EOF\n", i, i, i),
			fmt.Sprintf("b 2\na_total %d\nh_bucket{le=\"1\"} 1 # {} 0.5\nh_bucket{le=\"+Inf\"} 1 # {t=\"%d\"} 7 -1.5\n# EOF\n", i, i),
			"# TYPE a counter\na_total 3 4 # {t=\"x\"} 1\n# EOF\n", "# TYPE a counter\na_total 3 5 # {t=\"y\"} 1\n# EOF\n")
	}
	in, r := sequenceIn(t, asOpenMetrics, bodies...)
	require.NoError(t, r.Read(&in.cols, []byte("b 2\n# EOF\n"), asOpenMetrics))
	r.Commit(&in.cols)
	for range in.cols.Exemplars() {
		require.Fail(t, "the exemplars of the body before")
	}
}

// What exceeds the limit is left out, and without one nothing is kept.
func TestExemplarsAreBounded(t *testing.T) {
	var b strings.Builder
	for i := range 100 {
		fmt.Fprintf(&b, "a_total{i=\"%d\"} 1 # {t=\"0123456789\"} 1\n", i)
	}
	for limit, want := range map[int]int{0: 0, 1: 0, 200: 11, 1 << 20: 100} {
		var c Columns
		r := NewReader(NewStore(), Limits{Exemplars: limit})
		for range 3 {
			require.NoError(t, r.Read(&c, []byte(b.String()+"# EOF\n"), asOpenMetrics))
			r.Commit(&c)
		}
		n := 0
		for range c.Exemplars() {
			n++
		}
		assert.Equal(t, want, n, limit)
		assert.LessOrEqual(t, cap(c.quoted.text), limit+limit/4+16)
	}
}

// Exemplars of samples that callers made, and those of a copy of the columns.
func TestExemplarsOfSamples(t *testing.T) {
	e := exemplar.Exemplar{Labels: labels.FromStrings("t", "x", "u", "y"), Value: 1.5, HasTs: true, Ts: -1500}
	family := &Family{Name: "h", Type: "histogram"}
	h := Sample{Family: family, Labels: labels.FromStrings("__name__", "h"), Time: NoTime, Exemplar: &e,
		Classic: &Classic{Bounds: []float64{1, 2}, Counts: []float64{0, 1, 1}, Count: 1}}
	x := NewSample(&Family{Name: "c_total", Type: "counter"}, labels.FromStrings("__name__", "c_total"), 3)
	x.Exemplar = &exemplar.Exemplar{Value: 2}
	s := NewStore()
	r := NewReader(s, Limits{Exemplars: 1000})
	var c Columns
	require.NoError(t, r.ReadSamples(&c, []Sample{h, x}))
	r.Commit(&c)
	copied := c.Clone(s)
	c.Release(s)
	got := map[string]exemplar.Exemplar{}
	for pos, e := range copied.Exemplars() {
		got[s.Line(copied.ID(pos)).Labels().String()] = e
	}
	assert.Equal(t, map[string]exemplar.Exemplar{`{__name__="h_bucket", le="2.0"}`: e, `{__name__="c_total"}`: {Value: 2}}, got)
}
