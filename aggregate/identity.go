package aggregate

import (
	"net/http"
	"slices"
	"time"

	"github.com/promfold/promfold/internal/evidence"
	"github.com/promfold/promfold/internal/growth"
	"github.com/promfold/promfold/internal/identity"
	"github.com/promfold/promfold/internal/judge"
	"github.com/promfold/promfold/internal/lines"
	"github.com/promfold/promfold/internal/window"
)

// retake stages a scrape as one of an instance's; staged says that it has been
// read against the instance's columns already.
func (s *staged) retake(who *instance, sc *incoming, staged bool) error {
	s.in, s.report.Instance = who, who.name
	if !staged {
		if err := s.open(&who.cols, sc); err != nil {
			return err
		}
		s.start = s.readStart(sc)
	}
	s.report.Lines, s.report.Changed = s.r.Len(), len(s.r.Changed())
	if who.seen() && s.at <= who.last {
		if s.at < who.last || !s.same() {
			return ErrLate
		}
		s.report.Duplicate, s.report.Incarnation = true, who.incarnation
		return nil
	}
	s.judgeMember()
	if s.baseline || s.r.Structural() || who.plan == nil || s.f.unclaimed != nil ||
		!slices.Contains(who.targets, s.target) || s.crowded() || !s.roomy() {
		return s.rebind()
	}
	return nil
}

// judge weighs what the scrape says about the process: the same as before,
// started anew, or another one.
func (s *staged) judge() {
	s.weigh()
	d := &s.scraped.Decision
	x := s.succession()
	x.Fell = s.in.seen() && s.start != s.in.start && s.anyFell()
	switch d.Restart {
	case judge.RestartProven, judge.RestartRestored, judge.RestartMoved, judge.RestartOther:
		s.alternating = x.Returned()
	}
	if s.in.seen() && (s.alternating || x.Another()) {
		*d = judge.Decision{Restart: judge.RestartOther}
	}
	switch d.Restart {
	case judge.RestartProven, judge.RestartRestored:
		s.restart = restartProven
	case judge.RestartGuessed:
		s.restart = restartGuessed
	case judge.RestartOther:
		s.restart, s.baseline = anotherInstance, true
	}
	s.scraped.First, s.scraped.Process = s.baseline, s.baseline || s.restart != noRestart
}

// judgeMember weighs a scrape that was attributed to a process: behind a
// balancer each is an instance, which does not restart.
func (s *staged) judgeMember() {
	s.weigh()
	if s.start.Known() && s.in.start.Known() {
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
		At: s.at, LastTime: in.last, Start: s.start.At, Rules: s.f.router.Tolerance, Router: s.f.router, Layouts: &s.f.set,
		Vanishing: growth.Vanishing(s.f.store, s.r, &in.cols), Scratch: &s.scratch,
	}
	if s.start.Comparable(in.start) {
		s.scraped.PrevStart = in.start.At
	}
	if !s.baseline {
		s.scraped.Decision = in.state.Weigh(&s.scraped)
	}
}

// anyFell reports whether a counter fell.
func (s *staged) anyFell() bool { return growth.AnyFell(s.f.store, s.r, &s.in.cols) }

// readStart reads when the process started: the start's line stands where it
// stood unless the body's structure changed.
func (s *staged) readStart(sc *incoming) identity.Start {
	pos := s.in.startPos
	if s.in.last == 0 || s.r.Structural() {
		pos = evidence.FindStart(s.f.store, &s.body)
	}
	s.startPos = pos
	value := 0.0
	if pos >= 0 {
		_, _, value, _ = s.r.At(pos)
	}
	return evidence.Start(pos, value, sc.Start, sc.Header)
}

// suspect begins to watch those that have the start of a process just met,
// whose scrape is not committed yet. What was believed of the instance's former
// process ends.
func (s *staged) suspect() {
	in := s.in
	identity.Part(in)
	if !s.start.Known() {
		return
	}
	for _, x := range s.f.ordered {
		samePool := in.pool != nil && in.pool == x.pool
		if x != in && x.start == s.start && !samePool {
			suspectPair(in, x, x)
		}
	}
}

// suspectPair notes that two instances may be one process, in the order of their
// names, so that the order in which they were met does not show.
func suspectPair(a, b, latest *instance) *identity.Pair[*instance] {
	if b.name < a.name {
		a, b = b, a
	}
	return identity.Suspect(a, b, latest)
}

// weighTwins compares the staged scrape with what its suspects exposed last:
// one counter that fell shows them to be two.
func (s *staged) weighTwins() {
	in := s.in
	s.index.Note(s.f.store, s.r)
	defer s.index.Clear()
	for _, x := range slices.Clone(in.Suspicions) {
		o := x.Other(in)
		if o.last > s.at {
			continue
		}
		verdict := x.Weigh(s.index.Liken(&o.cols), s.at-o.last, x.Latest == o)
		if x.Latest = in; verdict != identity.Open {
			identity.End(x)
		}
		if verdict == identity.Proven {
			identity.Unite(in, o)
		}
	}
}

// An address behind which several processes answer, and which nobody declared
// to be balanced, shows itself when a start time comes back that was there
// before. Until then a change of process looked like a restart; if the new
// process claims to have started well before its predecessor's last scrape,
// what the views held is kept for the case that the predecessor returns.

// succession is the change of the process at the address, if it is one.
func (s *staged) succession() identity.Succession {
	in := s.in
	return identity.Succession{Seen: in.starts, Alternates: in.alternates, Last: in.last, From: in.start, To: s.start,
		Tolerance: s.f.cfg.StartTolerance.Milliseconds(), Skew: s.f.cfg.ClockSkew.Milliseconds()}
}

// alternate notes that the address reaches several processes.
func (s *staged) alternate() {
	in := s.in
	if in.undo != nil {
		for i, b := range in.bindings {
			if b.view.kind != growth.Gauge && i < len(in.undo.tables) && in.undo.tables[i] != nil {
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

// undo is what an instance's views held at a scrape to which it can be taken
// back: what came after it may be of another process.
type undo struct {
	tables []*window.Saved // by view; nil: the view was not there yet
	met    []*window.Met   // shorter where it was loaded
	n      int             // checkpoints there were
	at     window.Checkpoint
	past   *past // the rest, of an instance behind a balancer
}

// set adds what a view held that was claimed late.
func (u *undo) set(view int, s *window.Saved) {
	for len(u.tables) <= view {
		u.tables = append(u.tables, nil)
	}
	u.tables[view] = s
}

// past is an instance behind a balancer as it was at an earlier scrape.
type past struct {
	sighting
	last repeatable // the latest scrape that was attributed to it since
}

// sighting is what a scrape left of an instance, besides what its views hold.
type sighting struct {
	clocks
	cols  lines.Columns
	state growth.State
	plan  *growth.Plan
}

func (x *sighting) release(s *lines.Store) {
	x.cols.Release(s)
	x.state.Release(s)
}

// repeatable is a scrape that may have to be attributed once more. Typed says
// that it had no body: the columns say all.
type repeatable struct {
	body  []byte
	typed bool
	head  http.Header // what is read of it
	given time.Time
}

// keptHeaders are those fields of a response's header that are read.
var keptHeaders = []string{"Content-Type", identity.StartHeader}

func (r *repeatable) set(sc *incoming) {
	r.body, r.typed, r.given = append(r.body[:0], sc.Body...), sc.typed, sc.Start
	r.head = http.Header{}
	for _, name := range keptHeaders {
		if v := sc.Header.Get(name); v != "" {
			r.head.Set(name, v)
		}
	}
}

// again returns the scrape as it came; cols is what it left.
func (r *repeatable) again(s *lines.Store, target string, at int64, cols *lines.Columns) incoming {
	sc := incoming{Scrape: Scrape{Target: target, Time: time.UnixMilli(at), Body: r.body, Header: r.head, Start: r.given}, typed: r.typed}
	for pos := range cols.Len() {
		if !r.typed {
			break
		}
		sc.samples = append(sc.samples, cols.Sample(s, pos))
	}
	return sc
}

// saved returns what the instance's views hold.
func (in *instance) saved() *undo {
	u := &undo{n: in.history.N, at: in.present()}
	for _, b := range in.bindings {
		u.tables, u.met = append(u.tables, b.Save()), append(u.met, b.met.Clone())
	}
	return u
}

// keep keeps what the instance is now, so that it can be taken back to it.
func (in *instance) keep(s *lines.Store) {
	in.undo = in.saved()
	in.undo.past = &past{sighting: sighting{in.clocks, in.cols.Clone(s), in.state.Clone(s), in.plan}}
}

// settle makes what the instance was given final.
func (in *instance) settle(s *lines.Store) {
	if u := in.undo; u != nil && u.past != nil {
		u.past.release(s)
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

// swap exchanges what a scrape left of an instance for what an earlier one did,
// or back. Nothing is added to its views.
func (in *instance) swap(x *sighting) {
	now := sighting{in.clocks, in.cols, in.state, in.plan}
	in.clocks, in.cols, in.state, in.plan = x.clocks, x.cols, x.state, x.plan
	*x = now
}

// takeBack takes what an instance's views were given since it was kept away; of
// one behind a balancer, once the rest was swapped. No window sees it any more; a
// copy for an earlier snapshot does.
func (in *instance) takeBack(u *undo) {
	in.history.Back(u.at, u.n)
	for i, b := range in.bindings {
		if b.view.kind == growth.Gauge {
			for i := range b.tracks {
				if u.past != nil {
					b.tracks[i].Changed = 0
				}
			}
			continue
		}
		var before *window.Saved
		if i < len(u.tables) {
			before = u.tables[i]
		}
		if before == nil {
			b.Begun = u.at
		}
		b.Back(before, &in.history)
		if b.met = nil; i < len(u.met) {
			b.met = u.met[i]
		}
		b.adopted()
	}
}

// split makes a balanced target of an address that proved to be one.
func (in *instance) split(f *Fleet, name string, at int64) {
	b := &balanced{target: name, last: at, spacings: in.spacings}
	b.Members, b.Latest, b.Scrapes = []*instance{in}, in, 1
	f.names.Lock()
	in.pool, in.sighted = b, b.Scrapes
	f.names.Unlock()
	f.book.Balance(name, b)
}
