package aggregate

import (
	"fmt"
	"slices"

	"github.com/promfold/promfold/internal/identity"
	"github.com/promfold/promfold/internal/lines"
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
	if err := s.open(&s.in.cols, &sc); err != nil {
		return Report{}, nil, err
	}
	if at == b.last && s.in == b.guess && s.same() {
		s.report.Lines, s.report.Duplicate, s.report.Incarnation = s.r.Len(), true, 1
		return s.report, nil, nil
	}
	s.start = s.readStart(&sc)
	who, why := b.identify(s, nil)
	if why.Ambiguous {
		b.seen(nil, at)
		b.unclear++
		f.target(b.target).seen(at)
		s.report.Lines, s.report.Instance = s.r.Len(), ""
		return s.report, nil, nil
	}
	if who == nil {
		who = b.open(f)
	}
	if !who.mu.TryLock() {
		return Report{}, who, nil
	}
	defer who.mu.Unlock()
	if err := b.attribute(s, who, why, &sc, b.scrapes+1); err != nil {
		return Report{}, nil, err
	}
	b.seen(who, at)
	s.report.attribute(why)
	return s.report, nil, nil
}

// identify decides of whom the staged scrape is, leaving out one instance and
// those that were met later.
func (b *balanced) identify(s *staged, without *instance) (*instance, identity.Decision) {
	x := identity.Scrape{At: s.at, Start: s.start, Tolerance: s.f.cfg.StartTolerance.Milliseconds(), Settled: b.pool().Settled()}
	list := b.candidates(s, &x, without)
	if len(list) == 1 && list[0] == s.in && s.start.Known() && s.in.start == s.start && len(s.r.Gone()) == 0 && !s.anyFell() {
		return s.in, identity.Decision{By: identity.ByStart | identity.ByDominance, Keep: !x.Settled} // the usual case needs no comparison
	}
	list, compared := b.compare(s, list)
	x.Named = len(list) > 0 && list[0].self != ""
	d := identity.Attribute(x, compared)
	s.report.attribute(d)
	for _, i := range d.Candidates {
		s.report.Candidates = append(s.report.Candidates, list[i].name)
	}
	if d.To < 0 {
		return nil, d
	}
	return list[d.To], d
}

// candidates are the instances that may have answered as far as starts tell,
// also those that have an address of their own.
func (b *balanced) candidates(s *staged, x *identity.Scrape, without *instance) (list []*instance) {
	for _, in := range s.f.ordered {
		if in != without && (in.pool == nil || in.pool == b && in.last <= s.at) && x.Eligible(in.start, in.pool == nil) {
			list = append(list, in)
		}
	}
	return list
}

// compare likens the scrape to each, and leaves out those that name themselves
// otherwise.
func (b *balanced) compare(s *staged, list []*instance) (kept []*instance, compared []identity.Candidate) {
	if len(list) == 0 {
		return nil, nil
	}
	s.index()
	defer s.unindex()
	self := selfName(s.f.store, &s.body)
	for _, in := range list {
		if in.self != self {
			continue
		}
		c := identity.Candidate{Name: in.name, Dead: in.replaced()}
		c.Last = identity.Sighting{At: in.last, Start: in.start, Likeness: s.liken(&in.cols)}
		if p := in.past(); p != nil {
			c.Earlier = []identity.Sighting{{At: p.clocks.last, Start: p.start, Likeness: s.liken(&p.cols)}}
		}
		kept, compared = append(kept, in), append(compared, c)
	}
	return kept, compared
}

// attribute takes the staged scrape, the balancer's n-th, in as one of an
// instance's. What was taken for that one's since an earlier scrape, and was not,
// is attributed once more.
func (b *balanced) attribute(s *staged, who *instance, why identity.Decision, sc *incoming, n int) error {
	u := who.undo
	if why.Retract {
		s.f.change(who)
		who.swap(&u.past.sighting)
		s.f.replan(who)
		who.plan.Remember(u.past.plan)
	}
	err := s.retake(who, sc, !why.Retract && s.in == who)
	if err != nil || s.report.Duplicate {
		if why.Retract {
			who.swap(&u.past.sighting)
		}
		return err
	}
	var displaced incoming
	if why.Retract {
		p := u.past
		displaced = p.last.again(s.f.store, b.target, p.clocks.last, &p.cols)
		displaced.sighted = p.sighted
		who.takeBack(u)
		who.settle(s.f.store)
	}
	switch {
	case who.pool != b: // its address tells
	case !why.Keep:
		who.settle(s.f.store)
	case who.seen() && who.past() == nil:
		who.keep(s.f.store)
	}
	s.provisional = why.Provisional
	s.accept()
	who.by, who.provisional, who.sighted = why.By, why.Provisional, n
	if p := who.past(); p != nil {
		p.last.set(sc)
	}
	if why.Retract {
		b.displace(s.f, who, displaced)
	}
	return nil
}

// displace attributes a scrape once more that was taken for one of another
// instance's. What cannot be attributed counts for none.
func (b *balanced) displace(f *Fleet, from *instance, sc incoming) {
	s := f.stage(&instance{}, sc)
	defer f.unstage(s)
	if s.open(&lines.Columns{}, &sc) != nil {
		return
	}
	s.start = s.readStart(&sc)
	who, why := b.identify(s, from)
	if why.Ambiguous {
		b.unclear++
		return
	}
	if who == nil {
		who = b.open(f)
	}
	if !who.mu.TryLock() {
		return
	}
	defer who.mu.Unlock()
	s.in = nil
	if b.attribute(s, who, why, &sc, sc.sighted) == nil {
		b.join(who)
	}
}

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
	if s.baseline || s.r.Structural() || who.plan == nil || s.f.unclaimed != nil || !slices.Contains(who.targets, s.target) || !s.roomy() {
		return s.rebind()
	}
	return nil
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
		who.lost = false
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
func (b *balanced) open(f *Fleet) *instance {
	f.names.Lock()
	defer f.names.Unlock()
	name := fmt.Sprintf("%s#%d", b.target, b.named+1)
	for f.instances[name] != nil { // a program named a target like that
		name += "'"
	}
	in := &instance{name: name, labels: f.labelsAt(b.target), pool: b, since: b.left, late: len(b.members) > 0}
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
	return identity.Member{Start: in.start, First: in.first, Last: in.last, Sighted: in.sighted, Own: in.pool != b || in.twins != nil, Lost: in.lost}
}

// live reports whether an instance behind the balancer is taken to be alive.
func (b *balanced) live(in *instance) bool { return b.pool().State(b.member(in)) == identity.Alive }

// replaced reports whether another instance has the place of one that is behind a balancer.
func (in *instance) replaced() bool {
	b := in.pool
	return b != nil && b.pool().State(b.member(in)) == identity.Dead
}
