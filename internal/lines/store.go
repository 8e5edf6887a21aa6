package lines

import (
	"sync"
	"sync/atomic"
	"unsafe"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
)

// Store holds every distinct line of a fleet once. It is safe for concurrent
// use by several [Reader]s, [Store.Sweep] excepted; reading it takes no lock.
//
// A line is its text up to the value, blanks included, and a meaning: the same
// text under another TYPE comment may be another line. A heading is all that
// stands between two lines: comments and blank lines. Its payload is the family
// whose TYPE comment is its last, nil if it has none.
type Store struct {
	lines    table[*Line]
	headings table[*family]

	mu       sync.Mutex // guards families
	families map[familyKey]*family
	lastID   uint32

	lineBytes atomic.Int64 // of the Lines held
	sweeps    atomic.Uint32
	created   atomic.Bool // there was a line that says when others began
}

type familyKey struct {
	name   string
	typ    model.MetricType
	format format
}

func (f *Family) key(in format) familyKey { return familyKey{f.Name, f.Type, in} }

// NewStore returns an empty store.
func NewStore() *Store {
	s := &Store{families: map[familyKey]*family{}, lastID: firstFamily}
	s.lines.init()
	s.headings.init()
	return s
}

// Line is what the id means. It is valid until the id is swept.
func (s *Store) Line(id ID) *Line { return s.lines.payload(uint32(id)) }

// Len is the number of lines held.
func (s *Store) Len() int { return s.lines.len() }

// Cap bounds the ids given out: each is below it.
func (s *Store) Cap() int { return int(s.lines.cap.Load()) }

// Bytes is the memory held: what the heap grew by, to a tenth. Texts that
// were swept may count until they are an eighth of those held and 64 KiB.
func (s *Store) Bytes() int {
	return s.lines.bytes() + s.headings.bytes() + int(s.lineBytes.Load())
}

// Retain keeps the line from being swept until the matching Release. Columns
// hold references of their own.
func (s *Store) Retain(id ID) { s.lines.retain(uint32(id)) }

// Release undoes one Retain.
func (s *Store) Release(id ID) { s.lines.release(uint32(id)) }

// Sweep frees the lines that nothing refers to and returns their ids, which will
// name other lines later: what was kept by id has to be cleared. No Reader of
// the store may be at work meanwhile; one that waits between Read and Commit
// loses nothing.
func (s *Store) Sweep() []ID {
	s.sweeps.Add(1)
	s.headings.sweep(nil)
	var freed []ID
	s.lines.sweep(func(id uint32, l *Line) {
		s.lineBytes.Add(-l.bytes())
		freed = append(freed, ID(id))
	})
	s.sweepFamilies()
	return freed
}

// sweepFamilies forgets the families that no line and no heading names.
func (s *Store) sweepFamilies() {
	s.mu.Lock()
	defer s.mu.Unlock()
	before := s.families
	s.families = map[familyKey]*family{}
	keep := func(f *family) {
		if f != nil {
			s.families[f.key(f.format)] = f
		}
	}
	s.headings.each(keep)
	s.lines.each(func(l *Line) {
		keep(l.under)
		keep(before[l.Family.key(text)])
	})
}

// family is the store's own of that name, type and format.
func (s *Store) family(said Family, in format) *family {
	s.mu.Lock()
	defer s.mu.Unlock()
	key := said.key(in)
	f := s.families[key]
	if f == nil {
		f = &family{said, s.lastID, in}
		s.lastID++
		s.families[key] = f
	}
	return f
}

// addLine makes a text, read under the comments of f, a line of the store.
func (s *Store) addLine(in format, line []byte, f *family, ls labels.Labels) ID {
	meaning := meaning(in, f, line)
	if f != nil && meaning != f.id {
		f = nil
	}
	return ID(s.lines.add(line, meaning, func() *Line {
		l := s.newLine(ls, f)
		if in != text && in != openMetrics && line[0] == byte(Native) {
			l.Role = Native
		}
		s.added(l)
		return l
	}))
}

// added accounts for a new line.
func (s *Store) added(l *Line) {
	s.lineBytes.Add(l.bytes())
	if l.created() {
		s.created.Store(true)
	}
}

// addHeading makes the text, which ends in the family's comments, one of the
// store.
func (s *Store) addHeading(in format, heading []byte, f *family) uint32 {
	return s.headings.add(heading, uint32(in), func() *family { return f })
}

func (l *Line) bytes() int64 {
	return int64(unsafe.Sizeof(*l)) + int64(l.Labels.ByteSize())
}
