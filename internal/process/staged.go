package process

import (
	"net/http"
	"time"

	"github.com/promfold/promfold/internal/evidence"
	"github.com/promfold/promfold/internal/growth"
	"github.com/promfold/promfold/internal/identity"
	"github.com/promfold/promfold/internal/life"
	"github.com/promfold/promfold/internal/lines"
	"github.com/promfold/promfold/internal/window"
)

// Setting is what the scrapes of one fleet have in common.
type Setting struct {
	Store   *lines.Store
	Limits  lines.Limits
	Router  *growth.Router
	Layouts *window.Set
}

// Staged is a scrape on its way in, read against what a process exposed last. It
// is reused.
type Staged struct {
	life.Scrape
	Of          *Process
	Reader      *lines.Reader
	Body        growth.StagedBody
	Alternating bool // a process is back that another one seemed to have replaced
	Baseline    bool // no scrape of this process came before
	Scraped     growth.Scraped
	Index       evidence.Index // of the body, where it is compared with others

	set     Setting
	scratch growth.Scratch
}

// New returns one that has read nothing.
func New(set Setting) Staged {
	r := lines.NewReader(set.Store, set.Limits)
	return Staged{Reader: r, Body: growth.StagedBody{Reader: r}, set: set}
}

// Begin begins a scrape; at is its time.
func (s *Staged) Begin(at int64) {
	s.Scrape = life.Scrape{At: at, Restart: life.NoRestart}
	s.Alternating, s.Baseline = false, false
}

// End lets go of what was read.
func (s *Staged) End() {
	s.Reader.Discard()
	s.Body.Reset()
	s.Of, s.Scraped = nil, growth.Scraped{}
}

// Same reports whether the body says what the columns hold already.
func (s *Staged) Same() bool { return !s.Reader.Structural() && len(s.Reader.Changed()) == 0 }

// Unmoved reports whether the process goes on with the lines it had.
func (s *Staged) Unmoved() bool {
	return !s.Baseline && s.Of.Plan != nil && s.Restart == life.NoRestart && !s.Reader.Structural()
}

// ReadStart reads when the process started: the start's line stands where it stood
// unless the body's structure changed. given is what the caller knows of it.
func (s *Staged) ReadStart(header http.Header, given time.Time) {
	s.Lead = evidence.LeadOf(header, s.At)
	pos := s.Of.StartPos
	if s.Of.Last == 0 {
		pos = evidence.FindStart(s.set.Store, &s.Body)
	} else if s.Reader.Structural() {
		pos = evidence.FollowStart(s.set.Store, s.Reader, &s.Body, pos)
	}
	value := 0.0
	if pos >= 0 {
		_, value, _ = s.Reader.At(pos)
	}
	s.StartPos, s.Start = pos, evidence.Start(pos, value, given, header)
}

// Liken compares the body with what other processes exposed last, for each that
// may be the same one: see [identity.WeighAll].
func (s *Staged) Liken(all func(liken func(o *Process) (l identity.Likeness, apart int64, ok bool))) {
	s.Index.Note(s.set.Store, s.Reader)
	defer s.Index.Clear()
	all(func(o *Process) (l identity.Likeness, apart int64, ok bool) {
		if o.Last > s.At {
			return l, 0, false
		}
		return s.Index.Liken(&o.Columns), s.At - o.Last, true
	})
}
