package aggregate

import (
	"cmp"
	"math"
	"slices"
	"time"

	"github.com/promfold/promfold/internal/growth"
	"github.com/promfold/promfold/internal/judge"
)

// Explanation is how the answer for a group came about. It is made of what the
// answer is made of: the members' increases add up to the group's, and their
// rates times their weights to its rate.
type Explanation struct {
	Question string // the view
	Group
	Missing  []string  // what is expected and does not answer
	From, To time.Time // the window: (From, To]
	Increase Answer
	Rate     Answer

	HasIncrease, HasRate bool

	Asymmetry    Asymmetry
	HasAsymmetry bool

	Members []MemberExplanation
}

// MemberExplanation is one instance's part in an answer, and what it rests on.
type MemberExplanation struct {
	CounterMember
	Provenance
	Since  time.Time // the scrape, or birth, from which its growth is counted
	Steps  int       // scrapes in the window
	Weight float64   // of its rate in the group's: the part of the window in which it lived
	Share  float64   // of the group's increase; 0 where there is none
	Events []Event   // by time
}

// Provenance is where an instance's data comes from, and on what evidence.
type Provenance struct {
	Targets      []string  // also those of its duplicates
	First, Last  time.Time // accepted scrapes
	Scrapes      int       // accepted in all
	Incarnations int
	Restarts     []RestartEvent // in the window
	Attributed   Evidence       // behind a balancer: why its latest scrape is taken for its
	Provisional  bool           // the latest one waits for the next to confirm it
	Alternating  bool           // its address reaches several processes
}

// RestartEvent is a scrape that found another process than the one before.
type RestartEvent struct {
	Time     time.Time
	Evidence Restart
}

// Event is what happened in one scrape to series of a member, other than that
// they grew.
type Event struct {
	Time    time.Time // of many that no window reaches any more, the first
	Verdict judge.Verdict
	Flags   judge.Flags
	Note    string // what the verdict does not say
	Series  int
	// By how much the member's increase may be too large or too small for it:
	// Lo is Value − Σ Below, Hi is Value + Σ Above, which may be +Inf.
	Below, Above float64
}

// GaugeExplanation is how the answer for a group of a gauge came about.
type GaugeExplanation struct {
	Question string
	Group
	Missing []string
	Time    time.Time
	// The value as [GaugeGroup.Value] gives it, by the view's meaning.
	Meaning  Meaning
	Value    float64
	Instance string
	HasValue bool
	Members  []GaugeMemberExplanation
}

// GaugeMemberExplanation is one instance's part in an answer, and what it
// rests on.
type GaugeMemberExplanation struct {
	GaugeMember
	Provenance
	Changed time.Time // when its value was last seen to change; zero: never
}

// asked is what the groups of an answer remember of its question.
type asked struct {
	view    *view
	covered Coverage
	missing []string
	s, e    int64
}

func (q *question) asked() asked {
	return asked{view: q.v, covered: q.coverage, missing: q.missing, s: q.s, e: q.e}
}

// provenance is told once for all groups of a gauge.
func (q *question) provenance(in *instance) *Provenance {
	p, ok := q.provenances[in]
	if !ok {
		p = new(Provenance)
		q.tell(in, p)
		if q.provenances == nil {
			q.provenances = map[*instance]*Provenance{}
		}
		q.provenances[in] = p
	}
	return p
}

// tell where an instance's data comes from, as of the question.
func (q *question) tell(in *instance, p *Provenance) {
	in.tell(p)
	p.Restarts = restartsWithin(in.restarts, q.s, q.e)
}

// tell what is the same in every window.
func (in *instance) tell(p *Provenance) {
	p.Targets = in.targets[:len(in.targets):len(in.targets)]
	p.First, p.Last, p.Scrapes, p.Incarnations = time.UnixMilli(in.first), time.UnixMilli(in.last), in.version, in.incarnation
	p.Attributed, p.Provisional, p.Alternating = in.by, in.pending != nil, in.alternates
	if in.twins != nil {
		p.Targets = in.addresses()
	}
}

func restartsWithin(all []restarted, s, e int64) (list []RestartEvent) {
	for _, r := range all {
		if r.at > s && r.at <= e {
			list = append(list, RestartEvent{time.UnixMilli(r.at), r.how})
		}
	}
	return list
}

// told is a happening as an explanation tells it. At the opening, what was
// counted before the first scrape is no part of the answer.
func (e *happening) told() Event {
	x := Event{Time: time.UnixMilli(e.At), Verdict: e.Verdict, Flags: e.Flags, Series: e.N}
	if e.Quirk != growth.NoQuirk {
		x.Note = quirkNotes[e.Quirk]
	}
	if !e.opening || e.Verdict != judge.First {
		x.Below, x.Above = e.Below.Float64(), e.Above.Float64()
		if e.Open > 0 {
			x.Above = math.Inf(1)
		}
	}
	return x
}

var quirkNotes = [...]string{
	growth.NoSum:     "sum missing or not finite",
	growth.Torn:      "read while being written",
	growth.NewLayout: "other buckets than before",
	growth.Malformed: "counts that cannot be",
}

// Explain tells how the answer came about.
func (g *CounterGroup) Explain() Explanation {
	if g.answer == nil {
		return Explanation{Group: g.Group} // of no question
	}
	a := g.answer
	x := Explanation{
		Question: a.view.String(), Group: g.Group, Missing: a.missing,
		From: time.UnixMilli(a.s), To: time.UnixMilli(a.e),
	}
	x.Increase, x.HasIncrease = g.Increase()
	x.Rate, x.HasRate = g.Rate()
	x.Asymmetry, x.HasAsymmetry = g.Asymmetry()
	g.each(func(sh *shared, p *part) {
		m := g.member(sh, p)
		e := MemberExplanation{CounterMember: m, Provenance: sh.from, Since: time.UnixMilli(sh.since), Steps: sh.steps}
		e.Targets, e.Restarts = slices.Clone(e.Targets), restartsWithin(sh.restarts, a.s, a.e)
		a.happenings(p, func(h *happening) { e.Events = append(e.Events, h.told()) })
		e.Events = together(e.Events)
		if !m.Older && x.Increase.Value > 0 {
			e.Share = m.Increase.Value / x.Increase.Value
		}
		if a.window() > 0 {
			e.Weight = sh.weight
		}
		x.Members = append(x.Members, e)
	})
	return x
}

// together sorts events by time, and makes one of those that only differ in
// the series.
func together(list []Event) []Event {
	slices.SortStableFunc(list, func(a, b Event) int {
		return cmp.Or(a.Time.Compare(b.Time), cmp.Compare(a.Verdict, b.Verdict), cmp.Compare(a.Flags, b.Flags), cmp.Compare(a.Note, b.Note),
			cmp.Compare(a.Below, b.Below), cmp.Compare(a.Above, b.Above)) // so that sums do not depend on the order
	})
	out := list[:0]
	for _, e := range list {
		if n := len(out); n > 0 && sameHappening(out[n-1], e) {
			last := &out[n-1]
			last.Series, last.Below, last.Above = last.Series+e.Series, last.Below+e.Below, last.Above+e.Above
			continue
		}
		out = append(out, e)
	}
	return out
}

func sameHappening(a, b Event) bool {
	return a.Time.Equal(b.Time) && a.Verdict == b.Verdict && a.Flags == b.Flags && a.Note == b.Note
}

// Explain tells how both sides of the ratio came about, over the same steps.
func (g *RatioGroup) Explain() (numerator, denominator Explanation) {
	return g.num.Explain(), g.den.Explain()
}

// Explain tells how the answer came about.
func (g *GaugeGroup) Explain() GaugeExplanation {
	if g.asked == nil {
		return GaugeExplanation{Group: g.Group} // of no question
	}
	x := GaugeExplanation{Question: g.asked.view.String(), Group: g.Group, Missing: g.asked.missing, Time: time.UnixMilli(g.asked.e)}
	x.Meaning = g.meaning
	x.Value, x.Instance, x.HasValue = g.Value()
	for _, m := range g.members {
		e := GaugeMemberExplanation{GaugeMember: m, Provenance: *m.from}
		e.Targets = slices.Clone(e.Targets)
		if m.changed != 0 {
			e.Changed = time.UnixMilli(m.changed)
		}
		x.Members = append(x.Members, e)
	}
	return x
}
