package aggregate

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/promfold/promfold/internal/evidence"
	"github.com/promfold/promfold/internal/identity"
	"github.com/promfold/promfold/internal/lines"
)

// balanced is a target behind which several instances answer. Each process
// seen there is an instance of its own, named target#1, target#2, … in the
// order of first sight. The fleet's lock guards it.
type balanced struct {
	identity.Balancer[*instance]
	target   string
	last     int64 // its latest scrape
	spacings identity.Spacings
	left     int64 // until when an instance was watched that was retired
}

// observeBalanced attributes a scrape, and takes it in as one of whom it is of.
func (b *balanced) observe(f *Fleet, sc incoming) (Report, error) {
	for {
		r, busy, err := b.try(f, sc)
		if busy == nil {
			return r, err
		}
		busy.wait()
	}
}

// tryBalanced has the fleet's lock, since any instance may be the one. It gives
// up if a scrape of that one is being read just now.
func (b *balanced) try(f *Fleet, sc incoming) (r Report, busy *instance, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	at := sc.Time.UnixMilli()
	if at < b.last {
		return Report{}, nil, ErrLate
	}
	k := &keeper{f: f, b: b}
	defer k.close()
	s := k.stage(b.expect(sc), sc)
	if err := s.open(&s.in.cols, &sc); err != nil {
		return Report{}, nil, err
	}
	if at == b.last && s.in == b.Latest && s.same() {
		s.report.Lines, s.report.Duplicate, s.report.Incarnation = s.r.Len(), true, 1
		return s.report, nil, nil
	}
	s.start = s.readStart(&sc)
	_, why, err := identity.Meet(&b.Balancer, k, s)
	switch {
	case err == errBusy:
		return Report{}, k.busy, nil
	case err != nil:
		return Report{}, nil, err
	}
	if b.last != 0 {
		b.spacings.Add(at - b.last)
	}
	b.last = at
	if why.Ambiguous {
		f.book.Entry(b.target).Seen(at)
		s.report.Lines, s.report.Instance, s.report.Candidates = s.r.Len(), "", k.names(why.Candidates)
	}
	s.report.attribute(why)
	return s.report, nil, nil
}

// expect is the instance that probably answered. It is a matter of speed
// alone: the body is read against its columns first.
func (b *balanced) expect(sc incoming) *instance {
	if start := evidence.HintedStart(sc.Body); start.Known() {
		for _, in := range b.Members {
			if in.start == start {
				return in
			}
		}
	}
	if b.Latest != nil {
		return b.Latest
	}
	return &instance{}
}

// member returns what package identity remembers of an instance.
func (b *balanced) member(in *instance) identity.Member {
	return identity.Member{Start: in.start, First: in.first, Last: in.last, Sighted: in.sighted, Own: in.pool != b || in.Twins != nil, Lost: in.lost}
}

func (b *balanced) pool() identity.Pool { return b.Pool(b.member) }

// live reports whether an instance behind the balancer is taken to be alive.
func (b *balanced) live(in *instance) bool { return b.pool().State(b.member(in)) == identity.Alive }

// words says how many of the instances behind the balancer were met.
func (b *balanced) words() []string {
	met, blind := 0, []string{}
	for _, m := range b.Members {
		if m.pool != b || b.live(m) {
			met++
		}
		if m.pool == b && !m.start.Known() {
			blind = append(blind, m.name)
		}
	}
	of := "how many there are is not known"
	if b.Expected > 0 {
		of = fmt.Sprintf("%d expected", b.Expected)
	}
	list := []string{fmt.Sprintf("%s: %d instances met, %s; increases are lower bounds", b.target, met, of)}
	if b.Unclear > 0 {
		list = append(list, fmt.Sprintf("%s: %d scrapes are ambiguous and count for none", b.target, b.Unclear))
	}
	if len(blind) > 0 {
		list = append(list, fmt.Sprintf("%s: ambiguous without a start time, an idle twin would not show", strings.Join(blind, ", ")))
	}
	return list
}

// attempt is a scrape of a balancer on its way in.
type attempt struct {
	*staged
	sc incoming
}

// keeper carries out what package identity decides of one scrape of a balancer.
// The fleet's lock is held.
type keeper struct {
	f        *Fleet
	b        *balanced
	attempts []*attempt
	fit      []*instance // the candidates that were compared last
	busy     *instance   // a scrape of it is being read
}

// errBusy says that the instance is being read just now.
var errBusy = errors.New("busy")

func (k *keeper) stage(in *instance, sc incoming) *attempt {
	x := &attempt{stage(k.f, in, sc), sc}
	k.attempts = append(k.attempts, x)
	return x
}

func (k *keeper) close() {
	for _, x := range k.attempts {
		x.staged.unstage(k.f)
	}
}

func (k *keeper) names(of []int) (list []string) {
	for _, i := range of {
		list = append(list, k.fit[i].name)
	}
	return list
}

// Member returns what is remembered of an instance.
func (k *keeper) Member(in *instance) identity.Member { return k.b.member(in) }

// Mark remembers which scrape met an instance last, and whether it was given up.
func (k *keeper) Mark(in *instance, sighted int, lost bool) {
	if in.pool == k.b {
		in.sighted, in.lost = sighted, lost
	}
}

// Open makes an instance for a process not seen before.
func (k *keeper) Open() *instance {
	f, b := k.f, k.b
	f.names.Lock()
	defer f.names.Unlock()
	name := fmt.Sprintf("%s#%d", b.target, b.Named+1)
	for f.instances[name] != nil { // a program named a target like that
		name += "'"
	}
	in := &instance{name: name, labels: f.book.Labels(b.target), pool: b, since: b.left, late: len(b.Members) > 0}
	f.instances[in.name] = in
	return in
}

// Candidates returns the instances that may have answered as far as starts tell,
// also those that have an address of their own, but for those that name
// themselves otherwise.
func (k *keeper) Candidates(s *attempt, without *instance) (identity.Scrape, []*instance, []identity.Candidate) {
	x := identity.Scrape{At: s.at, Start: s.start, Tolerance: k.f.cfg.StartTolerance.Milliseconds()}
	var list []*instance
	for _, in := range k.f.ordered {
		if in != without && (in.pool == nil || in.pool == k.b && in.last <= s.at) && x.Eligible(in.start, in.pool == nil) {
			list = append(list, in)
		}
	}
	if k.fit = list; len(list) == 1 && list[0] == s.in && s.start.Known() && s.in.start == s.start && len(s.r.Gone()) == 0 && !s.anyFell() {
		return x, list, []identity.Candidate{{Name: s.in.name, Last: identity.Sighting{At: s.in.last, Start: s.in.start}}} // nothing fell
	}
	compared := k.compare(s, list)
	x.Named = len(k.fit) > 0 && k.fit[0].self != ""
	return x, k.fit, compared
}

// compare likens the scrape to each that does not name itself otherwise: to what
// it exposed last, and to what it can be taken back to.
func (k *keeper) compare(s *attempt, list []*instance) (compared []identity.Candidate) {
	if len(list) == 0 {
		return nil
	}
	s.index.Note(s.f.store, s.r)
	defer s.index.Clear()
	self := evidence.SelfName(s.f.store, &s.body)
	k.fit = slices.DeleteFunc(list, func(in *instance) bool { return in.self != self })
	for _, in := range k.fit {
		c := identity.Candidate{Name: in.name, Dead: in.replaced()}
		c.Last = identity.Sighting{At: in.last, Start: in.start, Likeness: s.index.Liken(&in.cols)}
		if p := in.past(); p != nil {
			c.Earlier = []identity.Sighting{{At: p.clocks.last, Start: p.start, Likeness: s.index.Liken(&p.cols)}}
		}
		compared = append(compared, c)
	}
	return compared
}

// Take takes a scrape in as one of an instance's, which it takes back first if
// what it was given since is another process'.
func (k *keeper) Take(who *instance, s *attempt, why identity.Decision) (displaced *attempt, err error) {
	if !who.mu.TryLock() {
		k.busy = who
		return nil, errBusy
	}
	defer who.mu.Unlock()
	u := who.undo
	if why.Retract {
		who.change(k.f)
		who.swap(&u.past.sighting)
		who.replan(k.f)
		who.plan.Remember(u.past.plan)
	}
	if err := s.retake(who, &s.sc, !why.Retract && s.in == who); err != nil || s.report.Duplicate {
		if why.Retract {
			who.swap(&u.past.sighting)
		}
		return nil, err
	}
	if why.Retract {
		displaced = k.displaced(u.past)
		who.takeBack(u)
		who.settle(k.f.store)
	}
	switch {
	case who.pool != k.b: // its address tells
	case !why.Keep:
		who.settle(k.f.store)
	case who.seen() && who.past() == nil:
		who.keep(k.f.store)
	}
	s.provisional = why.Provisional
	s.accept()
	who.by, who.provisional = why.By, why.Provisional
	if p := who.past(); p != nil {
		p.last.set(&s.sc)
	}
	return displaced, nil
}

// displaced stages the scrape that was taken for one of an instance's last, once
// that was taken back.
func (k *keeper) displaced(p *past) *attempt {
	sc := p.last.again(k.f.store, k.b.target, p.clocks.last, &p.cols)
	x := k.stage(&instance{}, sc)
	if x.open(&lines.Columns{}, &x.sc) == nil { // it was read before
		x.start = x.readStart(&x.sc)
	}
	return x
}

// identities returns the doubts about who is who, which concern every answer of
// the fleet.
func identities(f *Fleet, e int64) []note {
	var list []note
	for _, b := range f.book.Balancers {
		for _, text := range b.words() {
			list = append(list, note{f.book.Labels(b.target), text})
		}
	}
	for _, in := range f.ordered {
		if in.alternates && in.pool == nil {
			list = append(list, note{in.labels, in.name + " reaches several processes: declare it as balanced"})
		}
		if in.Twins != nil && in.counts(f, e) {
			others := slices.DeleteFunc(in.addresses(), func(t string) bool { return t == in.name })
			list = append(list, note{in.labels, fmt.Sprintf("%s and %s are one process, counted once", in.name, strings.Join(others, ", "))})
		}
		for _, x := range in.Suspicions {
			if x.A == in && x.Possible() && !x.A.departed(f, e) && !x.B.departed(f, e) && (in.Twins == nil || in.Twins != x.B.Twins) {
				list = append(list, note{in.labels,
					fmt.Sprintf("possible duplicate: %s and %s have one start time and one set of series, both are counted", x.A.name, x.B.name)})
			}
		}
	}
	slices.SortFunc(list, func(a, b note) int { return cmp.Compare(a.text, b.text) })
	return list
}
