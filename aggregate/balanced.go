package aggregate

import (
	"fmt"
	"slices"

	"github.com/promfold/promfold/internal/identity"
)

// balanced is a target behind which several instances answer. Each process
// seen there is an instance of its own, named target#1, target#2, … in the
// order of first sight. The fleet's lock guards it.
type balanced struct {
	target   string
	expected int // 0: not known
	members  []*instance
	named    int // how many names were given
	scrapes  int // that were attributed
	quiet    int // of them, those since a new instance was met
	last     int64
	spacings identity.Spacings
	guess    *instance // who answered last
	left     int64     // until when one was watched that was retired
	unclear  int       // scrapes that were of several, or of none, for certain
}

// observeBalanced attributes a scrape, and takes it in as one of whom it is of.
func (f *Fleet) observeBalanced(b *balanced, sc incoming) (Report, error) {
	for {
		r, busy, err := f.tryBalanced(b, sc)
		if busy == nil {
			return r, err
		}
		busy.wait()
	}
}

// tryBalanced has the fleet's lock, since any instance may be the one. It gives
// up if a scrape of that one is being read just now.
func (f *Fleet) tryBalanced(b *balanced, sc incoming) (r Report, busy *instance, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	at := sc.Time.UnixMilli()
	if at < b.last {
		return Report{}, nil, ErrLate
	}
	s := f.stage(b.expect(sc), sc)
	defer f.unstage(s)
	if err := s.open(s.in.latest(), &sc); err != nil {
		return Report{}, nil, err
	}
	if at == b.last && s.in == b.guess && s.same() {
		s.report.Lines, s.report.Duplicate, s.report.Incarnation = s.r.Len(), true, 1
		return s.report, nil, nil
	}
	s.start = s.readStart(&sc)
	who, why := b.identify(s)
	if why.Ambiguous {
		b.seen(nil, at)
		b.unclear++
		f.target(b.target).seen(at)
		s.report.Lines, s.report.Instance = s.r.Len(), ""
		return s.report, nil, nil
	}
	if who == nil {
		who = b.open(f, sc)
	}
	if !who.mu.TryLock() {
		return Report{}, who, nil
	}
	defer who.mu.Unlock()
	if err := b.attribute(s, who, why, sc); err != nil {
		return Report{}, nil, err
	}
	b.seen(who, at)
	s.report.attribute(why)
	who.by = why.By
	return s.report, nil, nil
}

// seen notes a scrape of the balancer, and who answered (nil: not clear).
func (b *balanced) seen(who *instance, at int64) {
	if b.last != 0 {
		b.spacings.Add(at - b.last)
	}
	b.last = at
	if who == nil {
		return // nobody was passed over for certain
	}
	b.scrapes++
	for _, m := range b.members {
		if m.pool == b && m != who {
			m.lost = m.lost || !b.live(m)
		}
	}
	b.guess = who
	if who.pool == b {
		who.sighted, who.lost = b.scrapes, false
	}
	b.quiet++
	b.join(who)
}

// join makes an instance one of those behind the balancer.
func (b *balanced) join(in *instance) {
	if slices.Contains(b.members, in) {
		return
	}
	b.members = append(b.members, in)
	if in.pool == b {
		b.named++
		b.quiet = 0
	}
}

// open makes an instance for a process not seen before.
func (b *balanced) open(f *Fleet, sc incoming) *instance {
	f.names.Lock()
	defer f.names.Unlock()
	name := fmt.Sprintf("%s#%d", b.target, b.named+1)
	for f.instances[name] != nil { // a program named a target like that
		name += "'"
	}
	in := &instance{name: name, labels: f.labelsAt(b.target), pool: b, since: b.left}
	f.instances[in.name] = in
	return in
}

// expect is the instance that probably answered. It is a matter of speed
// alone: the body is read against its columns first.
func (b *balanced) expect(sc incoming) *instance {
	if start := hintedStart(sc.Body); start.Known() {
		for _, in := range b.members {
			if in.start == start {
				return in
			}
		}
	}
	if b.guess != nil {
		return b.guess
	}
	return &instance{}
}

// pool is what package identity knows of the balancer.
func (b *balanced) pool() identity.Pool {
	return identity.Pool{Expected: b.expected, Scrapes: b.scrapes, Quiet: b.quiet, Members: func(yield func(identity.Member) bool) {
		for _, m := range b.members {
			if !yield(b.member(m)) {
				return
			}
		}
	}}
}

func (b *balanced) member(in *instance) identity.Member {
	m := identity.Member{Start: in.start, First: in.first, Last: in.last, Sighted: in.sighted, Own: in.pool != b || in.twins != nil, Lost: in.lost}
	if in.pending != nil {
		m.Last = in.pending.at
	}
	return m
}

// live reports whether an instance behind the balancer is taken to be alive.
func (b *balanced) live(in *instance) bool { return b.pool().State(b.member(in)) == identity.Alive }

// replaced reports whether another instance has the place of one that is behind a balancer.
func (in *instance) replaced() bool {
	b := in.pool
	return b != nil && b.pool().State(b.member(in)) == identity.Dead
}
