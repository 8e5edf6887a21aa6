package aggregate

import (
	"net/http"
	"slices"
	"time"

	"github.com/promfold/promfold/internal/evidence"
	"github.com/promfold/promfold/internal/growth"
	"github.com/promfold/promfold/internal/identity"
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
	given time.Time // when the process started, by the caller
}

// again is the scrape as it came.
func (p *pending) again(s *lines.Store) *incoming {
	sc := &incoming{Scrape: Scrape{Body: p.body, Header: p.head, Start: p.given}, typed: p.typed}
	for pos := range p.cols.Len() {
		if !p.typed {
			break
		}
		sc.samples = append(sc.samples, p.cols.Sample(s, pos))
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

// start is what the scrape said of its process.
func (p *pending) start(s *lines.Store) identity.Start {
	pos := evidence.FindStart(s, growth.KnownBody{Columns: &p.cols})
	value := 0.0
	if pos >= 0 {
		value = p.cols.Value(pos)
	}
	return evidence.Start(pos, value, p.given, p.head)
}

// identify decides of whom the staged scrape is.
func (b *balanced) identify(s *staged) (*instance, identity.Decision) {
	x := identity.Scrape{At: s.at, Start: s.start, Tolerance: s.f.cfg.StartTolerance.Milliseconds(), Settled: b.pool().Settled()}
	list := b.candidates(s, &x)
	if len(list) == 1 && list[0] == s.in && s.start.Known() && s.in.start == s.start &&
		s.in.pending == nil && len(s.r.Gone()) == 0 && !s.anyFell() {
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
func (b *balanced) candidates(s *staged, x *identity.Scrape) (list []*instance) {
	for _, in := range s.f.ordered {
		if (in.pool == nil || in.pool == b) && x.Eligible(in.start, in.pool == nil) {
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
	s.index.Note(s.f.store, s.r)
	defer s.index.Clear()
	self := evidence.SelfName(s.f.store, &s.body)
	for _, in := range list {
		if in.self != self {
			continue
		}
		c := identity.Candidate{Name: in.name, Dead: in.replaced()}
		c.Last = identity.Sighting{At: in.last, Start: in.start, Likeness: s.index.Liken(&in.cols)}
		if p := in.pending; p != nil { // the fleet can take it back
			c.Earlier = []identity.Sighting{c.Last}
			c.Last = identity.Sighting{At: p.at, Start: p.start(s.f.store), Likeness: s.index.Liken(&p.cols)}
		}
		kept, compared = append(kept, in), append(compared, c)
	}
	return kept, compared
}

// waits reports whether the scrape waits until the next one of the instance
// confirms it: it is provisional, and its start is not the instance's. What is
// taken back is what waits.
func (s *staged) waits(who *instance, why identity.Decision) bool {
	return why.Retract || why.Provisional && !(s.start.Known() && s.start == who.start)
}

// attribute takes the staged scrape in as one of an instance's.
func (b *balanced) attribute(s *staged, who *instance, why identity.Decision, sc incoming) error {
	p := who.pending
	if !who.seen() || !s.waits(who, why) {
		if p != nil {
			p.cols.Release(s.f.store)
			who.pending = nil
		}
		return s.retake(who, &sc, sc.Time.UnixMilli(), s.in == who && p == nil)
	}
	if p == nil {
		p = &pending{}
	} else if why.Retract || p.start(s.f.store) == s.start {
		// Either the new scrape confirms the one before, or it shows that one
		// to be another instance's. With another start it takes its place.
		of := who
		if why.Retract {
			of = b.open(s.f, sc)
			of.sighted = who.sighted
		}
		if err := s.retake(of, p.again(s.f.store), p.at, false); err != nil {
			return err
		}
		b.join(of)
	}
	if err := s.open(&p.cols, &sc); err != nil {
		return err
	}
	s.r.Commit(&p.cols)
	p.body, p.typed, p.at, p.head = append(p.body[:0], sc.Body...), sc.typed, sc.Time.UnixMilli(), readHeader(sc.Header)
	p.given, who.pending = sc.Start, p
	s.report.Instance, s.report.Incarnation, s.report.Provisional = who.name, 1, true
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
		s.start = s.readStart(sc)
	}
	s.report.Lines, s.report.Changed = s.r.Len(), len(s.r.Changed())
	if who.seen() && at <= who.last {
		if at < who.last || !s.same() {
			return ErrLate
		}
		s.report.Duplicate, s.report.Incarnation = true, who.incarnation
		return nil
	}
	s.judgeMember()
	if s.baseline || s.r.Structural() || who.plan == nil || s.f.unclaimed != nil || !slices.Contains(who.targets, s.target) || !s.roomy() {
		if err := s.rebind(); err != nil {
			return err
		}
	}
	s.accept()
	return nil
}

// readHeader copies what is read of a response's header.
func readHeader(h http.Header) http.Header {
	kept := http.Header{}
	for _, name := range []string{"Content-Type", identity.StartHeader} {
		if v := h.Get(name); v != "" {
			kept.Set(name, v)
		}
	}
	return kept
}
