package truth

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/promfold/promfold"
	"github.com/promfold/promfold/internal/cases"
)

// ideal answers from the bodies alone, by the rules in the documentation, but
// with one thing that no fleet has: it is told which process answered. Its
// answers must not miss. It shares no code with the truth.
type ideal struct {
	*Fleet
	start, end ms
	order      int
	read       map[string]map[string]float64
}

var (
	textLine  = regexp.MustCompile(`(?m)^(\w+?)(?:_total)?(?:\{(.*)\})? (\S+)$`)
	protoLine = regexp.MustCompile(`(?m)^name:"(\w+)".*$`)
	protoItem = regexp.MustCompile(`metric:\{(?:label:\{name:"k" value:(".")\} )?(?:counter:\{value:|histogram:\{sample_count:)([0-9.]+)`)
)

// values returns what a scrape shows of a view, by labels.
func (a *ideal) values(r reading, v selection) map[string]float64 {
	key := fmt.Sprint(r.order, v)
	if a.read[key] == nil {
		a.read[key] = a.parse(r, v)
	}
	return a.read[key]
}

func (a *ideal) parse(r reading, v selection) map[string]float64 {
	s := a.Case.Steps[r.order].(*cases.Scrape)
	list := map[string]float64{}
	add := func(labels, value string) {
		x, err := strconv.ParseFloat(value, 64)
		if err == nil && (v.label == "" || v.label == labels) {
			list[labels] = x
		}
	}
	if s.Proto {
		for _, family := range protoLine.FindAllStringSubmatch(s.Body, -1) {
			if family[1] == v.family {
				for _, m := range protoItem.FindAllStringSubmatch(family[0], -1) {
					label := ""
					if m[1] != "" {
						label = "k=" + m[1]
					}
					add(label, m[2])
				}
			}
		}
		return list
	}
	name := v.family
	if name == "h" {
		name = "h_count"
	}
	for _, m := range textLine.FindAllStringSubmatch(s.Body, -1) {
		if m[1] == name {
			add(m[2], m[3])
		}
	}
	return list
}

// step is the growth between two readings, or before the first one.
type idealStep struct {
	from, to  ms // when it was counted
	gap       ms // before that, which no reading covers
	lo, v, hi float64
}

func (a *ideal) machine(v selection) bool {
	return v.family == "x" || v.family == "c" && a.program.external
}

// steps are those of a place that end in the window.
func (a *ideal) steps(pl *place, v selection) (list []idealStep, rs []reading) {
	for _, r := range pl.readings {
		if r.order < a.order && r.at <= a.end {
			rs = append(rs, r)
		}
	}
	for j, r := range rs {
		if r.at <= a.start {
			continue
		}
		now, p := a.values(r, v), r.process
		sum := 0.0
		for _, x := range now {
			sum += x
		}
		switch {
		case j == 0 && !a.machine(v) && p.life.from > a.since && p.tell != unsaid:
			list = append(list, idealStep{p.life.from, r.at, 0, sum, sum, sum})
		case j == 0 && r.at <= a.round() && (a.machine(v) || p.life.from <= a.since):
		case j == 0:
			list = append(list, idealStep{r.at, r.at, 0, 0, 0, sum})
		case rs[j-1].process == p || a.machine(v):
			x := idealStep{from: rs[j-1].at, to: r.at}
			before := a.values(rs[j-1], v)
			for k, c := range now {
				if was, ok := before[k]; ok {
					x.lo, x.v, x.hi = x.lo+c-was, x.v+c-was, x.hi+c-was
				} else {
					x.v, x.hi = x.v+c, math.Inf(1)
				}
			}
			for k := range before {
				if _, ok := now[k]; !ok {
					x.hi = math.Inf(1)
				}
			}
			list = append(list, x)
		case p.tell == unsaid:
			list = append(list, idealStep{rs[j-1].at, r.at, r.at - rs[j-1].at, 0, sum, math.Inf(1)})
		default:
			list = append(list, idealStep{p.life.from, r.at, p.life.from - rs[j-1].at, sum, sum, math.Inf(1)})
		}
	}
	return list, rs
}

// round is when some target had been scraped twice.
func (a *ideal) round() ms {
	seen, over := map[string]bool{}, never
	for _, pl := range a.places {
		for _, r := range pl.readings {
			if key := r.target + r.process.unixStart(); seen[key] && r.order < a.order {
				over = min(over, r.at)
			} else {
				seen[key] = true
			}
		}
	}
	return over
}

func (a *ideal) increase(v selection) (e promfold.Estimate, ok bool) {
	for _, pl := range a.places {
		steps, rs := a.steps(pl, v)
		if len(rs) == 0 && pl.expected {
			e.Hi = math.Inf(1)
		}
		for _, x := range steps {
			e.Lo, e.Value, e.Hi = e.Lo+x.lo, e.Value+x.v, e.Hi+x.hi
			ok = true
		}
	}
	return e, ok
}

func (a *ideal) rate(v selection) (e promfold.Estimate, ok bool) {
	for _, pl := range a.places {
		steps, rs := a.steps(pl, v)
		if len(rs) == 0 && pl.expected {
			e.Hi = math.Inf(1)
		}
		fastest, unseen, sum := 0.0, ms(0), 0.0
		if len(rs) > 0 && rs[0].at > a.start && rs[0].process.life.from <= max(a.start, a.since) {
			unseen = rs[0].at - max(a.start, a.since)
		}
		stepped := false
		for _, x := range steps {
			if x.from == x.to {
				continue
			}
			stepped = true
			fastest = max(fastest, x.v/float64(x.to-x.from))
			sum, unseen = sum+x.v, unseen+x.gap
			if math.IsInf(x.hi, 1) && (rs[0].process.tell == unsaid || x.gap == 0) {
				sum = math.Inf(1)
			}
			if x.from-x.gap >= a.start {
				e.Lo += x.lo
			}
		}
		gone, refused := a.end, false
		for _, x := range pl.endings {
			switch known := x.order < a.order && len(rs) > 0 && x.at >= rs[len(rs)-1].at; {
			case known && x.gone:
				gone = min(gone, x.at)
			case known:
				refused = true
			}
		}
		if !stepped && !refused {
			continue
		}
		ok = ok || stepped
		if !stepped {
			fastest = a.latest(pl, v, rs)
		}
		unseen += max(0, gone-max(a.start, rs[len(rs)-1].at))
		e.Hi += sum + fastest*float64(unseen)
	}
	seconds := float64(a.end-a.start) / 1000
	e.Lo, e.Hi = e.Lo/seconds, e.Hi/seconds
	return e, ok
}

// latest is the pace of a place's latest step.
func (a *ideal) latest(pl *place, v selection, rs []reading) (pace float64) {
	last := *a
	last.start = rs[len(rs)-1].at - 1
	steps, _ := last.steps(pl, v)
	for _, x := range steps {
		if x.to > x.from {
			pace = x.v / float64(x.to-x.from)
		}
	}
	return pace
}

// rateNow adds up what each place counts over the time it was observed, for the
// places that answer: one that refuses is in Hi alone.
func (a *ideal) rateNow(v selection) (e promfold.Estimate, ok bool) {
	for _, pl := range a.places {
		steps, rs := a.steps(pl, v)
		if len(rs) == 0 && pl.expected {
			e.Hi = math.Inf(1)
		}
		var sum idealStep
		covered := ms(0)
		for _, x := range steps {
			sum.lo, sum.hi, covered = sum.lo+x.lo, sum.hi+x.hi, covered+x.to-x.from
		}
		if len(rs) == 0 {
			continue
		}
		ok = ok || covered > 0
		last := rs[len(rs)-1].at
		refused, gone, slow := false, false, false
		for _, s := range a.Case.Steps[:a.order] {
			switch s := s.(type) {
			case *cases.Fail:
				if slices.Contains(pl.targets, s.Target) && s.At.Milliseconds() >= last {
					refused, slow = s.How == "refused", slow || s.How == "timeout"
				}
			case *cases.Gone:
				gone = gone || slices.Contains(pl.targets, s.Target) && s.At.Milliseconds() >= last
			}
		}
		silent := a.end - last
		stale := pl.pool == 0 && !slow && silent > 3*median(rs) || pl.pool > 0 && silent > 20*pl.interval
		if gone || stale && !refused {
			continue
		}
		switch {
		case covered == 0:
			e.Hi += 1000 * a.latest(pl, v, rs)
			continue
		case !refused && !slow:
			e.Lo += 1000 * sum.lo / float64(covered)
		}
		e.Hi += 1000 * sum.hi / float64(covered)
	}
	return e, ok
}

// tricky are the kinds in which a counter shows what it did not count, a process
// has two names or a target two labels: an ideal answer from the bodies is not that
// simple.
var tricky = []string{
	"births", "cleared", "cleared-outgrown", "two-names", "restored", "restored-silent", "hot-restarts", "replicas", "wrapped", "mixed", "relabelled",
}

func TestIdealAnswersHold(t *testing.T) {
	for _, kind := range Kinds() {
		if slices.Contains(tricky, kind) {
			continue
		}
		exact, judged := 0, 0
		for seed := range uint64(5) {
			f, err := Simulate(kind, seed+1)
			require.NoError(t, err)
			read := map[string]map[string]float64{}
			for order, s := range f.Case.Steps {
				q, ok := s.(*cases.Ask)
				if !ok || !slices.Contains([]string{"increase", "count", "rate", "ratenow"}, q.Question.Word) {
					continue
				}
				a := ideal{f, f.since, q.At.Milliseconds(), order, read}
				if q.Window != 0 {
					a.start = max(f.since, a.end-q.Window.Milliseconds())
				}
				truth, known := f.Truth(q, order, a.start, a.end, promfold.Estimate{}, "")
				ask := a.increase
				switch q.Question.Word {
				case "rate":
					ask = a.rate
				case "ratenow":
					ask = a.rateNow
				}
				e, ok := ask(selected(q.View))
				if !known || !ok {
					continue
				}
				judged++
				require.GreaterOrEqual(t, truth.LoMax, truth.HiMin)
				miss := judge(e, truth)
				if !(miss == Hi && truth.HiExcused) {
					require.Equal(t, None, miss, "%s %d: %s %s: %s, truth %+v", f.Case.Name, order, q, q.Question, e, truth)
				}
				if q.Question.Word == "increase" && e.Lo == e.Hi && e.Lo == truth.LoMax && e.Hi == truth.HiMin {
					exact++
				}
			}
		}
		assert.Greater(t, judged, 50, kind)
		if kind == "steady" || kind == "jitter" || kind == "torn" {
			assert.Greater(t, exact, 20, "%s: exact answers equal the truth", kind)
		}
	}
}
