package aggregate

import (
	"cmp"
	"math"
	"net/http"
	"slices"

	"github.com/promfold/promfold/internal/judge"
	"github.com/promfold/promfold/internal/lines"
)

// pending is a scrape that was attributed without a start time: it counts when
// the next one of the same instance confirms it.
type pending struct {
	cols  lines.Columns
	body  []byte
	typed bool // there is no body: cols says all
	at    int64
	head  http.Header
}

// again is the scrape as it came.
func (p *pending) again(s *lines.Store) *incoming {
	sc := &incoming{Scrape: Scrape{Body: p.body, Header: p.head}, typed: p.typed}
	for pos := range p.cols.Len() {
		if !p.typed {
			break
		}
		c := &p.cols
		sc.samples = append(sc.samples, lines.Sample{
			Line: s.Line(c.ID(pos)), Value: c.Value(pos), Time: c.Time(pos), Start: c.Start(pos), Native: c.Native(pos)})
	}
	return sc
}

// latest is what the instance exposed last, confirmed or not.
func (in *instance) latest() *lines.Columns {
	if in.pending != nil {
		return &in.pending.cols
	}
	return &in.cols
}

// attribute takes the staged scrape in as one of an instance's.
func (b *balanced) attribute(s *staged, who *instance, why Attribution, sc incoming) error {
	p := who.pending
	if !why.Provisional || !who.seen() {
		if p != nil {
			p.cols.Release(s.f.store)
			who.pending = nil
		}
		return s.retake(who, &sc, sc.Time.UnixMilli(), s.in == who && p == nil)
	}
	if p != nil {
		// Either the new scrape confirms the one before, or it shows that one
		// to be another instance's.
		of := who
		if why.refuted != nil {
			of = b.open(s.f, sc)
			of.sighted = why.refuted.sighted
		}
		if err := s.retake(of, p.again(s.f.store), p.at, false); err != nil {
			return err
		}
		b.join(of)
	} else {
		p = &pending{}
	}
	if err := s.open(&p.cols, &sc); err != nil {
		return err
	}
	s.r.Commit(&p.cols)
	p.body, p.typed, p.at, p.head = append(p.body[:0], sc.Body...), sc.typed, sc.Time.UnixMilli(), sc.Header
	who.pending = p
	s.report.Instance, s.report.Incarnation = who.name, 1
	return nil
}

// retake takes a body in as a scrape of an instance; staged says that it has
// been read against the instance's columns already.
func (s *staged) retake(who *instance, sc *incoming, at int64, staged bool) error {
	s.in, s.at, s.report.Instance = who, at, who.name
	if !staged {
		if err := s.open(&who.cols, sc); err != nil {
			return err
		}
		s.start = s.readStart(sc.Header)
	}
	s.report.Lines, s.report.Changed = s.r.Len(), len(s.r.Changed())
	if who.seen() && at <= who.last {
		if at < who.last || !s.same() {
			return ErrLate
		}
		s.report.Duplicate, s.report.Incarnation = true, who.incarnation
		return nil
	}
	// Behind a balancer each process is an instance: it does not restart.
	s.baseline, s.verdict = !who.seen(), judge.RestartUnknown
	if s.start.known() && who.start.known() {
		s.verdict = judge.RestartUnmoved
	}
	s.churned = !s.baseline && s.churn()
	if s.baseline || s.r.Structural() || who.plan == nil || s.f.unclaimed != nil || !slices.Contains(who.targets, s.target) || !s.roomy() {
		if err := s.rebind(); err != nil {
			return err
		}
	}
	s.accept()
	return nil
}

// match is an instance that may have answered.
type match struct {
	in *instance
	likeness
	exact bool // the same start time to the millisecond
}

// identify says of whom the staged scrape is; nil is a new instance.
func (b *balanced) identify(s *staged) (*instance, Attribution) {
	if !s.start.known() {
		return b.byLikeness(s)
	}
	near := b.startedAlike(s)
	if len(near) == 1 && near[0].exact && near[0].in == s.in && s.in.pending == nil && len(s.r.Gone()) == 0 && !s.anyFell() {
		return s.in, Attribution{By: ByStart | ByDominance}
	}
	return b.byStart(s, near)
}

// startedAlike are the instances with the start time of the scrape, also those
// that have an address of their own, unless they name themselves otherwise.
func (b *balanced) startedAlike(s *staged) []match {
	tol := s.f.cfg.StartTolerance.Milliseconds()
	var list []match
	for _, in := range s.f.ordered {
		d := in.start.at - s.start.at
		if in.start.from != s.start.from || d > tol || -d > tol || in.pool != nil && in.pool != b {
			continue
		}
		if in.pool == nil && d != 0 {
			continue // an address of its own needs no tolerance
		}
		list = append(list, match{in: in, exact: d == 0})
	}
	return list
}

// byStart: the start time, confirmed by dominance. Start times that are equal
// or nearly so are told apart by names and by dominance.
func (b *balanced) byStart(s *staged, near []match) (*instance, Attribution) {
	near = b.compare(s, near)
	var fit []match
	for _, m := range near {
		if m.dominates() && m.stays() {
			fit = append(fit, m)
		}
	}
	exact := slices.DeleteFunc(slices.Clone(fit), func(m match) bool { return !m.exact })
	switch {
	case len(exact) == 1:
		return exact[0].in, Attribution{By: ByStart | ByDominance}
	case len(exact) > 1:
		return nearest(exact, ByStart|ByDominance, false)
	}
	// A few series began anew while their process went on.
	began := slices.DeleteFunc(slices.Clone(near), func(m match) bool { return !m.exact || !m.mostly() || !m.stays() })
	if len(began) == 1 {
		return began[0].in, Attribution{By: ByStart}
	}
	if len(fit) > 0 {
		// Start times jitter; or two processes started together.
		return nearest(fit, ByStart|ByDominance, true)
	}
	return nil, Attribution{By: ByStart, New: true}
}

// byLikeness: without a start time names decide, then dominance where it is
// evidence, then the set of series. (The set alone goes wrong where instances
// are alike and grow: on recorded API servers another one's set is at times
// the nearer one, while dominance is right every time.) What is found so is
// provisional.
func (b *balanced) byLikeness(s *staged) (*instance, Attribution) {
	var all []match
	for _, in := range b.members {
		if !in.start.known() {
			all = append(all, match{in: in})
		}
	}
	all = b.compare(s, all)
	by := Evidence(0)
	if len(all) > 0 && all[0].in.self != "" {
		by = ByName
	}
	if len(all) == 1 && by == ByName && (all[0].dominates() || all[0].mostly()) {
		return all[0].in, Attribution{By: by, Provisional: true}
	}
	if fit := dominated(all); len(fit) > 0 {
		return nearest(fit, by|ByDominance, true)
	}
	fit := alike(all)
	if len(fit) == 1 {
		return fit[0].in, Attribution{By: by | BySeries, Provisional: true}
	}
	if who, ok := b.refutes(s); ok {
		return who, Attribution{By: by | ByDominance, Provisional: true, refuted: who}
	}
	if len(fit) > 1 {
		return nearest(fit, by|BySeries, true)
	}
	return nil, Attribution{By: by, New: true}
}

func dominated(all []match) []match {
	return slices.DeleteFunc(slices.Clone(all), func(m match) bool { return !m.dominates() || m.common < enoughCounters })
}

// alike are the matches with the scrape's set of series, unless their counters
// speak against it. A few may fall: what an exporter calls a counter is at
// times a number that somebody set.
func alike(all []match) []match {
	return slices.DeleteFunc(slices.Clone(all), func(m match) bool { return m.overlap() < sameSeries || 10*m.fell > m.common })
}

// refutes finds the instance whose last confirmed vector turned up again, so
// that the provisional one after it was another instance's.
func (b *balanced) refutes(s *staged) (*instance, bool) {
	s.index()
	defer s.unindex()
	for _, in := range b.members {
		if in.pending == nil {
			continue
		}
		if l := s.liken(&in.cols); l.dominates() && l.common >= enoughCounters {
			return in, true
		}
	}
	return nil, false
}

// compare likens the scrape to each, and leaves out those that name themselves
// otherwise.
func (b *balanced) compare(s *staged, list []match) []match {
	if len(list) == 0 {
		return nil
	}
	s.index()
	defer s.unindex()
	self := selfName(s.f.store, &s.body)
	var kept []match
	for _, m := range list {
		if m.in.self == self {
			m.likeness = s.liken(m.in.latest())
			kept = append(kept, m)
		}
	}
	return kept
}

// nearest is the one that grew least, where the order of vectors says enough;
// between equals nobody can tell.
func nearest(fit []match, by Evidence, provisional bool) (*instance, Attribution) {
	if len(fit) == 1 && fit[0].common >= enoughCounters {
		return fit[0].in, Attribution{By: by, Provisional: provisional}
	}
	slices.SortStableFunc(fit, func(a, b match) int { return cmp.Compare(a.grown, b.grown) })
	if len(fit) > 1 && fit[0].common >= enoughCounters && fit[0].grown < fit[1].grown {
		return fit[0].in, Attribution{By: by, Provisional: provisional}
	}
	a := Attribution{By: by, Ambiguous: true}
	for _, m := range fit {
		a.Candidates = append(a.Candidates, m.in.name)
	}
	slices.Sort(a.Candidates)
	return nil, a
}

// missed is after how many scrapes of others an instance is stale that one of
// n would meet: the chance of it is below 0.001.
func missed(n int) int {
	if n < 2 {
		return math.MaxInt
	}
	return int(math.Ceil(math.Log(0.001) / math.Log1p(-1/float64(n))))
}

// live: behind a balancer not having been met lately is no news, until it is
// too unlikely. Of a known number no more are alive than that, those that were
// met last. Who once was given up comes back only by being met.
func (b *balanced) live(in *instance) bool {
	later, fixed := 0, 0
	for _, m := range b.members {
		switch {
		case m.pool != b || m.twins != nil:
			fixed++
		case m.sighted > in.sighted:
			later++
		}
	}
	if b.expected > 0 {
		return later < b.expected-fixed && b.scrapes-in.sighted < missed(b.expected)
	}
	return !in.lost && b.scrapes-in.sighted < missed(b.several())
}

// several is how many seem to be behind the balancer: those met last, as long as
// each could have been missed that often among so many.
func (b *balanced) several() int {
	var since []int
	for _, m := range b.members {
		if m.pool == b && !m.lost {
			since = append(since, b.scrapes-m.sighted)
		}
	}
	slices.Sort(since)
	n := 0
	for n < len(since) && since[n] < missed(n+1) {
		n++
	}
	return max(n, 1)
}

// expects is how many instances are behind the balancer and have no address of
// their own: as told, or as many as are alive.
func (b *balanced) expects() int {
	live, fixed := 0, 0
	for _, m := range b.members {
		switch {
		case m.pool != b || m.twins != nil:
			fixed++
		case b.live(m):
			live++
		}
	}
	return max(live, b.expected-fixed)
}
