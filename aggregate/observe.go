package aggregate

import (
	"slices"

	"github.com/promfold/promfold/internal/identity"
	"github.com/promfold/promfold/internal/judge"
	"github.com/promfold/promfold/internal/layout"
	"github.com/promfold/promfold/internal/lines"
)

// Observe takes one scrape in. It is all or nothing: on an error, a
// *[ScrapeError], the fleet is as it was. The same scrape once more changes
// nothing and is reported as a duplicate.
func (f *Fleet) Observe(sc Scrape) (Report, error) { return f.observed(sc, f.take) }

// observed names the scrape in an error.
func (f *Fleet) observed(sc Scrape, take func(Scrape) (Report, error)) (Report, error) {
	r, err := take(sc)
	if err != nil {
		return Report{}, &ScrapeError{Target: sc.Target, Time: sc.Time, Err: err}
	}
	return r, nil
}

func (f *Fleet) take(sc Scrape) (Report, error) {
	if encoding := sc.Header.Get("Content-Encoding"); encoding != "" && encoding != "identity" {
		return f.takePacked(sc, encoding)
	}
	return f.takeBody(sc)
}

func (f *Fleet) takeBody(sc Scrape) (Report, error) { return f.takeIn(incoming{Scrape: sc}) }

func (f *Fleet) takeIn(sc incoming) (Report, error) {
	sc.Target = f.address(sc.Target)
	f.mu.RLock()
	b := f.balancers[sc.Target]
	f.mu.RUnlock()
	if b != nil {
		return f.observeBalanced(b, sc)
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
			if f.makeRoom(sc.Time.UnixMilli()) {
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

// observe takes a scrape of a known instance in, whose lock is held. The body is read beside all
// other reading: what it is read against only changes with in.mu held.
func (f *Fleet) observe(in *instance, sc incoming) (Report, error) {
	s := f.stage(in, sc)
	defer f.unstage(s)

	f.reading.RLock()
	err := s.read(sc)
	f.reading.RUnlock()
	if err != nil {
		return Report{}, err
	}

	f.mu.RLock()
	steady := s.steady()
	if steady {
		s.accept()
		f.mu.changed()
	}
	f.mu.RUnlock()
	if steady {
		return s.report, nil
	}

	f.mu.Lock()
	defer f.mu.Unlock()
	if err := s.rebind(); err != nil {
		return Report{}, err
	}
	s.accept()
	return s.report, nil
}

// instance finds or makes the place that a scrape is of.
func (f *Fleet) instance(sc incoming) (*instance, error) {
	name := sc.Instance
	if name == "" {
		name = sc.Target
	}
	f.names.Lock()
	defer f.names.Unlock()
	in, ok := f.instances[name]
	if !ok {
		if n := len(f.instances); n >= f.cfg.MaxInstances {
			return nil, &LimitError{What: "instances", Limit: int64(f.cfg.MaxInstances), Need: int64(n + 1)}
		}
		in = &instance{name: name, labels: sc.Labels, since: f.watchedSince(name)}
		f.instances[name] = in
	}
	return in, nil
}

// staged is one scrape on its way in, and the scratch it needs. It is reused.
type staged struct {
	f  *Fleet
	in *instance
	r  *lines.Reader

	target      string
	at          int64
	start       identity.Start
	startPos    int
	verdict     judge.Restart
	restart     Restart
	alternating bool // a process is back that another one seemed to have replaced
	baseline    bool // no scrape of this process came before
	churned     bool // so much came or went that absence proves no birth
	fell        map[string]bool
	opens       bool       // a fleet that can be joined follows another process from now on
	alone       bool       // it changes what is shared: this scrape has the fleet's lock alone
	rebound     []*binding // replaces in.bindings
	holds       []hold     // baselines to keep
	frees       []lines.ID // baselines that ended
	report      Report

	noted    map[noteKey]int
	dirty    []uint32
	places   []uint32          // by lines.ID: where in the body the line stands, plus 1
	byLabels map[uint64]uint32 // by the hash of a line's labels: the same, less 1; of bodies in other words
	p, c     []float64
	growth   []float64

	natives  map[uint32]*layout.Native // decoded, by position; nil: none that can be
	increase layout.Native
}

func (f *Fleet) stage(in *instance, sc incoming) *staged {
	f.names.Lock()
	defer f.names.Unlock()
	var s *staged
	if n := len(f.scratch); n > 0 {
		s, f.scratch = f.scratch[n-1], f.scratch[:n-1]
	} else {
		s = &staged{f: f, r: lines.NewReader(f.store, f.cfg.Limits), fell: map[string]bool{}, noted: map[noteKey]int{}}
	}
	s.in, s.target, s.at = in, sc.Target, sc.Time.UnixMilli()
	s.verdict, s.restart, s.baseline, s.churned, s.alone, s.alternating, s.opens = judge.RestartUnknown, NoRestart, false, false, false, false, false
	s.holds, s.frees = s.holds[:0], s.frees[:0]
	s.report = Report{Target: sc.Target, Instance: in.name}
	return s
}

func (f *Fleet) unstage(s *staged) {
	s.r.Discard()
	clear(s.fell)
	clear(s.natives)
	in := s.in
	s.in, s.rebound = nil, nil
	f.names.Lock()
	defer f.names.Unlock()
	f.scratch = append(f.scratch, s)
	if in.name != "" && !in.seen() {
		delete(f.instances, in.name) // nothing of it was ever accepted
	}
}

// read stages the body and judges what it says about the process.
func (s *staged) read(sc incoming) error {
	in := s.in
	if in.seen() && s.at < in.last {
		return ErrLate
	}
	if err := s.open(&in.cols, &sc); err != nil {
		return err
	}
	s.report.Lines, s.report.Changed = s.r.Len(), len(s.r.Changed())
	if in.seen() && s.at == in.last {
		if !s.same() {
			return ErrConflict
		}
		s.report.Duplicate, s.report.Incarnation = true, in.incarnation
		return nil
	}
	s.start = s.readStart(sc.Header)
	s.judge()
	return nil
}

// steady tells whether nothing shared has to change for the scrape. It is asked
// with the fleet's lock.
func (s *staged) steady() bool {
	in := s.in
	return s.report.Duplicate ||
		s.f.unclaimed == nil && in.seen() && !s.r.Structural() && len(in.suspicions) == 0 && s.restart == NoRestart &&
			slices.Contains(in.targets, s.target) && !s.f.targets[s.target].gone && s.roomy()
}

// same: the body says what the columns hold already.
func (s *staged) same() bool { return !s.r.Structural() && len(s.r.Changed()) == 0 }

// rebind leads the lines to the views anew, and holds what they will keep
// against MaxBytes.
func (s *staged) rebind() error {
	if s.restart == NoRestart && !s.baseline {
		s.renameTombs()
	}
	need := s.bindAll()
	if need > s.f.cfg.MaxBytes && need > s.f.bytes && s.f.retire(s.at) {
		need = s.bindAll()
	}
	if over := need - s.f.cfg.MaxBytes; over > 0 && need > s.f.bytes {
		if !s.f.evict(over) {
			return &LimitError{What: "bytes", Limit: s.f.cfg.MaxBytes, Need: need}
		}
		need = s.bindAll()
	}
	s.f.bytes = need
	return nil
}

// bindAll makes the new bindings and says what all will hold then.
func (s *staged) bindAll() (need int64) {
	in, f := s.in, s.f
	s.alone, s.rebound = true, nil
	need = f.bytes
	for i, v := range f.views {
		var old *binding
		if i < len(in.bindings) {
			old = in.bindings[i]
			need -= old.bytes()
		}
		b := bind(v, in, old, stagedSeries{stagedLines{s.r}, s})
		need += b.bytes()
		s.rebound = append(s.rebound, b)
	}
	return need
}

// accept takes the staged scrape in. Nothing fails from here on.
func (s *staged) accept() {
	if s.report.Duplicate {
		return
	}
	in := s.in
	process := s.baseline || s.restart != NoRestart
	s.checkpoint()
	if s.alone {
		s.enter()
		if process {
			s.suspect()
		}
		s.weighTwins()
	}
	for _, b := range in.bindings {
		s.fold(b)
	}
	s.settle()
	s.bury()
	s.noteShrunk()
	gone := len(s.r.Gone())
	s.r.Commit(&in.cols)
	s.advance()
	if s.alone {
		s.f.sweep(gone)
	}
	if process {
		in.starts = identity.Remember(in.starts, s.start)
		s.f.tidy(s.at)
	}
	s.report.Incarnation, s.report.Restart = in.incarnation, s.restart
}

// enter applies what changes for the whole fleet.
func (s *staged) enter() {
	in, f := s.in, s.f
	f.unclaimed = nil // what views are declared from now on has missed a scrape
	if f.since == 0 {
		f.since = s.at
	}
	if !in.seen() {
		f.names.Lock()
		f.instances[in.name] = in // a failed scrape beside this one may have given it up
		delete(f.leftAt, in.name)
		f.names.Unlock()
		f.admit(in)
		in.self = selfName(f.store, stagedLines{s.r})
	}
	if !slices.Contains(in.targets, s.target) {
		in.targets = append(in.targets, s.target)
	}
	f.target(s.target).gone = false
	in.bindings = s.rebound
	for _, b := range in.bindings {
		b.fit()
	}
	s.noteBuckets()
	if s.alternating {
		s.alternate()
	} else if x := s.succession(); s.restart == RestartProven && x.Doubtful() {
		s.saveUndo()
	}
	if s.baseline || s.restart != NoRestart {
		in.clearTombs(f.store)
		if in.incarnation++; in.incarnation > 1 {
			in.noteRestart(s.at, s.restart)
		}
	}
	if s.restart == AnotherInstance {
		clear(in.held)
	}
	if f.joinable() && (s.baseline || s.restart == RestartProven) {
		s.openSegments()
	}
	if began, ok := s.start.Began(s.at, f.cfg.ClockSkew.Milliseconds()); ok && in.incarnation == 1 && began > max(f.since, in.since) {
		in.birth = began
	}
	s.report.New, s.report.Gone = s.newLines(), len(s.r.Gone())
}

// advance moves the instance's clocks to the scrape.
func (s *staged) advance() {
	in := s.in
	from := in.last
	switch {
	case in.last == 0:
		if from = in.birth; from == 0 {
			from = s.at
		}
		in.history.wall += s.at - from
	case s.restart == AnotherInstance:
		from = s.at
	case s.restart == RestartProven:
		in.history.wall += s.at - from
		from = min(max(from, s.start.At), s.at)
	default:
		in.history.wall += s.at - from
	}
	in.history.span += s.at - from
	in.accept(s.at)
	in.start, in.startPos = s.start, s.startPos
	in.version++
	s.f.targets[s.target].seen(s.at)
	s.f.awaken(s.at)
}

func (s *staged) newLines() int {
	n := 0
	for pos := range s.r.Len() {
		if _, old, _, _ := s.r.At(pos); old < 0 {
			n++
		}
	}
	return n
}

// checkpoint keeps the state of the scrape before, where it is due.
func (s *staged) checkpoint() {
	in, h := s.in, &s.in.history
	if in.last == 0 {
		return
	}
	if h.points == nil {
		h.points = make([]checkpoint, s.f.cfg.Checkpoints+2)
	}
	if !h.due(in.last, s.f.cfg.Window.Milliseconds()/int64(s.f.cfg.Checkpoints)) {
		return
	}
	*h.at(h.n) = in.present()
	for _, b := range in.bindings {
		b.snap(h.n)
	}
	h.n++
}

// stagedLines are the lines of a scrape on its way in.
type stagedLines struct{ *lines.Reader }

func (l stagedLines) ID(pos int) lines.ID {
	id, _, _, _ := l.At(pos)
	return id
}
