package aggregate

import (
	"slices"
	"sync"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/promfold/promfold/internal/growth"
	"github.com/promfold/promfold/internal/identity"
	"github.com/promfold/promfold/internal/lines"
	"github.com/promfold/promfold/internal/rate"
	"github.com/promfold/promfold/internal/roster"
	"github.com/promfold/promfold/internal/window"
)

// instance is a place in the fleet that runs one process at a time. mu is held
// by the one scrape that is being observed; what questions read is written
// under the fleet's lock besides.
type instance struct {
	mu      sync.Mutex
	name    string
	targets []string
	labels  labels.Labels // the target's, as first seen

	cols  lines.Columns
	plan  *growth.Plan // of what is followed; nil: of nothing yet
	state growth.State // what the followed objects grow from
	// chosen are the lines of native histograms that a saved instance was
	// followed by the classic buckets of.
	chosen map[lines.ID]bool

	clocks
	incarnation int
	gone        bool
	retired     bool            // it departed, and is no part of the fleet any more
	since       int64           // until when the place was watched before it was retired
	restarts    []restarted     // since the oldest checkpoint
	gaps        []rate.Gap      // between processes, since then
	shrunk      []roster.Shrunk // families that lost most of their lines

	// Identity:
	identity.Kin[*instance]
	starts     []identity.Start // of the processes that answered here
	alternates bool             // several of them at a time
	another    bool             // one answered beside the others, and nobody declared the address
	undo       *undo            // nil: nothing that was given to it is in doubt

	// Behind a balancer:
	pool *balanced
	lost bool   // it was not met for so long that it was given up
	late bool   // others were met before it
	self string // what its lines say who it is

	history  window.History
	cramped  bool       // there is no more room for its history
	bindings []*binding // by view.index; nil: not bound yet

	after  uint64  // how many snapshots there were when its state changed last
	before *before // its state before that, for those that were taken until then
	looked looked  // by the latest snapshot
}

// clocks are what the scrapes of an instance tell of it.
type clocks struct {
	version     int            // how many scrapes were accepted
	start       identity.Start // of the process, as last told
	startPos    int            // its line; negative: none
	birth       int64          // start of the first incarnation, if proven; else 0
	began       int64          // the same, also where it was before the fleet's Since
	first, last int64          // times of the accepted scrapes
	second      int64          // of the second one
	spacings    identity.Spacings
	sighted     int               // the balancer's scrape that met it last
	by          identity.Evidence // why its latest scrape is taken for its
	provisional bool              // what the latest one grew by may be another process'
}

// sinceOpening reports whether the instance was there when the fleet was met. One
// that others were met before, behind one balancer, may have begun since unless
// its start says otherwise.
func (in *instance) sinceOpening(opening int64) bool {
	return in.first < opening && (!in.late || in.start.Known())
}

// Relations returns who else may be the instance's process.
func (in *instance) Relations() *identity.Kin[*instance] { return &in.Kin }

// wait until no scrape of the instance is being observed.
func (in *instance) wait() {
	in.mu.Lock()
	defer in.mu.Unlock()
}

func (in *instance) seen() bool { return in.incarnation > 0 }

// accept notes the times of an accepted scrape. Before it, the state of the
// scrape before is kept as a checkpoint where one is due.
func (in *instance) accept(at int64) {
	if in.last == 0 {
		in.first = at
	} else {
		if in.second == 0 {
			in.second = at
		}
		in.spacings.Add(at - in.last)
	}
	in.last = at
	in.gone = false
}

// lives returns when the processes of an instance lived, as far as known.
func (f *Fleet) lives(in *instance, live bool, e int64) rate.Lives {
	l := rate.Lives{Began: in.began, Counted: in.birth != 0, First: in.first, Last: in.last, Interval: in.spacings.Interval(), Live: live, Gaps: in.gaps}
	if in.pool != nil {
		return l // what is said of the balancer is not said of it
	}
	for i, name := range in.targets {
		at := int64(0)
		if t := f.targets[name]; t != nil {
			at = t.down.Load()
		}
		if at <= in.last || at > e || i > 0 && l.Ended == 0 {
			l.Ended = 0
			break
		}
		l.Ended = max(l.Ended, at)
	}
	return l
}

// present is the checkpoint of the scrape accepted last.
func (in *instance) present() window.Checkpoint {
	return window.Checkpoint{At: in.last, Span: in.history.Span, Wall: in.history.Wall, Scrapes: in.version}
}

// noteRestart remembers a restart, and the time before it that no scrape saw, for
// as long as a window can reach it.
func (in *instance) noteRestart(r restarted, gap rate.Gap) {
	if h := &in.history; h.Full() {
		oldest := h.Oldest()
		in.restarts = slices.DeleteFunc(slices.Clone(in.restarts), func(r restarted) bool { return r.at <= oldest }) // answers keep the old ones
		in.gaps = slices.DeleteFunc(slices.Clone(in.gaps), func(g rate.Gap) bool { return g.To <= oldest })
	}
	in.restarts = append(in.restarts, r)
	if gap.From < gap.To {
		in.gaps = append(in.gaps, gap)
	}
}

// restarted is a scrape that found another process.
type restarted struct {
	at  int64
	how restart
}
