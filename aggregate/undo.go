package aggregate

import (
	"net/http"
	"time"

	"github.com/promfold/promfold/internal/growth"
	"github.com/promfold/promfold/internal/identity"
	"github.com/promfold/promfold/internal/lines"
	"github.com/promfold/promfold/internal/window"
)

// undo is what an instance's views held at a scrape to which it can be taken
// back: what came after it may be of another process.
type undo struct {
	tables []*window.Saved // by view; nil: the view was not there yet
	segs   []*segment      // shorter where it was loaded
	n      int             // checkpoints there were
	at     window.Checkpoint
	past   *past // the rest, of an instance behind a balancer
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
		u.tables, u.segs = append(u.tables, b.Save()), append(u.segs, b.seg.clone())
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

func (x *sighting) release(s *lines.Store) {
	x.cols.Release(s)
	x.state.Release(s)
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
			if u.past != nil {
				clear(b.changed)
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
		if b.seg = nil; i < len(u.segs) {
			b.seg = u.segs[i]
		}
		b.adopted()
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
		in.takeBack(in.undo)
		in.undo = nil
	}
	in.alternates, s.report.Alternating = true, true
	if s.f.cfg.SplitAlternating && s.f.balancers[s.target] == nil && in.name == s.target {
		s.f.split(in, s.target, s.at)
	}
}

// split makes a balanced target of an address that proved to be one.
func (f *Fleet) split(in *instance, name string, at int64) {
	b := &balanced{target: name, last: at, spacings: in.spacings}
	b.Members, b.Latest, b.Scrapes = []*instance{in}, in, 1
	f.names.Lock()
	in.pool, in.sighted = b, b.Scrapes
	f.names.Unlock()
	f.balancers[name] = b
}

// set adds what a view held that was claimed late.
func (u *undo) set(view int, s *window.Saved) {
	for len(u.tables) <= view {
		u.tables = append(u.tables, nil)
	}
	u.tables[view] = s
}
