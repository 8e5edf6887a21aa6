package growth

import (
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/promfold/promfold/internal/judge"
)

// selections are views of all kinds; several follow the same lines.
func selections() []*Selection {
	one := []*labels.Matcher{labels.MustNewMatcher(labels.MatchEqual, "k", "1")}
	return []*Selection{
		{Kind: Counter, Metric: "c"},
		{Kind: Counter, Metric: "c", Where: one, By: []string{"k"}},
		{Kind: Counter, Metric: "c", By: []string{"k"}, Rules: judge.Rules{Owner: judge.OwnerProcess}},
		{Kind: Counter, Metric: "c", Rules: judge.Rules{BoundBirths: true}},
		{Kind: Histogram, Metric: "h", By: []string{"k"}},
		{Kind: Counter, Metric: "h_count"},
		{Kind: Counter, Metric: "h_sum", Where: one},
		{Kind: Counter, Metric: "d"}, // a gauge in the bodies: another type
		{Kind: Gauge, Metric: "d", By: []string{"k"}},
		{Kind: Counter, Every: true},
		{Kind: Histogram, Every: true, Rules: judge.Rules{BoundBirths: true}},
		{Kind: Gauge, Every: true},
	}
}

// story draws bodies whose lines come, go, change places, stand twice, fall and
// rise again.
type story struct {
	*rand.Rand
	values map[string]float64
	at     int64
	start  int64

	summaries bool // in place of histograms
}

func newStory(t *rapid.T) *story {
	s := &story{rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "story"), 0)), map[string]float64{}, 100_000, 0, false}
	if s.IntN(2) == 0 {
		s.start = 50_000
	}
	return s
}

// next draws a body.
func (s *story) next() string {
	n := func(most int) int { return s.IntN(most + 1) }
	s.at += 10_000
	if n(9) == 0 { // the process starts anew
		if s.start != 0 {
			s.start = s.at - 5000
		}
		clear(s.values)
	}
	grow := func(series string) float64 {
		switch x := s.values[series]; n(12) {
		case 0:
			s.values[series] = math.Floor(x * 0.9)
		case 1:
			s.values[series] = 0
		default:
			s.values[series] = x + float64(n(20))
		}
		return s.values[series]
	}
	families := make([]string, 3)
	var list []string
	for _, k := range s.Perm(4) {
		line := fmt.Sprintf(`c{k="%d"} `, k)
		if x := grow(line); n(5) > 0 {
			if n(15) == 0 {
				x = math.NaN()
			}
			list = append(list, line+fmt.Sprint(x))
			if n(15) == 0 {
				list = append(list, line+fmt.Sprint(x+1)) // once more
			}
		}
	}
	families[0] = text("c", "counter", list...)
	list = nil
	if n(9) == 0 { // another version of the program
		s.summaries = !s.summaries
	}
	for k := range 2 {
		if n(6) == 0 {
			continue
		}
		whole := n(9) > 0
		if s.summaries && whole {
			list = append(list, fmt.Sprintf(`h{k="%d",quantile="0.5"} %d`, k, n(9)))
		}
		sum, count := 0.0, 0.0
		for i, bound := range []string{"1", "2", "5", "+Inf"} {
			count += grow(fmt.Sprintf("h %d %d", k, i))
			if n(60) == 0 {
				count /= 2 // counts that fall with le
			}
			if sum += count; !s.summaries && whole && (bound == "+Inf" || n(7) > 0) {
				list = append(list, fmt.Sprintf(`h_bucket{k="%d",le=%q} %v`, k, bound, count))
			}
		}
		list = append(list, fmt.Sprintf(`h_sum{k="%d"} %v`, k, sum))
		if s.summaries || !whole || n(4) > 0 {
			list = append(list, fmt.Sprintf(`h_count{k="%d"} %v`, k, count))
		}
	}
	families[1] = text("h", map[bool]string{false: "histogram", true: "summary"}[s.summaries], list...)
	families[2] = text("d", "gauge", fmt.Sprintf(`d{k="%d"} %d`, n(2), n(3)))
	s.Shuffle(3, func(i, j int) { families[i], families[j] = families[j], families[i] })
	return strings.Join(families, "")
}

// A plan that is carried over follows the same as one made anew of the body.
func TestCarriedPlanIsThatOfTheBody(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b, s := newBed(t, selections()...), newStory(t)
		exposed := make([]bool, b.router.Views())
		for range rapid.IntRange(2, 12).Draw(t, "scrapes") {
			body := s.next()
			b.scrape(s.at, s.start, body)
			naive := b.naive(&b.body, nil)
			for v := range exposed {
				exposed[v] = exposed[v] || naive.Presence(v).Exposes
				naive.Presence(v).Exposes = exposed[v]
			}
			require.Equal(t, b.written(naive), b.written(b.plan), "of\n%s", body)
			b.commit()
		}
	})
}

// Where all objects stay, what they lead to is not looked up once more.
func TestPlanHandsOnWhereItLeads(t *testing.T) {
	b := newBed(t, &Selection{Kind: Counter, Metric: "c", By: []string{"k"}})
	b.scrape(1000, 500, text("c", "counter", `c{k="1"} 1`, `c{k="2"} 7`))
	assert.Equal(t, 2, b.plan.leads(0).n)
	before := b.plan
	b.commit()
	b.scrape(2000, 500, text("c", "counter", `c{k="1"} 2`, `c{k="2"} 7`, `c{k="3"} 1`))
	require.NotSame(t, before, b.plan)
	assert.Equal(t, 2, b.plan.ledBy)
	assert.Equal(t, 3, b.plan.leads(0).n)
	assert.Equal(t, 2, before.leads(0).n)
	b.commit()
	b.scrape(3000, 500, text("c", "counter", `c{k="1"} 2`, `c{k="3"} 1`))
	assert.Zero(t, b.plan.ledBy, "one ended")
	assert.Equal(t, 2, b.plan.leads(0).n)
}

// written says what a plan follows, whatever numbers its objects have.
func (b *bed) written(p *Plan) (list []string) {
	series := map[seriesKey]bool{}
	for i := range p.objects {
		o := &p.objects[i]
		var at []uint32
		for _, e := range p.entries {
			if e.object == uint32(i) {
				at = append(at, e.pos)
			}
		}
		require.True(b.t, slices.IsSorted(at))
		require.Contains(b.t, at, o.line)
		what := fmt.Sprint(o.kind, *p.rules(o), at, p.Sinks(uint32(i)))
		if o.kind != Gauge {
			for key, x := range b.st.usuals {
				if x == p.tops[o.family] {
					what += fmt.Sprint(" as usual for ", key)
				}
			}
		}
		if o.kind == Histogram {
			h := p.hists[o.hist]
			what += fmt.Sprint(h.series, h.form, p.buckets[h.from:h.to], boundsOf(h.layout), h.sum, h.count, h.native)
			require.NotContains(b.t, series, seriesKey{h.series, h.class, h.epoch}, "one object for a series and rules")
			series[seriesKey{h.series, h.class, h.epoch}] = true
		}
		list = append(list, what)
	}
	slices.Sort(list)
	for v := range p.views {
		led := p.leads(v)
		columns := make([]bool, len(led.to))
		p.Used(int32(v), columns)
		require.Equal(b.t, columns, append([]bool{}, led.to...), "columns of view %d", v)
		list = append(list, fmt.Sprint("view ", v, p.views[v], p.gauges[v], led.n))
	}
	return list
}

// Each object is judged once: whatever other views take its step, it is the same.
func TestOneVerdictForAllViews(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		list := selections()
		subject := rapid.SampledFrom(list).Draw(t, "view")
		alone, beside := newBed(t, subject), newBed(t, list...)
		s := newStory(t)
		for range rapid.IntRange(2, 15).Draw(t, "scrapes") {
			body := s.next()
			alone.scrape(s.at, s.start, body)
			beside.scrape(s.at, s.start, body)
			all := beside.told()
			for object, step := range alone.told() {
				require.Equal(t, step, all[object], "%s of\n%s", object, body)
			}
			alone.commit()
			beside.commit()
		}
	})
}

// Nor does it matter what was declared before it, or after it: what a view knows
// begins with its declaration.
func TestOneVerdictForLateViews(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		list := selections()
		subject := rapid.SampledFrom(list).Draw(t, "view")
		alone, beside, s := newBed(t), newBed(t, list...), newStory(t)
		first := rapid.IntRange(0, 8).Draw(t, "declared before scrape")
		more := rapid.IntRange(0, 12).Draw(t, "others before scrape")
		for i := range 16 {
			if i == more {
				beside.declare(list...)
			}
			if i == first {
				alone.declare(subject)
				beside.declare(subject)
			}
			body := s.next()
			alone.scrape(s.at, s.start, body)
			beside.scrape(s.at, s.start, body)
			all := beside.told()
			for object, step := range alone.told() {
				if began(step) == began(all[object]) { // else the pace that is usual for the metric decided, which began with the views
					require.Equal(t, step, all[object], "%s of\n%s", object, body)
				}
			}
			alone.commit()
			beside.commit()
		}
	})
}

// Views with the same rules share an object, each other set of rules has one of
// its own.
func TestSharedObjects(t *testing.T) {
	b := newBed(t, selections()...)
	b.scrape(1000, 0, text("c", "counter", `c{k="1"} 5`)+buckets("h", 3, 1, 2))
	sinks := map[string][]int32{}
	for i := range b.plan.objects {
		var views []int32
		for _, s := range b.plan.Sinks(uint32(i)) {
			views = append(views, s.View)
		}
		name := b.name(uint32(i))
		require.NotContains(t, sinks, name)
		sinks[name] = views
	}
	assert.Len(t, sinks, 5)
	assert.Contains(t, slices.Collect(maps.Values(sinks)), []int32{0, 1, 9}, "plain rules on c")
	assert.Contains(t, slices.Collect(maps.Values(sinks)), []int32{4, 5}, "plain rules on h, the count included")
	assert.Contains(t, slices.Collect(maps.Values(sinks)), []int32{10}, "bounded births")
}

// A scrape whose lines stay in place needs no new plan.
func TestSteadyPlanStays(t *testing.T) {
	b := newBed(t, selections()...)
	for i := range int64(4) {
		b.scrape(1000*(i+1), 500, text("c", "counter", fmt.Sprintf(`c{k="1"} %d`, i), `c{k="2"} 7`))
		b.commit()
	}
	assert.Equal(t, 1, b.planned)
}
