package aggregate_test

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
	"github.com/stretchr/testify/require"

	"github.com/promfold/promfold"
	"github.com/promfold/promfold/aggregate"
)

// viewed is a fleet with the views of a program.
type viewed struct {
	*aggregate.Fleet
	count []*aggregate.CounterView // by view, nil where it is of another kind
	dist  []*aggregate.HistogramView
	gauge []*aggregate.GaugeView
}

func newViewed(t require.TestingT, c aggregate.Config) *viewed {
	f, err := aggregate.NewFleet(c)
	require.NoError(t, err)
	return &viewed{Fleet: f}
}

// loadedViewed is a fleet that goes on from a state.
func loadedViewed(t require.TestingT, state []byte, c aggregate.Config, views []aggregate.View) *viewed {
	f, err := aggregate.Load(bytes.NewReader(state), c)
	require.NoError(t, err)
	x := &viewed{Fleet: f}
	for _, v := range views {
		x.declare(t, v)
	}
	return x
}

func (f *viewed) declare(t require.TestingT, v aggregate.View) {
	var c *aggregate.CounterView
	var h *aggregate.HistogramView
	var g *aggregate.GaugeView
	var err error
	switch {
	case strings.HasPrefix(v.Select, "h"):
		h, err = f.Histogram(v)
	case strings.HasPrefix(v.Select, "g"):
		g, err = f.Gauge(v)
	default:
		c, err = f.Counter(v)
	}
	require.NoError(t, err)
	f.count, f.dist, f.gauge = append(f.count, c), append(f.dist, h), append(f.gauge, g)
}

// says is all that a fleet answers of its views, as lines.
func (f *viewed) says(t require.TestingT, now time.Time) (list []string) {
	s := f.Snapshot(now)
	say := func(view int, labels fmt.Stringer, of string, rest any, asks ...func() (promfold.Estimate, bool)) {
		line := fmt.Sprint(view, labels, of, " ", rest)
		for _, ask := range asks {
			x, ok := ask()
			line += fmt.Sprint(" ", x, ok)
		}
		list = append(list, line)
	}
	for i := range f.count {
		for j, w := range []aggregate.Window{s.SinceStart(), s.Last(20 * time.Second)} {
			name := []string{" since the start", " last"}[j]
			if c := f.count[i]; c != nil {
				groups, _ := c.In(w) // a view of totals has none
				for _, g := range groups {
					say(i, g.Labels(), name, fmt.Sprint(g.Coverage(), g.Warnings()), g.Increase, g.Rate, g.RateNow)
				}
			}
			if h := f.dist[i]; h != nil {
				groups, _ := h.In(w)
				for _, g := range groups {
					say(i, g.Labels(), name, fmt.Sprint(g.Coverage(), g.Warnings()), g.Mean, g.Sum,
						func() (promfold.Estimate, bool) { return g.Quantile(0.9) }, func() (promfold.Estimate, bool) { return g.Over(0.5) })
				}
			}
		}
		if v := f.gauge[i]; v != nil {
			groups, err := v.At(s)
			require.NoError(t, err)
			for _, g := range groups {
				say(i, g.Labels(), " value", fmt.Sprint(g.Coverage(), g.Warnings()), g.Value)
			}
		}
		for _, x := range f.totals(i, s) {
			list = append(list, fmt.Sprint(i, x.Labels, " total ", x.Value, " ", x.Histogram))
		}
	}
	return list
}

// totals returns those of a view, which the fleet remembers; nil for a gauge.
func (f *viewed) totals(view int, s aggregate.Snapshot) []aggregate.Series {
	if v := f.count[view]; v != nil {
		return v.Totals(s)
	}
	if v := f.dist[view]; v != nil {
		return v.Totals(s)
	}
	return nil
}

// asProtobuf is a scrape of a text as a protobuf body.
func asProtobuf(t require.TestingT, sc aggregate.Scrape) aggregate.Scrape {
	p := expfmt.NewTextParser(model.UTF8Validation)
	families, err := p.TextToMetricFamilies(bytes.NewReader(sc.Body))
	require.NoError(t, err)
	var list []*dto.MetricFamily
	for _, name := range slices.Sorted(maps.Keys(families)) {
		list = append(list, families[name])
	}
	x := exposed(t, sc.Target, 0, expfmt.TypeProtoDelim, list...)
	x.Time = sc.Time
	return x
}

// apart is what two fleets see that watch different instances, and a third sees
// alone.
type apart struct {
	whole *viewed
	parts [2]*viewed
	alike bool // two that the parts watch began at one time: only the whole knows which of them it met last

	// What parts cannot know together: of pauses a fleet knows the end of the latest alone, in the order of arrival, so
	// the whole may know of another one after several, and if a scrape of a time in one comes late; and who left is
	// retired when somebody joins, in the whole perhaps before a view was declared, and in a part after it.
	pauses      int
	left, vague bool
}

// configOfParts is without a limit on instances, which the whole would meet first,
// and without a horizon, with which a merge writes down what is known.
var configOfParts = aggregate.Config{Since: at(-1), Window: time.Minute}

func newApart(t require.TestingT) apart {
	return apart{whole: newViewed(t, configOfParts), parts: [2]*viewed{newViewed(t, configOfParts), newViewed(t, configOfParts)}}
}

func (a *apart) all() []*viewed { return []*viewed{a.whole, a.parts[0], a.parts[1]} }

// halfOf is the part that watches an address.
func halfOf(name string) int {
	if name == "b" || name == "c" {
		return 1
	}
	return 0
}

// sameHalf reports whether a process is one of those that the part of an address
// watches.
func sameHalf(name string, process int) bool { return halfOf(name) == process/2 }

func (a *apart) ingest(t require.TestingT, sc aggregate.Scrape, give func(*viewed, aggregate.Scrape) error) {
	err := give(a.whole, sc)
	alone := give(a.parts[halfOf(sc.Target)], sc)
	require.True(t, a.alike || (err == nil) == (alone == nil), "one of the whole and its part refuses: %v, %v", err, alone)
}

// watching returns the fleets that are told of an address.
func (p *program) watching(name string) []*viewed {
	return []*viewed{p.fleet, p.twin, p.apart.whole, p.apart.parts[halfOf(name)]}
}

// agree checks that the fleet and its twin answer the same, and the whole and its
// merged parts, in any order.
func (p *program) agree() {
	now := at(p.now)
	require.Equal(p, p.twin.says(p, now), p.fleet.says(p, now), "as text, and in all forms")
	if p.apart.alike || p.apart.vague || p.apart.pauses > 1 {
		return
	}
	whole := saved(p, p.apart.whole.Fleet)
	for i, f := range p.apart.parts {
		w, m := loadedViewed(p, whole, configOfParts, p.views), loadedViewed(p, saved(p, f.Fleet), configOfParts, p.views)
		require.NoError(p, m.Merge(p.apart.parts[1-i].Fleet))
		for _, f := range []*viewed{w, m} { // whoever left long ago goes when somebody comes, which was at other times in the parts
			_, err := f.Ingest(scrapeOf("newcomer", p.now, p.now, typeC, "c 1"))
			require.NoError(p, err)
		}
		if !p.late { // else the parts' totals of the view began each at its latest scrape
			p.same(saved(p, w.Fleet), m, "merged parts")
		}
		require.Equal(p, w.says(p, now), m.says(p, now), "the whole, and its parts")
	}
}
