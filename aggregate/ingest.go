package aggregate

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/promfold/promfold/internal/declare"
	"github.com/promfold/promfold/internal/evidence"
	"github.com/promfold/promfold/internal/explain"
	"github.com/promfold/promfold/internal/fold"
	"github.com/promfold/promfold/internal/growth"
	"github.com/promfold/promfold/internal/identity"
	"github.com/promfold/promfold/internal/layout"
	"github.com/promfold/promfold/internal/life"
	"github.com/promfold/promfold/internal/lines"
	"github.com/promfold/promfold/internal/process"
	"github.com/promfold/promfold/internal/room"
	"github.com/promfold/promfold/internal/roster"
	"github.com/promfold/promfold/internal/samples"
	"github.com/promfold/promfold/parse"
)

// ingest takes a scrape in, unless err says why it cannot. It counts the scrape, and names it in an error.
func (f *Fleet) ingest(sc incoming, err error) (Report, error) {
	if wrong := roster.Check(sc.Target, sc.Time); wrong != nil {
		err = wrong
	}
	if err == nil {
		var r Report
		if r, err = f.unpack(sc); err == nil {
			f.accepted.Add(1)
			return r, nil
		}
	}
	f.refused[explain.Refusal(err, ErrLate, ErrConflict, ErrLimit, parse.ErrLimit)].Add(1)
	forgetRefused(f, sc.Target, err)
	return Report{}, scrapeError(&sc.Scrape, err)
}

// unpack undoes the Content-Encoding of a scrape's body, whose size is bounded unpacked, too, and takes it in.
func (f *Fleet) unpack(sc incoming) (Report, error) {
	encoding := strings.Join(sc.Header.Values("Content-Encoding"), ",")
	if sc.typed || encoding == "" || encoding == "identity" {
		return f.takeIn(sc)
	}
	var r Report
	packed := sc // alone on the heap, for the function below
	err := f.packed.With(sc.Body, encoding, f.cfg.Limits.Body, func(body []byte) (err error) {
		packed.Body = body
		r, err = f.takeIn(packed)
		return err
	})
	return r, err
}

// takeIn takes in an unpacked scrape. The program is asked about new lines, see metricsOf, and it is read once more.
func (f *Fleet) takeIn(sc incoming) (Report, error) {
	if f.store.Relabel != nil {
		sc.mapping = new(lines.Mapping)
	}
	for {
		r, err := f.tryTakeIn(sc)
		if err == lines.ErrUnmapped {
			sc.mapping.Fill(f.store.Relabel)
		} else if names, ok := err.(declare.Unasked); ok {
			f.catalogue.LookUp(func() []string { return names })
		} else {
			return r, err
		}
	}
}

// tryTakeIn is takeIn, unless a program has to be asked something first.
func (f *Fleet) tryTakeIn(sc incoming) (Report, error) {
	sc.Target = addressOf(f, sc.Target)
	f.mu.RLock()
	b, root := f.book.Balancers[sc.Target], f.parts != nil
	if t := f.book.Entries[sc.Target]; t != nil {
		sc.instance = t.Instance
	}
	f.mu.RUnlock()
	if root {
		return Report{}, errRoot
	}
	if b != nil {
		return observeBalanced(f, b, sc)
	}
	in, err := f.lock(sc)
	if err != nil {
		return Report{}, err
	}
	defer in.mu.Unlock()
	return f.observe(in, sc)
}

// lock has the instance that a scrape is of for this scrape alone.
func (f *Fleet) lock(sc incoming) (*instance, error) {
	for {
		in, err := f.instance(sc)
		if err != nil {
			if makeRoom(f, sc.Time.UnixMilli()) {
				continue
			}
			return nil, err
		}
		if in.mu.Lock(); !in.retired {
			return in, nil
		}
		in.mu.Unlock() // it was retired since it was looked up
	}
}

// observe takes a scrape of a known instance in, whose lock is held. The body is read beside all other reading: what
// it is read against only changes with in.mu held.
func (f *Fleet) observe(in *instance, sc incoming) (Report, error) {
	s := stage(f, in, sc)
	defer s.unstage(f)

	if err := s.readBeside(sc); err != nil {
		return Report{}, err
	}
	if err := f.catalogue.Check(f.store, s.Reader); err != nil {
		return Report{}, err
	}
	if s.acceptSteady() {
		return s.report, nil
	}

	f.mu.Lock()
	defer f.mu.Unlock()
	if s.report.NewInstance = !in.Seen(); s.report.NewInstance {
		in.labels = f.book.Labels(s.target)
	}
	stays, all := s.stays(), len(f.ordered)
	if err := s.rebind(); err != nil {
		return Report{}, err
	}
	s.accept()
	if stays && len(f.ordered) == all {
		f.mu.Stayed()
	}
	return s.report, nil
}

// stays reports whether everybody stays at the addresses where they are: the scrape is of the same process at a known one.
func (s *staged) stays() bool {
	in := s.in
	return in.Seen() && !s.Scraped.Process && !s.Alternating && in.Twins == nil && s.placed() && s.f.book.Entries[s.target] != nil
}

// placed reports whether the instance is known at the address, and nobody else is suspected to be its process.
func (s *staged) placed() bool {
	return len(s.in.Suspicions) == 0 && slices.Contains(s.in.targets, s.target)
}

// readBeside reads the body beside those of others.
func (s *staged) readBeside(sc incoming) error {
	s.f.reading.RLock()
	defer s.f.reading.RUnlock()
	return s.read(sc)
}

// acceptSteady takes the scrape in beside others, if nothing shared has to change for it.
func (s *staged) acceptSteady() bool {
	s.f.mu.RLock()
	defer s.f.mu.RUnlock()
	if !s.report.Duplicate && !(s.settled() && s.placed() && !s.f.book.Entries[s.target].Gone) {
		return false
	}
	s.accept()
	s.f.mu.Changed()
	return true
}

// instance finds or makes the place that a scrape is of.
func (f *Fleet) instance(sc incoming) (*instance, error) {
	name := cmp.Or(sc.instance, sc.Target)
	f.names.RLock()
	in, ok := f.instances[name]
	f.names.RUnlock()
	if ok && in.pool == nil {
		return in, nil
	}
	f.names.Lock()
	defer f.names.Unlock()
	in, ok = f.instances[name]
	for ok && in.pool != nil && in.pool.Target != sc.Target { // one behind a balancer has the name
		name += "'"
		in, ok = f.instances[name]
	}
	if ok {
		return in, nil
	}
	return f.open(&instance{name: name, since: f.left.Watched(name)})
}

// open gives a new instance a place, if there is one. The names are locked.
func (f *Fleet) open(in *instance) (*instance, error) {
	if n := len(f.instances); n >= f.cfg.MaxInstances {
		return nil, fmt.Errorf("%w: at most %d, needed %d", errFull, f.cfg.MaxInstances, n+1)
	}
	f.instances[in.name] = in
	return in, nil
}

// staged is one scrape on its way in, and the scratch it needs. It is reused.
type staged struct {
	process.Staged
	f  *Fleet
	in *instance // Of is its process

	target      string
	provisional bool // what it grew by may be another process'
	opens       bool // a fleet that can be joined follows another process from now on
	alone       bool // it changes what is shared: this scrape has the fleet's lock alone
	report      Report

	steps  growth.Steps
	next   *growth.Plan // replaces the instance's; nil: that stays
	moved  []int32      // where its objects went
	drafts *drafts      // columns that the next plan leads to
	bound  []*fold.Binding
}

func stage(f *Fleet, in *instance, sc incoming) *staged {
	s := scratch(f)
	s.Begin(sc.Time.UnixMilli())
	s.in, s.Of = in, &in.Process
	s.target, s.alone, s.opens, s.provisional = sc.Target, false, false, false
	s.report = Report{Target: sc.Target, Instance: in.name}
	return s
}

func (s *staged) unstage(f *Fleet) {
	s.End()
	in := s.in
	s.in, s.next, s.moved, s.drafts = nil, nil, nil, nil
	if s.Reader.Orphaned() {
		f.names.Lock()
		s.Reader.Orphans(&f.orphans)
		f.names.Unlock()
	}
	if in.name != "" && !in.Seen() {
		f.names.Lock()
		delete(f.instances, in.name) // nothing of it was ever accepted
		f.names.Unlock()
	}
	f.scratch.Give(s)
}

// read stages the body and judges what it says about the process.
func (s *staged) read(sc incoming) error {
	in := s.in
	if in.Seen() && s.At < in.Last {
		return ErrLate
	}
	if err := s.open(&in.Columns, &sc); err != nil {
		return err
	}
	s.report.Lines, s.report.Changed, s.report.Double = s.Reader.Len(), len(s.Reader.Changed()), len(s.Reader.Duplicates())
	if in.Seen() && s.At == in.Last {
		if !s.Same() {
			return ErrConflict
		}
		s.report.Duplicate, s.report.Incarnation = true, in.Incarnation
		return nil
	}
	s.ReadStart(sc.Header, sc.Start)
	s.Judge()
	return nil
}

// settled reports whether the instance goes on with the plan and the room that it has.
func (s *staged) settled() bool {
	f := s.f
	return s.in.lacks == nil && f.unclaimed == nil && s.Unmoved() && !s.crowded() && s.roomy() && s.followed() && f.taken.Load() <= f.cfg.MaxBytes
}

// rebind makes the plan of what is followed from now on, and holds what will be held against MaxBytes.
func (s *staged) rebind() error {
	saveFirst(s.in)
	f, limit, need, more := s.f, room.Limit(s.f.cfg.MaxBytes), int64(0), int64(0)
	over, ok := f.sought.Make(s.At, f.pause(), len(givenUp), func() (int64, bool) {
		need = s.plan()
		more = need - f.bytes + s.Brings(s.next)
		f.taken.Store(heldBy(f).Sum())
		return limit.Over(f.taken.Load(), max(more, 0)), limit.Fits(f.taken.Load(), more, func() (int64, bool) { return s.in.own(f, s.Reader.Weight()) })
	}, func(i int, over int64) bool { return givenUp[i](s, over) })
	if !ok {
		return limitError("bytes held", limit.Open(), limit.Open()+over)
	}
	f.bytes = need
	s.in.held.LetIn(more)
	s.makeRoom()
	return nil
}

// plan makes the next plan and says what all views will hold then.
func (s *staged) plan() (need int64) {
	in, f := s.in, s.f
	s.alone = true
	s.next, s.moved, s.drafts = nil, nil, nil
	if s.Unmoved() && s.roomy() {
		return f.bytes
	}
	if in.Plan == nil {
		s.drafts = in.draft(f, f.router.For(in.labels), 0)
		s.next = in.State.NewPlan(s.drafts.Route, f.router.Admits(in.labels), &s.Body, s.drafts, nil)
	} else {
		s.drafts = in.draft(f, in.Plan.Route(), 0)
		s.next, s.moved = in.Plan.Carry(&s.Scraped, s.drafts, &in.State)
	}
	return f.bytes + s.drafts.Need(s.next, in.Plan, len(in.bindings))
}

// roomy reports whether the native histograms that changed have places for all of their buckets.
func (s *staged) roomy() bool { return s.in.Plan.Roomy(&s.Scraped, s) }

// Placed reports whether a column has places for all buckets of n.
func (s *staged) Placed(k *growth.Sink, n *layout.Native) bool {
	b := s.in.bindings[k.View]
	return b.Placed(b.view.set(), k.Group, n) >= 0
}

// accept takes the staged scrape in. Nothing fails from here on.
func (s *staged) accept() {
	if s.report.Duplicate {
		return
	}
	in := s.in
	in.changeAhead(s.f, s.At)
	in.change(s.f)
	s.checkpoint()
	if s.alone {
		s.enter()
		if s.Scraped.Process {
			s.suspect()
		}
		s.weighTwins()
	}
	since := max(s.f.since, in.since)
	in.Date(&s.Scrape, s.f.cfg.ClockSkew.Milliseconds(), since)
	s.Watch(since)
	s.fold()
	s.noteShrunk()
	gone, found := len(s.Reader.Gone()), in.Start == s.Start && !s.Scraped.Process
	s.Reader.Commit(&in.Columns)
	in.answers(s)
	s.advance()
	exposed := in.exposed(s.f.store)
	for _, b := range in.bindings {
		b.Record(&exposed)
	}
	in.weigh(s.f)
	if s.alone {
		sweep(s.f, gone)
	}
	if s.Scraped.Process || in.pool != nil {
		in.Starts = identity.Remember(in.Starts, s.Start)
	}
	if !found {
		s.f.names.Lock()
		s.f.starts.Put(in, in.Start, in.Starts)
		s.f.names.Unlock()
	}
	if s.Scraped.Process {
		if in.pool == nil {
			for _, b := range s.f.book.Balancers {
				b.Forget(in)
			}
		}
		tidy(s.f, s.At)
	}
	s.report.Incarnation = in.Incarnation
	s.report.Restarted = s.Restart == life.Proven || s.Restart == life.Guessed
	if s.Restart > life.Proven {
		s.report.Warnings = append(s.report.Warnings, s.Restart.String())
	}
}

// enter applies what changes for the whole fleet.
func (s *staged) enter() {
	in, f := s.in, s.f
	in.State.Claimed()
	f.unclaimed = nil // what views are declared from now on has missed a scrape
	if f.since == 0 {
		f.since = s.At
	}
	if !in.Seen() {
		f.names.Lock()
		f.instances[in.name] = in // a failed scrape beside this one may have given it up
		delete(f.left.At, in.name)
		f.names.Unlock()
		in.admit(f)
		in.self = evidence.SelfName(f.store, &s.Body)
	}
	if !slices.Contains(in.targets, s.target) {
		in.targets = append(in.targets, s.target)
		f.book.Meet(s.target, in)
	}
	f.book.Entry(s.target).Gone = false
	if s.drafts != nil {
		s.drafts.adopt(in)
	}
	if s.Alternating {
		s.alternate()
	} else if s.Doubtful() {
		in.Save(in.tables)
	}
	if s.Scraped.Process {
		in.State.ReleaseTombs(f.store)
		in.Meet(&s.Scrape)
	}
	if f.joinable() {
		s.meet()
	}
	s.report.Came, s.report.Went = len(s.Reader.Came()), len(s.Reader.Gone())
}

// advance moves the instance's clocks to the scrape.
func (s *staged) advance() {
	in := s.in
	if s.Start != in.Start && s.Start.Known() {
		for _, b := range in.bindings { // the process, which goes on, tells another start now
			if b.Met != nil && in.pool == nil && len(b.Met.Starts) > 0 {
				b.Met.Name(s.Start.At)
			}
		}
	}
	in.Accept(&s.Scrape)
	in.gone = false
	in.another = in.another || s.Restart == life.Another && in.pool == nil
	s.f.book.Entries[s.target].Seen(s.At)
	s.f.pulse.Beat(s.At)
}

// checkpoint keeps the state of the scrape before.
func (s *staged) checkpoint() {
	in, h := s.in, &s.in.History
	if in.Last == 0 {
		return
	}
	p := h.Keep(in.Present(), s.f.spacing())
	for _, b := range in.bindings {
		b.Snap(p)
	}
}

// open stages a scrape against columns.
func (s *staged) open(cols *lines.Columns, sc *incoming) error {
	s.Body.Reset()
	s.Reader.Mapping = sc.mapping
	if sc.typed {
		return s.Reader.ReadSamples(cols, sc.samples)
	}
	return s.Reader.Read(cols, sc.Body, sc.Header.Get("Content-Type"))
}

// incoming is a scrape in one of its two forms.
type incoming struct {
	Scrape
	samples  []lines.Sample
	typed    bool   // there are samples, and no body
	instance string // who answers there, as the program said
	mapping  *lines.Mapping
}

// incomingSamples returns a scrape that was read elsewhere; its Body does not count.
func incomingSamples(sc Scrape, list []parse.Sample) (incoming, error) {
	sc.Body = nil
	read, err := samples.Lines(list)
	return incoming{Scrape: sc, typed: true, samples: read}, err
}
