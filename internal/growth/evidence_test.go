package growth

import (
	"fmt"
	"testing"

	"github.com/prometheus/common/model"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/promfold/promfold/internal/judge"
	"github.com/promfold/promfold/internal/lines"
)

func TestCumulative(t *testing.T) {
	for _, c := range []struct {
		name string
		typ  model.MetricType
		role lines.Role
		want bool
	}{
		{"c", model.MetricTypeCounter, lines.Value, true},
		{"c_created", model.MetricTypeCounter, lines.Created, false},
		{"h_bucket", model.MetricTypeHistogram, lines.Bucket, true},
		{"h_count", model.MetricTypeHistogram, lines.Count, true},
		{"h", model.MetricTypeHistogram, lines.Native, true},
		{"h_sum", model.MetricTypeHistogram, lines.Sum, false}, // observations may be negative
		{"s_count", model.MetricTypeSummary, lines.Count, true},
		{"s_sum", model.MetricTypeSummary, lines.Sum, false},
		{"s", model.MetricTypeSummary, lines.Quantile, false},
		{"g", model.MetricTypeGauge, lines.Value, false},
		{"x_total", model.MetricTypeUnknown, lines.Value, true},
		{"x", model.MetricTypeUnknown, lines.Value, false},
	} {
		l := &lines.Line{Name: c.name, Role: c.role, Family: &lines.Family{Type: c.typ}}
		assert.Equal(t, c.want, Cumulative(l), "%s of a %s", c.name, c.typ)
	}
}

// counters is a body of c{k="0"} and so on, and of d, which nobody follows.
func counters(values ...float64) string {
	var c, d []string
	for i, x := range values {
		c = append(c, fmt.Sprintf(`c{k="%d"} %v`, i, x))
		d = append(d, fmt.Sprintf(`d{k="%d"} %v`, i, x))
	}
	return text("c", "counter", c...) + text("d", "counter", d...)
}

// All counters of a body say what happened to the process, whatever is followed.
func TestWeigh(t *testing.T) {
	up, down := counters(900, 200, 300), counters(10, 20, 30)
	for _, c := range []struct {
		name           string
		starts         [2]int64
		first, second  string
		want           judge.Restart
		weighed, blind bool
	}{
		{"grown, and the start stands", [2]int64{500, 500}, down, up, judge.RestartUnmoved, false, false},
		{"fallen, and the start stands", [2]int64{500, 500}, up, counters(901, 100, 301), judge.RestartUnmoved, true, false},
		{"another start", [2]int64{500, 70_000}, up, down, judge.RestartProven, true, false},
		{"no start, fallen deep", [2]int64{0, 0}, up, down, judge.RestartGuessed, true, false},
		{"no start, fallen a little", [2]int64{0, 0}, up, counters(800, 180, 280), judge.RestartUnknown, true, true},
		{"no start, grown", [2]int64{0, 0}, up, counters(901, 202, 303), judge.RestartUnknown, true, false},
	} {
		for _, views := range [][]*Selection{nil, {{Kind: Counter, Metric: "c"}}, {{Kind: Counter, Every: true}}} {
			b := newBed(t, views...)
			b.scrape(60_000, c.starts[0], c.first)
			b.commit()
			b.scrape(120_000, c.starts[1], c.second)
			d := b.scraped.Decision
			assert.Equal(t, c.want, d.Restart, c.name)
			assert.Equal(t, c.blind, d.Blind, c.name)
			assert.Equal(t, c.weighed, b.scraped.weighed, c.name)
		}
	}
}

// What is usual for a metric is the fastest growth of any of its series, selected
// or not, in a scrape whose growth is plain.
func TestUsualPace(t *testing.T) {
	every := newBed(t, &Selection{Kind: Counter, Metric: "c"})
	some := newBed(t, selections()[1]) // c{k="1"}
	for i, body := range []string{
		counters(0, 0, 0), counters(10, 1, 0), counters(10, 1, 30), counters(11, 2, 31),
		counters(500, 500, 31) + "c{k=\"3\"} 9000\n", // what is new shows no pace
	} {
		for _, b := range []*bed{every, some} {
			b.scrape(int64(10_000*(i+1)), 5000, body)
			b.commit()
			pace := b.st.usual(metricOf(b.store.Line(b.cols.ID(0))), 0)
			want := []judge.Pace{{}, {Most: 10. / 10_000, Known: true}, {Most: 30. / 10_000, Known: true}, {Most: 30. / 10_000, Known: true}, {Most: 498. / 10_000, Known: true}}
			assert.Equal(t, want[i], pace, "scrape %d", i)
		}
	}
	assert.Empty(t, some.st.paces, "the start is known")
}

// What did not fall at a restart shows no pace.
func TestNoPace(t *testing.T) {
	b := newBed(t, &Selection{Kind: Counter, Metric: "c"})
	b.scrape(60_000, 5000, counters(1000, 1000))
	b.commit()
	b.scrape(160_000, 150_000, counters(7, 2000)) // one did not fall
	b.commit()
	assert.Equal(t, judge.Pace{}, b.st.usual(metricOf(b.store.Line(b.cols.ID(0))), 0))
	b.scrape(170_000, 150_000, counters(8, 2000))
	b.commit()
	assert.Equal(t, 1./10_000, b.st.usual(metricOf(b.store.Line(b.cols.ID(0))), 0).Most)
}

// Without a start time each counter has a pace of its own, which goes with its
// line to another position.
func TestOwnPaces(t *testing.T) {
	b := newBed(t)
	b.scrape(10_000, 0, text("c", "counter", "c{k=\"0\"} 100", "c{k=\"1\"} 100"))
	b.commit()
	b.scrape(20_000, 0, text("c", "counter", "c{k=\"0\"} 150", "c{k=\"1\"} 101"))
	b.commit()
	b.scrape(30_000, 0, text("c", "counter", "c{k=\"1\"} 101", "c{k=\"2\"} 9", "c{k=\"0\"} 151"))
	b.commit()
	require.Len(t, b.st.paces, 3)
	assert.InDelta(t, 1./10_000, float64(b.st.paces[0]), 1e-9)
	assert.Equal(t, judge.Pace{}, b.st.ownPace(1), "it is new")
	assert.InDelta(t, 50./10_000, b.st.ownPace(2).Most, 1e-6)
}

// Where a counter stood before it fell deep is remembered of all lines, goes with
// them, and is forgotten once they are back.
func TestOthers(t *testing.T) {
	b := newBed(t)
	scrape := func(at int64, list ...string) map[uint32]float64 {
		b.scrape(at, 0, text("c", "counter", list...))
		b.commit()
		return b.st.others
	}
	assert.Empty(t, scrape(10_000, "c{k=\"0\"} 1000", "c{k=\"1\"} 2000", "c{k=\"2\"} 0"))
	assert.Equal(t, map[uint32]float64{0: 1000, 1: 2000}, scrape(20_000, "c{k=\"0\"} 10", "c{k=\"1\"} 20", "c{k=\"2\"} 0"))
	assert.Equal(t, map[uint32]float64{1: 1000, 2: 2000}, scrape(30_000, "c{k=\"3\"} 1", "c{k=\"0\"} 11", "c{k=\"1\"} 21", "c{k=\"2\"} 0"))
	assert.Equal(t, map[uint32]float64{2: 2000}, scrape(40_000, "c{k=\"3\"} 1", "c{k=\"0\"} 1000", "c{k=\"1\"} 22", "c{k=\"2\"} 0"))
	assert.Empty(t, scrape(50_000, "c{k=\"3\"} 1", "c{k=\"0\"} 1000"), "the line went")
}

// A counter that vanished leaves a tombstone: one that is back grew since, and is
// not born.
func TestTombstones(t *testing.T) {
	b := newBed(t, &Selection{Kind: Counter, Metric: "c"})
	for i, body := range []string{
		text("c", "counter", "c{k=\"0\"} 100", "c{k=\"1\"} 5"), text("c", "counter", "c{k=\"0\"} 101"), text("c", "counter", "c{k=\"0\"} 102", "c{k=\"1\"} 9", "c{k=\"2\"} 3"),
	} {
		b.scrape(int64(100_000+10_000*i), 50_000, body)
		if i == 1 {
			require.Len(t, b.steps.Gone, 1)
			assert.Len(t, b.st.tombs, 1)
		}
		b.commit()
	}
	require.Len(t, b.steps.Odd, 2)
	for _, x := range b.steps.Odd {
		if x.Now == 9 {
			assert.Equal(t, judge.Returned, x.Verdict)
			assert.Equal(t, 4.0, x.Value())
		} else {
			assert.Equal(t, judge.Born, x.Verdict)
		}
	}
	assert.Empty(t, b.st.tombs)
}
