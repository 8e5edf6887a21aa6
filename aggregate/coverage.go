package aggregate

import (
	"fmt"
	"maps"
	"slices"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"

	"github.com/promfold/promfold/internal/explain"
	"github.com/promfold/promfold/internal/growth"
	"github.com/promfold/promfold/internal/lines"
	"github.com/promfold/promfold/internal/roster"
)

// Coverage says on how much of the fleet an answer rests. Missing is not zero.
type Coverage struct {
	Expected  int // targets, and instances behind balancers, that should be there, given or learnt
	Missing   int // of them, those that did not answer lately
	Partial   int // instances that answered, but most of the view's family vanished from them
	Reporting int // instances that answered lately, expected or not
	Stale     int // instances that did not, and did not leave
	Failed    int // targets whose latest scrape failed
	Reset     int // instances that restarted inside the window

	Duplicates int // instances left out: other addresses of one that is in
	Ambiguous  int // scrapes through balancers that could not be attributed
}

// Share returns the part of the expected fleet that answers in full; false if
// nothing is expected.
func (c Coverage) Share() (float64, bool) { return roster.Coverage(c).Share() }

// String lists the expected count and every non-zero deficit.
func (c Coverage) String() string { return roster.Coverage(c).String() }

// CoverageError refuses an answer that would rest on too little of the fleet.
type CoverageError struct {
	Coverage Coverage
	AtLeast  float64
	Missing  []string // expected targets without an answer, and instances that answer in part
}

func (e *CoverageError) Error() string {
	share, _ := e.Coverage.Share()
	text := fmt.Sprintf("covers %.3g %% of the fleet, less than the %.3g %% required: %s", 100*share, 100*e.AtLeast, e.Coverage)
	if len(e.Missing) > 0 {
		text += "; missing " + explain.Few(e.Missing)
	}
	return text
}

// live reports whether the instance answered recently enough to be part of the
// present. A deadline that was told is a word of it, too.
func (f *Fleet) live(in *instance, e int64) bool {
	if b := in.pool; b != nil {
		return !in.gone && b.live(in) && !b.spacings.Stale(e-b.last, f.cfg.Staleness)
	}
	silent := e - in.last
	if in.gone || !in.spacings.Stale(silent, f.cfg.Staleness) {
		return !in.gone
	}
	a := f.attempts(in)
	return a.Word() != 0 && !in.spacings.Stale(e-a.Word(), f.cfg.Staleness)
}

// attempts returns what was told of the addresses of an instance since its
// latest scrape. Of those behind a balancer it is not known whose failure it was.
func (f *Fleet) attempts(in *instance) (a roster.Attempts) {
	if in.pool != nil {
		return a
	}
	for _, name := range in.targets {
		if t := f.targets[name]; t != nil && !t.gone && f.balancers[name] == nil {
			a.Add(in.last, t.tried.Load(), t.failure())
		}
	}
	return a
}

// standing returns how far an instance is part of the present.
func (f *Fleet) standing(in *instance, e int64) roster.Standing {
	a := f.attempts(in)
	return roster.StandingOf(f.live(in, e), in.gone, a.Failure())
}

// opening returns when the first round of scrapes was over: when some instance
// had been scraped twice. For instances of the first round, what they counted
// before their first scrape is no part of an answer; for later ones it is
// growth that may have been missed.
func (f *Fleet) opening() int64 {
	over := farFuture
	if f.opened != 0 {
		over = f.opened
	}
	for _, in := range f.ordered {
		if in.second != 0 {
			over = min(over, in.second)
		}
	}
	return over
}

const farFuture = int64(1<<63 - 1)

// cover returns on how much of the fleet an answer rests.
func (q *question) cover() Coverage {
	var c roster.Coverage
	for _, ls := range q.m.doubles {
		if q.scope.holds(ls) {
			c.Duplicates++
		}
	}
	for i := range q.states {
		x := &q.states[i]
		gone := x.gone || x.departed || x.standing == roster.Absent && x.in.replaced()
		c.AddMember(roster.Member{Standing: x.standing, Gone: gone, Partial: q.partialNow(x.in), Restarted: q.restarted(x.in)})
	}
	q.aims(func(a *roster.Aim) { c.AddTarget(a) })
	return Coverage(c)
}

// aims calls do for each target that the question is about.
func (q *question) aims(do func(*roster.Aim)) {
	for i := range q.m.targets {
		if a := &q.m.targets[i]; q.scope.holds(a.labels) {
			do(&a.Aim)
		}
	}
}

// named lists what of says of the targets, by name.
func (q *question) named(of func(*roster.Aim) string) []string {
	var list []string
	q.aims(func(a *roster.Aim) {
		if text := of(a); text != "" {
			list = append(list, text)
		}
	})
	slices.Sort(list)
	return list
}

// inPart returns the instances that answer only in part.
func (q *question) inPart() []string {
	var list []string
	for i := range q.states {
		if x := &q.states[i]; x.standing == roster.Present && q.partialNow(x.in) {
			list = append(list, x.in.name+" (in part)")
		}
	}
	return list
}

// aim is a target at a moment.
type aim struct {
	labels labels.Labels
	roster.Aim
}

// aim finds the expected targets and how many of them answer: a target answers
// if an instance that is present is behind it; of a balancer, as many as there
// are live instances. Of several addresses of one process one is expected,
// unless the program named them all.
func (m *moment) aim() {
	list := m.f.addresses()
	for i := range list {
		a := &list[i]
		x := aim{labels: m.f.labelsAt(a.name), Aim: roster.Aim{Name: a.name, Balanced: a.balancer != nil, Failed: a.failed(m.e)}}
		met, present := m.reached(a)
		switch {
		case a.balancer != nil:
			x.Unclear = a.balancer.Unclear
			if t := a.target; t == nil || t.gone {
				break
			}
			if x.Live, x.Expected = a.balancer.alive(m.f, m.e), a.balancer.pool().Expects(); x.Expected == 0 && !present {
				x.Expected = 1 // at least
			}
			x.Unmet = max(0, x.Expected-max(len(a.balancer.Members), len(a.behind)))
		case a.expected(m.f, m.e):
			x.Expected = 1
			if present {
				x.Live = 1
			}
			if !met {
				x.Unmet = 1
			}
		}
		if x.Matters() {
			m.targets = append(m.targets, x)
		}
	}
}

// reached reports whether an instance answered at the address, and whether one
// of them is present.
func (m *moment) reached(a *address) (met, present bool) {
	for _, in := range a.behind {
		if in = in.until(m.e); in != nil {
			met, present = true, present || m.standing(in) == roster.Present
		}
	}
	return met, present
}

// standing returns how an instance stands at the moment.
func (m *moment) standing(in *instance) roster.Standing {
	if in.looked.number == m.number {
		return in.looked.standing
	}
	return m.f.standing(in, m.e)
}

// alive returns how many instances behind the balancer answered recently,
// without those that have an address of their own.
func (b *balanced) alive(f *Fleet, e int64) int {
	n := 0
	for _, m := range b.Members {
		if m.pool == b && m.Twins == nil && f.live(m, e) {
			n++
		}
	}
	return n
}

// noteShrunk finds families that lost most of their lines, or have them back,
// in a scrape that is accepted but not committed yet.
func (s *staged) noteShrunk() {
	in := s.in
	if !s.alone || !s.r.Structural() && s.restart == noRestart {
		return
	}
	oldest := in.history.Oldest()
	if s.baseline || s.restart != noRestart {
		in.shrunk = roster.Recover(in.shrunk, s.at, oldest, func(*roster.Shrunk) bool { return true })
		return
	}
	lost := s.lost()
	if len(lost)+len(in.shrunk) == 0 {
		return
	}
	before, now := s.countFamilies(&in.cols), s.countFamilies(&s.body)
	in.shrunk = roster.Recover(in.shrunk, s.at, oldest, func(x *roster.Shrunk) bool { return !roster.LostMost(x.Before, now[x.Family.Name]) })
	for _, name := range slices.Sorted(maps.Keys(lost)) {
		if b, n := before[name], now[name]; roster.LostMost(b, n) {
			in.shrunk = roster.Shrink(in.shrunk, roster.Shrunk{Family: lost[name], At: s.at, Before: b, Lines: n})
			s.report.Partial = append(s.report.Partial, name)
			s.report.Warnings = append(s.report.Warnings, fmt.Sprintf("only %d of %d lines of %s are left, of the same process: it may be partial", n, b, name))
		}
	}
}

// lost returns the families of the lines that vanished, if enough did.
func (s *staged) lost() map[string]*lines.Family {
	gone := s.r.Gone()
	if !roster.Enough(len(gone)) {
		return nil
	}
	lost := map[string]*lines.Family{}
	for _, old := range gone {
		f := s.f.store.Line(s.in.cols.ID(int(old))).Family
		lost[f.Name] = f
	}
	return lost
}

func (s *staged) countFamilies(in interface {
	Len() int
	ID(pos int) lines.ID
}) map[string]int {
	lines := map[string]int{}
	for pos := range in.Len() {
		lines[s.f.store.Line(in.ID(pos)).Family.Name]++
	}
	return lines
}

// partialNow reports whether the instance answers the family of the view only
// in part. Views of many families do not ask: some family always is partial,
// which says nothing of the others.
func (q *question) partialNow(in *instance) bool {
	return !q.v.every() && slices.ContainsFunc(in.shrunk, func(x roster.Shrunk) bool { return q.v.selection.About(x.Family) && x.Open(q.e) })
}

// partials returns the families of which members may miss lines in the window,
// of a gauge those that miss them now.
func (q *question) partials() (list partials) {
	from := q.s
	if q.v.kind == growth.Gauge {
		from = farFuture
	}
	for i := range q.states {
		in := q.states[i].in
		for i := range in.shrunk {
			if x := &in.shrunk[i]; q.v.selection.About(x.Family) && x.In(from, q.e) {
				list = append(list, partial{x.Family, x.Text(in.name)})
			}
		}
	}
	return list
}

// partials are remarks about families.
type partials []partial

type partial struct {
	family *lines.Family
	text   string
}

// words returns the remarks for a group; in a view of every family, those for
// its metric.
func (list partials) words(v *view, group labels.Labels) (words []string) {
	for i := range list {
		if x := &list[i]; !v.every() || growth.OfFamily(group.Get(model.MetricNameLabel), x.family) {
			words = append(words, x.text)
		}
	}
	return words
}
