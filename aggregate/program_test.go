package aggregate_test

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/stretchr/testify/require"

	"github.com/promfold/promfold"
	"github.com/promfold/promfold/aggregate"
	"github.com/promfold/promfold/counter"
	"github.com/promfold/promfold/parse"
)

// FuzzProgram reads bytes as a program of what a fleet's caller does, and holds
// the fleet to its laws after each step: nothing panics or keeps a lock, a
// refused call changes nothing, every value lies in its bounds and is a number,
// totals never fall, and a state that is loaded is saved as the same bytes. Of what is
// the same, the same is said: of a body in another form, and of parts that are merged.
func FuzzProgram(f *testing.F) {
	for _, seed := range programs() {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, code []byte) {
		p := newProgram(t, code)
		for range 100 {
			if len(p.code) == 0 {
				break
			}
			p.step()
			p.hold()
		}
		p.reload()
		p.hold()
		p.agree()
	})
}

// programs are seeds: each operation between scrapes, with a few numbers.
func programs() (list [][]byte) {
	for op := range byte(operations) {
		var code []byte
		for i := range byte(8) {
			code = append(code, scrapeText, i%4, i, 200-9*i, 0, op, 3*i, i, 5, scrapeOpenMetrics, 3, i, 11+i, 0, passTime, 1+2*i)
		}
		list = append(list, code)
	}
	return list
}

// The operations of a program.
const (
	scrapeText = iota
	scrapeOpenMetrics
	scrapeSamples
	scrapeNoise
	scrapeLate
	restart
	fail
	leave
	describe
	balance
	passTime
	declareView
	reload
	joinOther
	scrapeProtobuf
	mergeParts
	operations
)

// program is a fleet, and what is known of it.
type program struct {
	*testing.T
	code  []byte
	fleet *viewed
	other *viewed // watches the same, sometimes
	twin  *viewed // sees what fleet does, as text
	apart apart
	now   float64 // seconds
	views []aggregate.View
	late  bool // some were declared after a scrape

	total map[string]float64 // the highest that was shown
	procs [4]programProcess  // behind the targets, in turn
}

type programProcess struct {
	start    float64
	requests [2]int
	buckets  [3]int // not cumulative
}

// configOfProgram has a limit that programs meet.
var configOfProgram = aggregate.Config{Since: at(-1), Window: time.Minute, JoinHorizon: time.Hour, MaxInstances: 12}

func newProgram(t *testing.T, code []byte) *program {
	p := &program{T: t, code: code, total: map[string]float64{}}
	p.fleet, p.other, p.twin = newViewed(t, configOfProgram), newViewed(t, configOfProgram), newViewed(t, configOfProgram)
	p.apart = newApart(t)
	for i := range p.procs {
		p.procs[i].start = -100 - float64(i)
	}
	for i := range 3 {
		p.declare(i)
	}
	return p
}

// viewsOfPrograms are the views that a program may declare.
var viewsOfPrograms = []aggregate.View{
	{Select: "c", By: []string{"code"}, Owner: counter.Process},
	{Select: "h"},
	{Select: "g", Combine: aggregate.Sum},
	{Select: "c", TotalsOnly: true},
	{Select: "h", By: []string{"zone"}, TotalsOnly: true},
	{Select: "g", Combine: aggregate.Max, By: []string{"zone"}, Window: time.Minute},
	{Select: "c", By: []string{"zone"}, BoundBirths: true},
	{Select: everyFamily, ByAllLabels: true},
}

// declare declares a view on all fleets, unless it is there.
func (p *program) declare(i int) {
	v := viewsOfPrograms[i]
	for _, x := range p.views {
		if fmt.Sprint(x) == fmt.Sprint(v) {
			return
		}
	}
	p.views = append(p.views, v)
	for _, f := range append(p.apart.all(), p.other, p.fleet, p.twin) {
		f.declare(p, v)
	}
}

// take returns the next byte of the program, or 0.
func (p *program) take() int {
	if len(p.code) == 0 {
		return 0
	}
	b := p.code[0]
	p.code = p.code[1:]
	return int(b)
}

// step does one operation.
func (p *program) step() {
	defer func(code []byte) { p.Logf("at %g: %v", p.now, code[:len(code)-len(p.code)]) }(p.code)
	switch op := p.take() % operations; op {
	case scrapeText, scrapeOpenMetrics, scrapeProtobuf, scrapeSamples, scrapeLate:
		p.scrape(op)
	case scrapeNoise:
		n := min(p.take()%40, len(p.code))
		noise := p.code[:n]
		p.code = p.code[n:]
		p.ingest(aggregate.Scrape{Target: addressNamed(0), Time: at(p.now), Body: noise}, nil, false)
	case restart:
		i := p.take() % len(p.procs)
		p.procs[i] = programProcess{start: math.Round(10*p.now-float64(p.take()%20)) / 10}
		for j := range p.procs {
			p.apart.alike = p.apart.alike || i/2 != j/2 && p.procs[j].start == p.procs[i].start
		}
	case fail:
		err := []error{errRefused, errors.New("timeout"), parse.ErrLimit}[p.take()%3]
		name := addressNamed(p.take())
		for _, f := range p.watching(name) {
			require.NoError(p, f.ScrapeFailed(name, at(p.now), err))
		}
	case leave:
		name := addressNamed(p.take())
		p.apart.left = true
		for _, f := range p.watching(name) {
			f.Remove(at(p.now), name)
		}
	case describe:
		t := aggregate.Target{Name: addressNamed(p.take()), Labels: labels.FromStrings("zone", string(rune('a'+p.take()%3)))}
		p.describe(t)
	case balance:
		p.apart.vague = p.apart.vague || p.apart.left // who departed there is met again, unless it was tidied up
		p.describe(aggregate.Target{Name: "lb", Balanced: true, Expected: p.take() % 4})
	case passTime:
		x := p.take()
		p.now += float64(x) / 4
		if x > 250 {
			p.now += 4000 // longer than an instance is remembered
			p.apart.pauses++
		}
	case declareView:
		p.late = true
		p.apart.vague = p.apart.vague || p.apart.left || p.apart.pauses > 0
		p.declare(p.take() % len(viewsOfPrograms))
	case reload:
		p.reload()
	case joinOther:
		p.join()
	case mergeParts:
		p.agree()
	}
}

func (p *program) describe(t aggregate.Target) {
	for _, f := range p.watching(t.Name) {
		require.NoError(p, f.Describe(at(p.now), t))
	}
}

func addressNamed(i int) string {
	return []string{"a", "b", "c", "lb", "localhost:1", "127.0.0.1:1"}[i%6]
}

// scrape has a process count, and takes in what it shows.
func (p *program) scrape(op int) {
	name, i, grown := addressNamed(p.take()), p.take()%len(p.procs), p.take()
	x := &p.procs[i]
	x.requests[grown%2] += grown
	x.buckets[grown%3] += grown / 3
	sc := aggregate.Scrape{Target: name, Time: at(p.now)}
	if op == scrapeLate {
		sc.Time = at(p.now - float64(grown))
		p.apart.vague = p.apart.vague || p.apart.pauses > 0
	}
	var body strings.Builder
	suffix, end := "", ""
	if op == scrapeOpenMetrics {
		suffix, end = "_total", "# EOF\n"
		sc.Header = http.Header{"Content-Type": {"application/openmetrics-text; version=1.0.0"}}
	}
	fmt.Fprintf(&body, "# TYPE c counter\nc%s{code=\"200\"} %d\n", suffix, x.requests[0])
	if grown%5 != 0 {
		fmt.Fprintf(&body, "c%s{code=\"500\"} %d\n", suffix, x.requests[1])
	}
	fmt.Fprintf(&body, "# TYPE g gauge\ng %d\n", grown)
	sum := 0
	body.WriteString("# TYPE h histogram\n")
	for j, le := range []string{"0.1", "1", "+Inf"} {
		sum += x.buckets[j]
		fmt.Fprintf(&body, "h_bucket{le=%q} %d\n", le, sum)
	}
	fmt.Fprintf(&body, "h_count %d\nh_sum %d\n", sum, sum)
	if grown%7 != 0 { // else it does not tell when it started
		fmt.Fprintf(&body, "# TYPE process_start_time_seconds gauge\nprocess_start_time_seconds %.1f\n", float64(t0.Unix())+x.start)
	}
	body.WriteString(end)
	sc.Body = []byte(body.String())
	alone := sameHalf(name, i)
	switch op {
	case scrapeSamples:
		list, err := parse.Samples(nil, sc.Body)
		require.NoError(p, err)
		sc.Body = nil
		p.ingest(sc, list, alone)
	case scrapeProtobuf:
		p.ingestBoth(asProtobuf(p, sc), sc, nil, alone)
	default:
		p.ingest(sc, nil, alone)
	}
}

// ingest gives a scrape to the fleet and its twin.
func (p *program) ingest(sc aggregate.Scrape, list []parse.Sample, alone bool) {
	p.ingestBoth(sc, sc, list, alone)
}

// ingestBoth gives a scrape to the fleet, sometimes to the other one, and in
// another form to its twin. Whether it is twice the same, refused or taken in, the
// fleet is whole.
func (p *program) ingestBoth(sc, twin aggregate.Scrape, list []parse.Sample, alone bool) {
	before := saved(p, p.fleet.Fleet)
	give := func(f *viewed, sc aggregate.Scrape) error {
		if list != nil {
			_, err := f.IngestSamples(sc, list)
			return err
		}
		_, err := f.Ingest(sc)
		return err
	}
	err := give(p.fleet, sc)
	told := give(p.twin, twin)
	again := errors.Is(err, aggregate.ErrConflict) || sc.Target == "lb" && errors.Is(err, aggregate.ErrLate)
	if !again { // to the twin it may be the same text once more
		require.Equal(p, err == nil, told == nil, "one form is refused and the other one is not: %v, %v", err, told)
	}
	if alone {
		p.apart.ingest(p, sc, give)
	}
	if err != nil {
		p.same(before, p.fleet, "a refused scrape changed something: %v", err)
		return
	}
	after := saved(p, p.fleet.Fleet)
	if err := give(p.fleet, sc); err == nil {
		p.same(after, p.fleet, "the same scrape again changed something")
	}
	if p.take()%2 == 0 {
		_ = give(p.other, sc)
	}
}

// same checks that a fleet is in a state.
func (p *program) same(state []byte, f *viewed, why string, args ...any) {
	if now := saved(p, f.Fleet); !bytes.Equal(state, now) {
		p.Fatalf(why+": %d and %d bytes, which differ from %d on", append(args, len(state), len(now), differ(state, now))...)
	}
}

func differ(a, b []byte) int {
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return i
		}
	}
	return min(len(a), len(b))
}

// reload goes on with what was saved.
func (p *program) reload() {
	state := saved(p, p.fleet.Fleet)
	p.fleet = loadedViewed(p, state, configOfProgram, p.views)
	p.same(state, p.fleet, "a loaded state")
}

// join tells each watcher what the other one knows. It may be refused, such as
// of views that one of them lacks, and changes nothing then.
func (p *program) join() {
	before, theirs := saved(p, p.fleet.Fleet), saved(p, p.other.Fleet)
	err := p.fleet.Join(p.other.Fleet)
	require.Equal(p, err == nil, p.twin.Join(p.other.Fleet) == nil, "what is known of the other one does not rest on forms: %v", err)
	if err != nil {
		p.same(before, p.fleet, "a refused join changed something: %v", err)
	}
	p.same(theirs, p.other, "who is joined is left as it is")
	once := saved(p, p.fleet.Fleet)
	if err := p.fleet.Join(p.other.Fleet); err == nil {
		p.same(once, p.fleet, "a join again changed something")
	}
	_ = p.other.Join(p.fleet.Fleet)
}

// hold asks everything, and checks the answers.
func (p *program) hold() {
	differs, _ := p.fleet.Surveyed(at(p.now))
	require.Empty(p, differs)
	s := p.fleet.Snapshot(at(p.now))
	s.Health()
	for i, v := range p.views {
		windows := []aggregate.Window{s.SinceStart(), s.Last(time.Minute), s.Last(20 * time.Second)}
		if v.TotalsOnly {
			windows = windows[:1]
		}
		for _, w := range windows {
			switch {
			case p.fleet.count[i] != nil:
				groups, err := p.fleet.count[i].In(w)
				require.NoError(p, err)
				for _, g := range groups {
					p.numbers(v, g.Increase, g.Rate, g.RateNow)
				}
			case p.fleet.dist[i] != nil:
				groups, err := p.fleet.dist[i].In(w)
				require.NoError(p, err)
				for _, g := range groups {
					p.numbers(v, g.Mean, g.Sum, func() (promfold.Estimate, bool) { return g.Quantile(0.9) },
						func() (promfold.Estimate, bool) { return g.Over(0.5) })
				}
			}
		}
		if g := p.fleet.gauge[i]; g != nil {
			groups, err := g.At(s)
			require.NoError(p, err)
			for _, g := range groups {
				p.numbers(v, g.Value)
			}
		}
		p.shown(i, p.fleet.totals(i, s))
		p.twin.totals(i, p.twin.Snapshot(at(p.now))) // which are never less than what was shown
	}
}

// numbers checks answers: numbers, in their bounds.
func (p *program) numbers(v aggregate.View, asks ...func() (promfold.Estimate, bool)) {
	for i, ask := range asks {
		x, ok := ask()
		if !ok {
			continue
		}
		require.False(p, math.IsNaN(x.Lo) || math.IsNaN(x.Value) || math.IsNaN(x.Hi), "%+v, answer %d: %v", v, i, x)
		require.True(p, x.Lo <= x.Value && x.Value <= x.Hi, "%+v, answer %d: %v", v, i, x)
	}
}

// shown checks that no total falls.
func (p *program) shown(view int, list []aggregate.Series) {
	for i := range list {
		x := list[i].Value
		if h := list[i].Histogram; h != nil {
			x = h.Count
			require.NoError(p, h.Validate(), "%+v %s: %+v", p.views[view], list[i].Labels, h)
		}
		key := fmt.Sprint(view, list[i].Labels)
		require.GreaterOrEqual(p, x, p.total[key], "%+v %s fell", p.views[view], list[i].Labels)
		p.total[key] = x
	}
}
