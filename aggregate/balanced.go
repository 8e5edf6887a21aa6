package aggregate

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/promfold/promfold/internal/evidence"
	"github.com/promfold/promfold/internal/explain"
	"github.com/promfold/promfold/internal/identity"
	"github.com/promfold/promfold/internal/lines"
	"github.com/promfold/promfold/internal/process"
)

// balanced is a target behind which several instances answer: target#1, … by first sight. The fleet's lock guards it.
type balanced = identity.Balancer[*instance]

// observeBalanced attributes a scrape, and takes it in as one of whom it is of.
func observeBalanced(f *Fleet, b *balanced, sc incoming) (Report, error) {
	for {
		r, busy, err := tryBalanced(f, b, sc)
		if busy != nil {
			busy.mu.Lock()
			//lint:ignore SA2001 now no scrape of it is being observed
			busy.mu.Unlock()
		} else if !errors.Is(err, errFull) || !makeRoom(f, sc.Time.UnixMilli()) {
			return r, err
		}
	}
}

// tryBalanced has the fleet's lock, as any instance may be the one. It gives up while a scrape of that one is read.
func tryBalanced(f *Fleet, b *balanced, sc incoming) (r Report, busy *instance, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	at := sc.Time.UnixMilli()
	if at < b.Last {
		return Report{}, nil, ErrLate
	}
	k := &keeper{f: f, b: b}
	defer k.close()
	in, ok := b.Expect(evidence.HintedStart(sc.Body))
	if at == b.Last && b.Latest != nil {
		in, ok = b.Latest, true // to know the same scrape again
	}
	if !ok {
		in = &instance{}
	}
	s := k.stage(in, sc)
	if err := s.open(&s.in.Columns, &sc); err != nil {
		return Report{}, nil, err
	}
	if err := f.catalogue.Check(f.store, s.Reader); err != nil {
		return Report{}, nil, err
	}
	if at == b.Last && (s.in == b.Latest && s.Same() || b.Unsure != 0 && b.Unsure == evidence.Digest(s.Reader)) {
		s.report.Lines, s.report.Duplicate, s.report.Incarnation = s.Reader.Len(), true, 1
		return s.report, nil, nil
	}
	s.ReadStart(sc.Header, sc.Start)
	_, why, err := identity.Meet(b, k, s)
	if err != nil {
		return Report{}, k.busy, err
	}
	b.Heard(at)
	if why.Ambiguous {
		b.Unsure = evidence.Digest(s.Reader)
		f.book.Entry(b.Target).Seen(at)
		s.report.Lines, s.report.Instance, s.report.Candidates = s.Reader.Len(), "", converted(why.Candidates, func(i int) string { return k.fit[i].name })
	}
	s.report.By, s.report.NewInstance, s.report.Provisional = why.By.String(), why.New, why.Provisional
	return s.report, nil, nil
}

// attempt is a scrape of a balancer on its way in.
type attempt struct {
	*staged
	sc incoming
}

// keeper carries out what package identity decides of one scrape of a balancer. The fleet's lock is held.
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

// Mark remembers which scrape met an instance last, and whether it was given up.
func (k *keeper) Mark(in *instance, sighted int, lost bool) {
	if in.pool == k.b {
		saveFirst(in)
		in.Sighted, in.lost = sighted, lost
	}
}

// Open makes an instance for a process not seen before.
func (k *keeper) Open() (*instance, error) {
	f, b := k.f, k.b
	f.names.Lock()
	defer f.names.Unlock()
	name := b.Name(func(name string) bool { return f.instances[name] != nil })
	since, late := b.Watched(func(in *instance) bool { return in.departed(f, k.attempts[0].At) })
	return f.open(&instance{name: name, labels: f.book.Labels(b.Target), pool: b, since: since, late: late})
}

// Candidates returns the instances that may have answered as far as starts tell, also those that have an address of
// their own, but for those that name themselves otherwise.
func (k *keeper) Candidates(s *attempt, without *instance) (identity.Scrape, []*instance, []identity.Candidate) {
	x := identity.Scrape{At: s.At, Start: s.Start, Tolerance: k.f.cfg.StartTolerance.Milliseconds()}
	k.fit = nil
	for _, in := range k.f.starts.Of(s.Start, k.b.Members...) {
		x.Former = x.Former || in.pool == nil && in.Start != s.Start && slices.Contains(in.Starts, s.Start)
		if in != without && (in.pool == nil || in.pool == k.b && in.Last <= s.At) && x.Eligible(in.Start, in.pool == nil) {
			k.fit = append(k.fit, in)
		}
	}
	if len(k.fit) == 1 && k.fit[0] == s.in && s.Start.Known() && s.in.Start == s.Start && len(s.Reader.Gone()) == 0 && !s.AnyFell() {
		return x, k.fit, []identity.Candidate{{Name: s.in.name, Last: identity.Sighting{At: s.in.Last, Start: s.in.Start}}} // nothing fell
	}
	known := make([]evidence.Known, len(k.fit))
	for i, in := range k.fit {
		known[i] = evidence.Known{Name: in.name, Self: in.self, Dead: in.replaced(), Last: in.Exposed()}
		if p := in.Past(); p != nil {
			e := p.Exposed()
			known[i].Earlier = &e
		}
	}
	of, compared, named := s.Index.Compare(s.f.store, s.Reader, &s.Body, known)
	x.Named = named
	for i, from := range of {
		k.fit[i] = k.fit[from]
	}
	k.fit = k.fit[:len(of)]
	return x, k.fit, compared
}

// Take takes a scrape in as one of an instance's. It takes back first what the instance was given of another process.
func (k *keeper) Take(who *instance, s *attempt, why identity.Decision) (displaced *attempt, err error) {
	if !who.mu.TryLock() {
		k.busy = who
		return nil, errBusy
	}
	defer who.mu.Unlock()
	saveFirst(who)
	if why.Counted {
		who.since = s.At
	}
	u := who.Undo
	if why.Retract {
		who.change(k.f)
		who.Retract()
		who.replan(k.f)
		who.Recall()
	}
	if err := s.retake(who, &s.sc, !why.Retract && s.in == who); err != nil || s.report.Duplicate {
		if why.Retract {
			who.Swap(u.Past)
		}
		return nil, err
	}
	if why.Retract {
		displaced = k.displaced(u.Past)
		who.takeBack(u, s.At)
		who.Settle(k.f.store)
	}
	switch {
	case who.pool != k.b: // its address tells
	case !why.Keep:
		who.Settle(k.f.store)
	case who.Seen() && who.Past() == nil:
		who.Keep(k.f.store, who.tables)
	}
	s.provisional = why.Provisional
	s.accept()
	who.By, who.Provisional = why.By, why.Provisional || who.Provisional && why.Keep && !why.Retract
	if p := who.Past(); p != nil {
		p.Last.Set(s.sc.Body, s.sc.typed, s.sc.Header, s.sc.Start)
	}
	return displaced, nil
}

// displaced stages the scrape that was taken for one of an instance's last, once that was taken back.
func (k *keeper) displaced(p *process.Past) *attempt {
	a := &p.Last
	x := k.stage(&instance{}, incoming{
		Scrape: Scrape{Target: k.b.Target, Time: time.UnixMilli(p.Clocks.Last), Body: a.Body, Header: a.Header, Start: a.Start},
		typed:  a.Typed, samples: a.Samples(k.f.store, &p.Columns),
	})
	if x.open(&lines.Columns{}, &x.sc) == nil { // it was read before
		x.ReadStart(x.sc.Header, x.sc.Start)
	}
	return x
}

// suspect marks the members that may be one process, and returns the warnings of it.
func (m *moment) suspect() (list []note) {
	groups := identity.Suspected(m.f.ordered, func(in *instance) bool { return !in.departed(m.f, m.e) })
	if len(groups) == 0 {
		return nil
	}
	of := map[*instance]int32{}
	for i, group := range groups {
		var names []string
		for _, in := range group {
			of[in], names = int32(i)+1, append(names, in.name)
		}
		list = append(list, note{group[0].labels, explain.MayBeOne(names)})
	}
	for i := range m.members {
		m.members[i].double = of[m.members[i].in]
	}
	return list
}

// identities returns the doubts about who is who, which concern every answer of the fleet.
func identities(f *Fleet, e int64) []note {
	var list []note
	for _, b := range f.book.Balancers {
		words := b.Words()
		if f.parts.Shares(b.Target) {
			words = append(words, b.Target+": several parts reach it; totals are at least what the one counted that saw most")
		}
		for _, text := range words {
			list = append(list, note{f.book.Labels(b.Target), text})
		}
	}
	for _, in := range f.ordered {
		if in.Alternates && in.pool == nil {
			list = append(list, note{in.labels, in.name + " reaches several processes: declare it as balanced"})
		}
		if in.Twins != nil && in.counts(f, e) {
			others := slices.DeleteFunc(in.addresses(), func(t string) bool { return t == in.name })
			list = append(list, note{in.labels, fmt.Sprintf("%s and %s are one process, counted once", in.name, strings.Join(others, ", "))})
		}
	}
	slices.SortFunc(list, func(a, b note) int { return cmp.Compare(a.text, b.text) })
	return list
}
