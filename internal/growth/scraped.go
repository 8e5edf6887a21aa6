package growth

import (
	"slices"

	"github.com/promfold/promfold/internal/judge"
	"github.com/promfold/promfold/internal/layout"
	"github.com/promfold/promfold/internal/lines"
)

// Scraped is a staged scrape, what it is read against, and what the whole of it
// says about the process behind it. Times are Unix milliseconds.
type Scraped struct {
	Store  *lines.Store
	Reader *lines.Reader
	Before *lines.Columns
	Body   Body

	At        int64       // of the scrape
	LastTime  int64       // of the scrape before; 0: there is none
	Since     int64       // since when the instance is watched
	Start     int64       // of the process; 0: unknown
	PrevStart int64       // as the scrape before said; 0: unknown, or told by another source
	Clock     judge.Clock // that wrote the starts
	Rules     judge.Rules
	Router    *Router
	Layouts   interface {
		Layout(bounds []float64) *layout.Layout
	}

	Decision judge.Decision // on the process, see Weigh
	First    bool           // no scrape of this process came before
	Process  bool           // another process answers than before
	// Vanishing says that so many lines vanished that absence proves no birth.
	Vanishing bool

	Scratch *Scratch
	weighed bool // the counters were looked at
}

// Scratch is what a scrape shows of each family, and what that means. It is
// reused.
type Scratch struct {
	body     judge.Body
	families map[*lines.Family]int32
	list     []shows
	known    map[evidenceKey]*evidence
	room     []evidence
}

// shows is what a scrape shows of a family, and the metric of its counters.
type shows struct {
	judge.Family
	metric string
}

// evidence returns room for one more.
func (s *Scratch) evidence() *evidence {
	if len(s.room) == cap(s.room) {
		s.room = make([]evidence, 0, 2*cap(s.room)+16) // those given out stay where they are
	}
	s.room = s.room[:len(s.room)+1]
	return &s.room[len(s.room)-1]
}

func (s *Scratch) reset() {
	if s.families == nil {
		s.families, s.known = map[*lines.Family]int32{}, map[evidenceKey]*evidence{}
	}
	clear(s.families)
	clear(s.known)
	s.list, s.room = s.list[:0], s.room[:0]
	s.body.Reset()
}

// StagedBody is the lines of a reader's staged scrape. It decodes each native
// histogram once.
type StagedBody struct {
	*lines.Reader
	natives map[int]*layout.Native
}

// Reset forgets what was decoded.
func (b *StagedBody) Reset() { clear(b.natives) }

// Native returns the native histogram at a position; nil if it cannot be one.
func (b *StagedBody) Native(pos int) *layout.Native {
	n, ok := b.natives[pos]
	if !ok {
		n = nativeOf(b.Reader.Native(pos))
		if b.natives == nil {
			b.natives = map[int]*layout.Native{}
		}
		b.natives[pos] = n
	}
	return n
}

// KnownBody is the lines that an instance exposed last.
type KnownBody struct{ *lines.Columns }

// Duplicate reports whether the line stands at an earlier position, too.
func (b KnownBody) Duplicate(pos int) bool {
	_, twice := slices.BinarySearch(b.Duplicates(), uint32(pos))
	return twice
}

// Native returns the native histogram at a position; nil if it cannot be one.
func (b KnownBody) Native(pos int) *layout.Native { return nativeOf(b.Columns.Native(pos)) }
