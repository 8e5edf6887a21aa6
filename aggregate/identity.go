package aggregate

import (
	"slices"

	"github.com/promfold/promfold/internal/evidence"
	"github.com/promfold/promfold/internal/growth"
	"github.com/promfold/promfold/internal/identity"
	"github.com/promfold/promfold/internal/judge"
	"github.com/promfold/promfold/internal/life"
	"github.com/promfold/promfold/internal/lines"
	"github.com/promfold/promfold/internal/window"
)

// retake stages a scrape as one of an instance's; staged says that it has been read against the instance's columns
// already.
func (s *staged) retake(who *instance, sc *incoming, staged bool) error {
	s.in, s.report.Instance = who, who.name
	if !staged {
		if err := s.open(&who.cols, sc); err != nil {
			return err
		}
		s.start = s.readStart(sc)
	}
	s.report.Lines, s.report.Changed = s.r.Len(), len(s.r.Changed())
	if who.seen() && s.at <= who.Last {
		if s.at < who.Last || !s.same() {
			return ErrLate
		}
		s.report.Duplicate, s.report.Incarnation = true, who.Incarnation
		return nil
	}
	s.judgeMember()
	if s.baseline || s.r.Structural() || who.plan == nil || s.f.unclaimed != nil ||
		!slices.Contains(who.targets, s.target) || s.crowded() || !s.roomy() || !s.followed() {
		return s.rebind()
	}
	return nil
}

// judge weighs what the scrape says about the process: the same as before, started anew, or another one.
func (s *staged) judge() {
	s.weigh()
	d := &s.scraped.Decision
	x := s.succession()
	x.Fell = s.in.seen() && s.start != s.in.Start && s.anyFell()
	switch d.Restart {
	case judge.RestartProven, judge.RestartRestored, judge.RestartMoved, judge.RestartOther:
		s.alternating = x.Returned()
	}
	if s.in.seen() && (s.alternating || x.Another()) {
		*d = judge.Decision{Restart: judge.RestartOther}
	}
	switch d.Restart {
	case judge.RestartProven, judge.RestartRestored:
		s.restart = life.Proven
	case judge.RestartGuessed:
		s.restart = life.Guessed
	case judge.RestartOther:
		s.restart, s.baseline = life.Another, true
	}
	s.scraped.First, s.scraped.Process = s.baseline, s.baseline || s.restart != life.NoRestart
}

// judgeMember weighs a scrape that was attributed to a process: behind a balancer each is an instance, which does not
// restart.
func (s *staged) judgeMember() {
	s.weigh()
	if s.start.Known() && s.in.Start.Known() {
		s.scraped.Decision = judge.Decision{Restart: judge.RestartUnmoved}
	} else if s.scraped.Decision.Restart != judge.RestartUnknown {
		s.scraped.Decision = judge.Decision{Blind: true}
	}
	s.scraped.First, s.scraped.Process = s.baseline, s.baseline
}

// weigh gathers what the scrape says, for those who judge its series.
func (s *staged) weigh() {
	in := s.in
	s.baseline = !in.seen()
	s.scraped = growth.Scraped{
		Store: s.f.store, Reader: s.r, Before: &in.cols, Body: &s.body,
		At: s.at, LastTime: in.Last, Start: s.start.At, Rules: s.f.router.Tolerance, Router: s.f.router, Layouts: &s.f.set,
		Vanishing: growth.Vanishing(s.f.store, s.r, &in.cols), Scratch: &s.scratch,
	}
	if s.start.Comparable(in.Start) {
		s.scraped.PrevStart = in.Start.At
	}
	if s.start.Near(in.Start, s.scraped.Rules.StartTolerance) {
		s.lead = s.lead.And(in.Lead)
	}
	s.scraped.Clock = s.lead.Clock(s.start, &s.scraped.Rules)
	if !s.baseline {
		s.scraped.Decision = in.state.Weigh(&s.scraped)
	}
}

// anyFell reports whether a counter fell.
func (s *staged) anyFell() bool { return growth.AnyFell(s.f.store, s.r, &s.in.cols) }

// readStart reads when the process started: the start's line stands where it stood unless the body's structure
// changed.
func (s *staged) readStart(sc *incoming) identity.Start {
	s.lead = evidence.LeadOf(sc.Header, s.at)
	pos := s.in.StartPos
	if s.in.Last == 0 {
		pos = evidence.FindStart(s.f.store, &s.body)
	} else if s.r.Structural() {
		pos = evidence.FollowStart(s.f.store, s.r, &s.body, pos)
	}
	s.startPos = pos
	value := 0.0
	if pos >= 0 {
		_, _, value, _ = s.r.At(pos)
	}
	return evidence.Start(pos, value, sc.Start, sc.Header)
}

// suspect begins to watch those that have the start of a process just met, whose scrape is not committed yet.
func (s *staged) suspect() {
	in := s.in
	identity.Begin(in, s.f.ordered, func(x *instance) bool {
		return s.start.Known() && x.Start == s.start && (in.pool == nil || in.pool != x.pool)
	})
}

// weighTwins compares the staged scrape with what its suspects exposed last.
func (s *staged) weighTwins() {
	in := s.in
	if len(in.Suspicions) == 0 {
		return
	}
	s.index.Note(s.f.store, s.r)
	defer s.index.Clear()
	identity.WeighAll(in, func(o *instance) (l identity.Likeness, apart int64, ok bool) {
		if o.Last > s.at {
			return l, 0, false
		}
		return s.index.Liken(&o.cols), s.at - o.Last, true
	})
}

// An address behind which several processes answer, and which nobody declared to be balanced, shows itself when a
// start time comes back that was there before. Until then a change of process looked like a restart; if the new
// process claims to have started well before its predecessor's last scrape, what the views held is kept for the case
// that the predecessor returns.

// succession is the change of the process at the address, if it is one.
func (s *staged) succession() identity.Succession {
	in := s.in
	return identity.Succession{Seen: in.starts, Alternates: in.alternates, Last: in.Last, From: in.Start, To: s.start,
		Tolerance: s.f.cfg.StartTolerance.Milliseconds(), Skew: s.f.cfg.ClockSkew.Milliseconds()}
}

// alternate notes that the address reaches several processes.
func (s *staged) alternate() {
	in := s.in
	if in.undo != nil {
		for i, b := range in.bindings {
			if b.view.Kind != growth.Gauge && in.undo.Table(i) != nil {
				b.disown(in, s.at)
			}
		}
		in.takeBack(in.undo)
		in.undo = nil
	}
	in.alternates, s.report.Alternating = true, true
	if s.f.cfg.SplitAlternating && s.f.book.Balancers[s.target] == nil && in.name == s.target {
		in.split(s.f, s.target, s.at)
	}
}

// undo is what an instance's views held at a scrape to which it can be taken back: what came after it may be of
// another process.
type undo struct {
	window.Kept
	past *past // the rest, of an instance behind a balancer
}

// past is an instance behind a balancer as it was at an earlier scrape.
type past struct {
	sighting
	last evidence.Again // the latest scrape that was attributed to it since
}

// sighting is what a scrape left of an instance, besides what its views hold.
type sighting struct {
	life.Clocks
	cols  lines.Columns
	state growth.State
	plan  *growth.Plan
}

// exposed returns what the scrape exposed.
func (x *sighting) exposed() evidence.Exposed {
	return evidence.Exposed{At: x.Last, Start: x.Start, Columns: &x.cols}
}

// saved returns what the instance's views hold.
func (in *instance) saved() *undo {
	u := &undo{Kept: window.Kept{N: in.History.N, At: in.Present()}}
	for _, b := range in.bindings {
		u.Add(b.Table, b.Met)
	}
	return u
}

// keep keeps what the instance is now, so that it can be taken back to it.
func (in *instance) keep(s *lines.Store) {
	in.undo = in.saved()
	in.undo.past = &past{sighting: sighting{in.Clocks, in.cols.Clone(s), in.state.Clone(s), in.plan}}
}

// clone returns a copy for a save.
func (u *undo) clone() *undo {
	c := &undo{Kept: u.Kept.Clone()}
	if p := u.past; p != nil {
		c.past = &past{sighting{p.Clocks, p.cols.Clone(nil), p.state.Clone(nil), p.plan}, p.last.Clone()}
	}
	return c
}

// settle makes what the instance was given final.
func (in *instance) settle(s *lines.Store) {
	if p := in.past(); p != nil {
		p.cols.Release(s)
		p.state.Release(s)
	}
	in.undo = nil
}

// past returns what the instance can be taken back to; nil if nothing is kept.
func (in *instance) past() *past {
	if in.undo == nil {
		return nil
	}
	return in.undo.past
}

// held returns what the table of a view held at the scrape that the instance can be taken back to; nil if that is not
// known.
func (in *instance) held(view int) *window.Saved {
	if in.undo == nil {
		return nil
	}
	return in.undo.Table(view)
}

// swap exchanges what a scrape left of an instance for what an earlier one did, or back. Nothing is added to its
// views.
func (in *instance) swap(x *sighting) {
	now := sighting{in.Clocks, in.cols, in.state, in.plan}
	in.Clocks, in.cols, in.state, in.plan = x.Clocks, x.cols, x.state, x.plan
	*x = now
}

// takeBack takes what an instance's views were given since it was kept away; of one behind a balancer, once the rest
// was swapped. No window sees it any more; a copy for an earlier snapshot does.
func (in *instance) takeBack(u *undo) {
	in.History.Back(u.At, u.N)
	for i, b := range in.bindings {
		if b.view.Kind != growth.Gauge {
			b.Met = u.Restore(i, b.Table, &in.History)
			b.Fit()
			continue
		}
		for i := range b.Tracks {
			if u.past != nil {
				b.Tracks[i].Changed = 0
			}
		}
	}
}

// split makes a balanced target of an address that proved to be one.
func (in *instance) split(f *Fleet, name string, at int64) {
	b := identity.Split(name, in, at, in.Spacings)
	f.names.Lock()
	in.pool, in.Sighted = b, b.Scrapes
	f.names.Unlock()
	f.book.Balance(name, b)
}

// Name returns the name, Relations who else may be the instance's process, and Member what is remembered of it behind
// a balancer, for package identity.
func (in *instance) Name() string { return in.name }

func (in *instance) Relations() *identity.Kin[*instance] { return &in.Kin }

func (in *instance) Member() identity.Member {
	m := identity.Member{Start: in.Start, First: in.First, Last: in.Last, Sighted: in.Sighted, Own: in.pool == nil || in.Twins != nil, Lost: in.lost}
	if in.pool != nil && in.Start.Known() {
		m.Reads, m.Moved = in.Version, len(in.starts) > 1
	}
	return m
}
