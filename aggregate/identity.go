package aggregate

import (
	"github.com/promfold/promfold/internal/growth"
	"github.com/promfold/promfold/internal/identity"
	"github.com/promfold/promfold/internal/process"
	"github.com/promfold/promfold/internal/watch"
	"github.com/promfold/promfold/internal/window"
)

// retake stages a scrape as one of an instance's; staged says that it was read against the instance's columns.
func (s *staged) retake(who *instance, sc *incoming, staged bool) error {
	s.in, s.Of = who, &who.Process
	s.report.Instance = who.name
	if !staged {
		if err := s.open(&who.Columns, sc); err != nil {
			return err
		}
		s.ReadStart(sc.Header, sc.Start)
	}
	s.report.Lines, s.report.Changed = s.Reader.Len(), len(s.Reader.Changed())
	if who.Seen() && s.At <= who.Last {
		if s.At < who.Last || !s.Same() {
			return ErrLate
		}
		s.report.Duplicate, s.report.Incarnation = true, who.Incarnation
		return nil
	}
	s.JudgeMember()
	if !s.placed() || !s.settled() {
		return s.rebind()
	}
	return nil
}

// suspect begins to watch those that have the start of a process just met, whose scrape is not committed yet.
func (s *staged) suspect() {
	in := s.in
	identity.Begin(in, s.f.starts.Of(s.Start), func(x *instance) bool {
		return x.Start == s.Start && (in.pool == nil || in.pool != x.pool)
	})
}

// weighTwins compares the staged scrape with what its suspects exposed last. What the program calls two is two.
func (s *staged) weighTwins() {
	in := s.in
	if len(in.Suspicions) == 0 {
		return
	}
	s.Liken(func(liken func(*process.Process) (identity.Likeness, int64, bool)) {
		identity.WeighAll(in, func(o *instance) (identity.Likeness, int64, bool) {
			if s.f.book.Apart(in.targets, o.targets) {
				return identity.Likeness{}, 0, false
			}
			return liken(&o.Process)
		})
	})
}

// alternate notes that the address reaches several processes.
func (s *staged) alternate() {
	in := s.in
	if in.Undo != nil {
		in.takeBack(in.Undo, s.At)
		in.Undo = nil
	}
	in.Alternates, s.report.Alternating = true, true
	if s.f.cfg.SplitAlternating && s.f.book.Balancers[s.target] == nil && in.name == s.target {
		in.split(s.f, s.target, s.At)
	}
}

// tables yields what the views hold of an instance.
func (in *instance) tables(add func(*window.Table, *window.Met)) {
	for _, b := range in.bindings {
		add(b.Table, b.Met)
	}
}

// takeBack takes what an instance's views were given since it was kept away; of one behind a balancer, once the rest
// was swapped. A copy for an earlier snapshot still has it. Other watchers, who may have been told, hear as of a time.
func (in *instance) takeBack(u *process.Undo, at int64) {
	in.History.Back(u.At, u.N)
	told := u.Past == nil || !u.Past.Provisional
	for i, b := range in.bindings {
		if b.view.Kind != growth.Gauge {
			if told && u.Table(i) != nil && b.Met != nil && len(b.Met.Starts) > 0 { // it never was
				b.view.tellOwn(watch.Process{Keys: in.keys(watch.Unknown, b.Met.Starts...), Version: at, Ended: at})
			}
			if b.Met = u.Restore(i, b.Table, &in.History); b.Met != nil {
				b.Met.Version, b.Met.Begin = b.standing(in, at)
			}
			b.Fit()
			continue
		}
		for i := range b.Tracks {
			if u.Past != nil {
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
		m.Reads, m.Moved = in.Version, len(in.Starts) > 1
	}
	return m
}
