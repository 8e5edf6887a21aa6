package aggregate_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/encoding/protodelim"

	"github.com/promfold/promfold/aggregate"
	"github.com/promfold/promfold/parse"
)

func TestRefusedBodiesLeaveNoLine(t *testing.T) {
	f, err := aggregate.NewFleet(aggregate.Config{})
	require.NoError(t, err)
	now := time.Unix(1_700_000_000, 0)
	_, err = f.Ingest(aggregate.Scrape{Target: "a", Time: now, Body: []byte("a_total 1\n")})
	require.NoError(t, err)
	before := f.Snapshot(now).Health().Lines
	for i := range 50 {
		body := fmt.Sprintf("# HELP b%d_total b\nb%d_total{l=\"1\"} 1\nb%d_total{l=\"2\"} 1\n<html>\n", i, i, i)
		_, err = f.Ingest(aggregate.Scrape{Target: "b", Time: now, Body: []byte(body)})
		require.Error(t, err)
		require.Equal(t, before, f.Snapshot(now).Health().Lines)
	}
	r, err := f.Ingest(aggregate.Scrape{Target: "a", Time: now.Add(time.Second), Body: []byte("a_total 2\n")})
	require.NoError(t, err)
	require.Equal(t, 1, r.Changed)
}

func TestCallbacksMayAskTheFleet(t *testing.T) {
	var f *aggregate.Fleet
	asked := map[string]int{}
	now := time.Unix(1_700_000_000, 0)
	ask := func(what string) {
		asked[what]++
		_ = f.Snapshot(now).Health()
	}
	var c aggregate.Config
	c.Parse.Relabel = func(ls labels.Labels) (labels.Labels, bool) { ask("relabel"); return ls, true }
	c.Catalogue = func(string) (aggregate.View, bool) { ask("catalogue"); return aggregate.View{}, false }
	f, err := aggregate.NewFleet(c)
	require.NoError(t, err)
	_, err = f.Everything(aggregate.View{Select: `{__name__=~".+"}`})
	require.NoError(t, err)
	require.NoError(t, f.Describe(now, aggregate.Target{Name: "balanced", Balanced: true}))
	for _, target := range []string{"a", "balanced"} {
		_, err = f.Ingest(aggregate.Scrape{Target: target, Time: now, Body: []byte(target + "_total 1\n")})
		require.NoError(t, err)
	}
	require.Equal(t, 2, asked["relabel"])
	require.GreaterOrEqual(t, asked["catalogue"], 2)
}

// The program's functions are asked about whatever can be selected, whichever way it comes in.
func TestCallbacksMayAskTheFleetThatMeetsAnother(t *testing.T) {
	now := time.Unix(1_700_000_000, 0)
	fleet := func(name string, c aggregate.Config) *aggregate.Fleet {
		c.JoinHorizon = time.Hour
		f, err := aggregate.NewFleet(c)
		require.NoError(t, err)
		if name == "" {
			return f
		}
		_, err = f.Ingest(aggregate.Scrape{Target: name, Time: now, Body: []byte("# TYPE " + name + " histogram\n" + name + "_bucket{le=\"+Inf\"} 1\n" + name + "_count 1\n" + name + "_sum 1\n")})
		require.NoError(t, err)
		return f
	}
	declare := func(f *aggregate.Fleet) {
		_, err := f.Everything(aggregate.View{Select: `{__name__=~".+"}`})
		require.NoError(t, err)
	}
	var f *aggregate.Fleet
	asked := map[string]int{}
	c := aggregate.Config{Catalogue: func(metric string) (aggregate.View, bool) {
		if asked[metric]++; f != nil {
			_ = f.Snapshot(now).Health()
		}
		return aggregate.View{}, false
	}}
	f = fleet("", c)
	declare(f)
	other := fleet("merged", aggregate.Config{})
	declare(other)
	require.NoError(t, f.Merge(other))
	require.NotZero(t, asked["merged"])

	root := fleet("", c)
	f = root
	declare(root)
	part := fleet("part", aggregate.Config{})
	declare(part)
	var state bytes.Buffer
	require.NoError(t, part.Save(&state))
	require.NoError(t, root.SetPart("p", now, &state))
	require.NotZero(t, asked["part"])
	require.Equal(t, 1, root.Snapshot(now).Health().Instances)
	for metric, n := range asked {
		require.LessOrEqual(t, n, 2, "%s is asked about once a fleet", metric)
	}
}

// A program that recovers the panic of its own function has a fleet that answers.
func TestPanicsLeaveNoLock(t *testing.T) {
	now := time.Unix(1_700_000_000, 0)
	broken := false
	var c aggregate.Config
	c.Parse.Relabel = func(ls labels.Labels) (labels.Labels, bool) {
		if broken {
			panic("relabel")
		}
		return ls, true
	}
	c.Catalogue = func(metric string) (aggregate.View, bool) {
		if metric == "bad" {
			panic("catalogue")
		}
		return aggregate.View{}, false
	}
	f, err := aggregate.NewFleet(c)
	require.NoError(t, err)
	_, err = f.Everything(aggregate.View{Select: `{__name__=~".+"}`})
	require.NoError(t, err)
	require.NoError(t, f.Describe(now, aggregate.Target{Name: "b", Balanced: true}))
	for i, target := range []string{"a", "b"} {
		at := now.Add(time.Duration(10*i) * time.Second)
		broken = true
		require.Panics(t, func() { _, _ = f.Ingest(aggregate.Scrape{Target: target, Time: at, Body: []byte(target + " 1\n")}) })
		broken = false
		require.Panics(t, func() { _, _ = f.Ingest(aggregate.Scrape{Target: target, Time: at, Body: []byte("bad 1\n")}) })
		_, err = f.Ingest(aggregate.Scrape{Target: target, Time: at, Body: []byte(target + " 1\n")})
		require.NoError(t, err)
		require.Equal(t, 1+i, f.Snapshot(at).Health().Instances)
	}
	require.NoError(t, f.Save(io.Discard))
}

// What is accepted can be saved, loaded and saved again; what is refused leaves nothing.
func TestHostileBodies(t *testing.T) {
	long := strings.Repeat("x", 17<<20)
	const open, delimited = "application/openmetrics-text; version=1.0.0", "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited"
	family := func(change func(*dto.MetricFamily)) string {
		f := &dto.MetricFamily{Name: new("m_total"), Type: dto.MetricType_COUNTER.Enum(), Metric: []*dto.Metric{{Counter: &dto.Counter{Value: new(1.0)}}}}
		change(f)
		var b bytes.Buffer
		_, err := protodelim.MarshalTo(&b, f)
		require.NoError(t, err)
		return b.String()
	}
	for _, c := range []struct {
		what, typ, body string
		refused         bool
	}{
		{"a name", "", long + " 1\n", true},
		{"a label", "", "m{l=\"" + long + "\"} 1\n", true},
		{"HELP", "", "# HELP m " + long + "\nm 1\n", true},
		{"TYPE", "", "# TYPE " + long + " counter\nm 1\n", true},
		{"UNIT", open, "# TYPE m_" + long + " counter\n# UNIT m_" + long + " " + long + "\nm_total 1\n# EOF\n", true},
		{"a name in protobuf", delimited, family(func(f *dto.MetricFamily) { f.Name = &long }), true},
		{"a help in protobuf", delimited, family(func(f *dto.MetricFamily) { f.Help = &long }), true},
		{"a unit in protobuf", delimited, family(func(f *dto.MetricFamily) { f.Unit = &long }), true},
		{"a label in protobuf", delimited, family(func(f *dto.MetricFamily) { f.Metric[0].Label = []*dto.LabelPair{{Name: new("l"), Value: &long}} }), true},
		{"a short body of long lines", delimited, family(func(f *dto.MetricFamily) {
			f.Name, f.Metric = new(long[:15<<10]), nil
			for i := range 4000 {
				f.Metric = append(f.Metric, &dto.Metric{Counter: &dto.Counter{Value: new(1.0)}, Label: []*dto.LabelPair{{Name: new("l"), Value: new(fmt.Sprint(i))}}})
			}
		}), true},
		{"nine million native buckets", delimited, family(func(f *dto.MetricFamily) {
			const n = 9_000_000
			f.Name, f.Type = new("h"), dto.MetricType_HISTOGRAM.Enum()
			f.Metric = []*dto.Metric{{Histogram: &dto.Histogram{
				SampleCount: new(uint64(n)), SampleSum: new(1.0), Schema: new(int32(8)), ZeroThreshold: new(1e-9),
				PositiveSpan: []*dto.BucketSpan{{Offset: new(int32(0)), Length: new(uint32(n))}}, PositiveDelta: make([]int64, n),
			}}}
		}), true},
		{"a histogram without +Inf beside one with it", "", `# TYPE h histogram
h_bucket{l="a",le="1"} 1
h_count{l="a"} 1
h_sum{l="a"} 1
h_bucket{l="b",le="1"} 1
h_bucket{l="b",le="+Inf"} 2
h_count{l="b"} 2
h_sum{l="b"} 1
`, false},
	} {
		t.Run(c.what, func(t *testing.T) {
			f, err := aggregate.NewFleet(aggregate.Config{})
			require.NoError(t, err)
			declare := func(f *aggregate.Fleet) {
				_, err := f.Everything(aggregate.View{Select: `{__name__=~".+"}`})
				require.NoError(t, err)
			}
			declare(f)
			now := time.Unix(1_700_000_000, 0)
			for i := range 2 {
				at := now.Add(time.Duration(i) * time.Second)
				_, err = f.Ingest(aggregate.Scrape{Target: "a", Time: at, Header: http.Header{"Content-Type": {c.typ}}, Body: []byte(c.body)})
				if !c.refused {
					require.NoError(t, err)
					continue
				}
				require.ErrorIs(t, err, parse.ErrLimit)
				require.Less(t, len(err.Error()), 1000)
				h := f.Snapshot(at).Health()
				require.Zero(t, h.Lines)
				require.Zero(t, h.Instances)
				require.Less(t, h.LineBytes, int64(1<<20))
			}
			var state, again bytes.Buffer
			require.NoError(t, f.Save(&state))
			require.Less(t, state.Len(), 1<<20)
			g, err := aggregate.Load(bytes.NewReader(state.Bytes()), aggregate.Config{})
			require.NoError(t, err)
			declare(g)
			require.NoError(t, g.Save(&again))
			require.Equal(t, state.Bytes(), again.Bytes())
		})
	}
}

func TestTargetsHaveLimits(t *testing.T) {
	f, err := aggregate.NewFleet(aggregate.Config{})
	require.NoError(t, err)
	now := time.Unix(1_700_000_000, 0)
	long := strings.Repeat("x", 1<<20)
	for _, target := range []aggregate.Target{{Name: long}, {Name: "a", Instance: long}, {Name: "a", Labels: labels.FromStrings("l", long)}} {
		require.ErrorIs(t, f.Describe(now, target), aggregate.ErrLimit)
		require.ErrorIs(t, f.SetTargets(now, target), aggregate.ErrLimit)
	}
	_, err = f.Ingest(aggregate.Scrape{Target: long, Time: now, Body: []byte("a 1\n")})
	require.ErrorIs(t, err, aggregate.ErrLimit)
	require.Less(t, len(err.Error()), 1000)
	require.ErrorIs(t, f.ScrapeFailed(long, now, err), aggregate.ErrLimit)
	f.Remove(now, long)
	for _, comment := range []string{"HELP a ", "TYPE "} {
		_, err = f.Ingest(aggregate.Scrape{Target: "a", Time: now, Body: []byte("# " + comment + long + " counter\na 1\n")})
		require.ErrorIs(t, err, parse.ErrLimit)
	}
}

// What is said of targets is held against MaxBytes, too: their labels, their instances. What does not fit is refused,
// whole, and leaves what was said before; who leaves makes room.
func TestDescriptionsHaveALimit(t *testing.T) {
	f, err := aggregate.NewFleet(aggregate.Config{MaxBytes: 1 << 20})
	require.NoError(t, err)
	now := time.Unix(1_700_000_000, 0)
	target := func(i int) aggregate.Target {
		return aggregate.Target{Name: fmt.Sprint("t", i), Instance: strings.Repeat("i", 10_000) + fmt.Sprint(i), Labels: labels.FromStrings("l", strings.Repeat("x", 10_000))}
	}
	held := func() (n int64) {
		for _, b := range f.Snapshot(now).Health().Held {
			n += b
		}
		return n
	}
	n := 0
	for ; err == nil && n < 1000; n++ {
		err = f.Describe(now, target(n))
	}
	require.ErrorIs(t, err, aggregate.ErrLimit)
	assert.InDelta(t, 1<<20/20_000, n, 5)
	full := held()
	assert.LessOrEqual(t, full, int64(1<<20))
	require.NoError(t, f.Describe(now, target(0)), "said again, it takes nothing")
	require.ErrorIs(t, f.SetTargets(now, target(0), target(n), target(n+1)), aggregate.ErrLimit)
	assert.Equal(t, n-1, f.Snapshot(now).Coverage().Expected)
	var state bytes.Buffer
	require.NoError(t, f.Save(&state))
	back, err := aggregate.Load(&state, aggregate.Config{MaxBytes: 1 << 20})
	require.NoError(t, err)
	require.ErrorIs(t, back.Describe(now, target(n)), aggregate.ErrLimit, "so it is after Load")
	f.Remove(now, "t0", "t1", "t2")
	assert.Less(t, held(), full-50_000)
	require.NoError(t, f.Describe(now, target(n)))
	require.NoError(t, f.SetTargets(now), "none fits always")
}
