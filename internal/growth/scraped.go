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

	At       int64         // of the scrape
	LastTime int64         // of the scrape before; 0: there is none
	Since    int64         // since when the instance is watched
	Start    int64         // of the process; 0: unknown
	Verdict  judge.Restart // on the process
	First    bool          // no scrape of this process came before
	Process  bool          // another process answers than before
	Churned  bool          // so many lines came or went that absence proves no birth
	Fell     map[string]bool
	// Whole asks for the verdict on every step: none is passed on as plain.
	Whole bool
}

// life returns what the scrape says about the process behind a line.
func (s *Scraped) life(l *lines.Line) judge.Life {
	return s.Verdict.Life(len(s.Fell) > 0 && s.Fell[l.Family.Name])
}

// StagedBody is the lines of a reader's staged scrape. It decodes each native
// histogram once.
type StagedBody struct {
	*lines.Reader
	natives map[int]*layout.Native
}

// Reset forgets what was decoded.
func (b *StagedBody) Reset() { clear(b.natives) }

// ID names the line at a position.
func (b *StagedBody) ID(pos int) lines.ID {
	id, _, _, _ := b.At(pos)
	return id
}

// Native returns the native histogram at a position; nil if it cannot be one.
func (b *StagedBody) Native(pos int) *layout.Native {
	n, ok := b.natives[pos]
	if !ok {
		n = NativeOf(b.Reader.Native(pos))
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
func (b KnownBody) Native(pos int) *layout.Native { return NativeOf(b.Columns.Native(pos)) }
