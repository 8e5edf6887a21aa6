package aggregate

import (
	"slices"
	"sync"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/promfold/promfold/internal/identity"
	"github.com/promfold/promfold/internal/lines"
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
	held  map[lines.ID]held // baselines that are not the column's value
	tombs map[lines.ID]held // lines that vanished during this incarnation
	// byBuckets are the lines of native histograms that are followed by their
	// classic buckets for as long as the process lives.
	byBuckets map[lines.ID]bool
	// tombsLost: some tombstones had to go, so absence proves no birth.
	tombsLost bool
	reworded  bool // some tombstones may be of lines in other words than its present ones

	version     int            // how many scrapes were accepted
	start       identity.Start // of the process, as last told
	startPos    int            // its line; negative: none
	incarnation int
	birth       int64 // start of the first incarnation, if proven; else 0
	first, last int64 // times of the accepted scrapes
	second      int64 // of the second one
	interval    int64 // between scrapes: the shorter of the last two
	lastGap     int64
	gone        bool
	retired     bool        // it departed, and is no part of the fleet any more
	since       int64       // until when the place was watched before it was retired
	restarts    []restarted // since the oldest checkpoint
	shrunk      []shrunk    // families that lost most of their lines

	// Identity:
	suspicions []*suspicion     // instances that may be the same process
	twins      *twins           // instances that are; nil: none
	starts     []identity.Start // of the processes that answered here
	alternates bool             // several of them at a time
	undo       *undo            // nil: the latest restart is beyond doubt

	// Behind a balancer:
	pool    *balanced
	sighted int      // the balancer's scrape that met it last
	lost    bool     // it was not met for so long that it was given up
	pending *pending // nil: all that was attributed is confirmed
	self    string   // what its lines say who it is
	by      Evidence // why its latest scrape is taken for its

	history  history
	bindings []*binding // by view.index; nil: not bound yet
}

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
		gap := at - in.last
		in.interval = gap
		if in.lastGap > 0 {
			in.interval = min(gap, in.lastGap)
		}
		in.lastGap = gap
	}
	in.last = at
	in.gone = false
}

// alive is the part of (s, e] in which the instance is taken to have lived:
// from its birth, else half an interval before its first scrape, to e, or
// half an interval after its last scrape if it is not live.
func (in *instance) alive(s, e int64, live bool) int64 {
	from, to := in.birth, e
	if from == 0 {
		from = in.first - in.interval/2
	}
	if !live {
		to = min(e, in.last+in.interval/2)
	}
	return max(0, to-max(s, from))
}

// release gives up the references of what is no longer remembered.
func (in *instance) clearTombs(s *lines.Store) {
	for id := range in.tombs {
		s.Release(id)
	}
	clear(in.tombs)
	in.tombsLost, in.reworded = false, false
}

// history is a ring of checkpoints: when they were, and for how long the
// instance had been observed until then. Checkpoint n is in slot n modulo the
// length; the present is not in it.
type history struct {
	points []checkpoint
	n      int   // checkpoints so far
	span   int64 // observed until now
	wall   int64 // the same, with what lies between a process' last scrape and its successor's start
}

// present is the checkpoint of the scrape accepted last.
func (in *instance) present() checkpoint {
	return checkpoint{in.last, in.history.span, in.history.wall, in.version}
}

type checkpoint struct {
	at, span, wall int64
	scrapes        int // accepted until then
}

// oldest is the number of the oldest checkpoint still held.
func (h *history) oldest() int { return max(0, h.n-len(h.points)) }

func (h *history) at(n int) *checkpoint { return &h.points[n%len(h.points)] }

// due says whether the state at time t is to be kept.
func (h *history) due(t, spacing int64) bool {
	return h.n == 0 || t-h.at(h.n-1).at >= spacing
}

// before is the number of the newest checkpoint not after s, from number
// first on; first−1 if all are later.
func (h *history) before(s int64, first int) int {
	n := h.n - 1
	if n < first {
		return n
	}
	for at := n % len(h.points); n >= first && h.points[at].at > s; n-- {
		if at--; at < 0 {
			at = len(h.points) - 1
		}
	}
	return n
}

// noteRestart remembers a restart for as long as a window can reach it.
func (in *instance) noteRestart(at int64, how Restart) {
	if h := &in.history; h.n > len(h.points) {
		oldest := h.at(h.oldest()).at
		in.restarts = slices.DeleteFunc(slices.Clone(in.restarts), func(r restarted) bool { return r.at <= oldest }) // answers keep the old ones
	}
	in.restarts = append(in.restarts, restarted{at, how})
}

// restarted is a scrape that found another process.
type restarted struct {
	at  int64
	how Restart
}
