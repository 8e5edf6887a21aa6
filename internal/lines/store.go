package lines

import (
	"maps"
	"math"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"unsafe"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
)

// Store holds each distinct line of a fleet once. Several [Reader]s may use it at
// the same time, but not during a [Store.Sweep]. Reading it takes no lock.
//
// A line is its text up to the value, blanks included, and the meaning of that
// text: see meaning. A heading is everything between two lines: comments and
// blank lines. The payload of a heading is the families that its TYPE comments
// declare, in their order.
type Store struct {
	lines    table[Line]
	headings table[[]*family]

	// Relabel maps the labels of each line that the store does not know yet;
	// false drops the line. Nil maps none. It is set before the first read, and
	// may be called for several bodies at a time.
	Relabel Relabel

	mu       sync.Mutex // guards families, familiesKept and lastID
	families map[familyKey]*family
	lastID   uint32

	familiesKept int // by the last sweep

	last      placed       // the line added last; guarded as adding lines is
	canonical []byte       // see hashOf; guarded as adding lines is
	lineBytes atomic.Int64 // memory of the labels held
	created   atomic.Bool  // a line with the start of others was added
	strays    atomic.Bool  // a line was met that is not of the family in force
	spellings spellings
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

// Line returns the line with this ID. It is valid until the ID is swept.
func (s *Store) Line(id ID) *Line { return s.lines.payload(uint32(id)) }

// Series returns the ID of the line that stands for all lines of one series and
// format, whatever words they are written in. It may not be one of the body's.
func (s *Store) Series(id ID) ID { return s.Line(id).seriesID(id) }

// Names returns the metrics of the lines held, and their families, each once, in
// no order.
func (s *Store) Names() []string {
	known, before := map[string]bool{}, ""
	s.lines.each(func(l *Line) {
		if l.Name != before { // lines of one metric stand together
			before = l.Name
			known[before], known[l.Family.Name] = true, true
		}
	})
	return slices.Collect(maps.Keys(known))
}

// Len returns the number of lines held.
func (s *Store) Len() int { return s.lines.len() }

// Cap returns a bound of the IDs: each is below it.
func (s *Store) Cap() int { return int(s.lines.cap.Load()) }

// Bytes returns the memory held, within a tenth of what the heap grew by. Texts
// that were swept count until they exceed an eighth of those held plus 64 KiB.
func (s *Store) Bytes() int {
	return s.lines.bytes() + s.headings.bytes() + s.spellings.bytes() + int(s.lineBytes.Load())
}

// Weight returns the memory that the lines take in a store, whoever else has them.
func (c *Columns) Weight(s *Store) (n int64) {
	for _, id := range c.IDs() {
		n += s.weight(id)
	}
	return n
}

// Weight is that of the lines that came.
func (r *Reader) Weight() (n int64) {
	for _, pos := range r.Came() {
		n += r.store.weight(r.ID(int(pos)))
	}
	return n
}

// weight returns the memory that a line takes, with its place.
func (s *Store) weight(id ID) int64 {
	c, i := s.lines.chunk(uint32(id))
	return int64(len(c.text[i])) + c.payload[i].bytes() + int64(unsafe.Sizeof(*c))/chunkLen + 40
}

// Retain keeps the line from being swept until the matching [Store.Release].
// Columns hold references of their own.
func (s *Store) Retain(id ID) { s.lines.retain(uint32(id)) }

// Release undoes one [Store.Retain].
func (s *Store) Release(id ID) { s.lines.release(uint32(id)) }

// Sweep frees the lines without a reference and returns their IDs, which later
// name other lines: the caller clears what it keeps by ID. No Reader of the store
// may run at the same time. A Reader between Read and Commit loses nothing.
func (s *Store) Sweep() []ID {
	s.headings.sweep(nil)
	var freed []ID
	s.lines.sweep(func(id uint32, l *Line) {
		s.lineBytes.Add(-l.bytes())
		freed = append(freed, ID(id))
	})
	s.spellings.rebuild(&s.lines)
	s.sweepFamilies()
	return freed
}

// Drop frees those of a list to which nothing refers, and empties it. It returns
// the IDs of the lines, which later name other lines. No Reader of the store may
// run at the same time, as for [Store.Sweep], and it costs as much as what is
// dropped, however much is held.
func (s *Store) Drop(list *Orphans) (freed []ID) {
	defer list.clear()
	s.headings.drop(list.headings, func(uint32, *[]*family) {})
	spelled := s.spellings.many.Load() // then lines lead to one another
	s.lines.drop(list.lines, func(id uint32, l *Line) {
		if !spelled {
			s.spellings.index.remove(id, l.hash)
		}
		s.lineBytes.Add(-l.bytes())
		freed = append(freed, ID(id))
	})
	if spelled || len(s.spellings.index.slots) > roomy(s.spellings.index.taken) {
		s.spellings.rebuild(&s.lines)
	}
	s.mu.Lock()
	many := len(s.families) > 2*s.familiesKept+256
	s.mu.Unlock()
	if many {
		s.sweepFamilies()
	}
	return freed
}

// sweepFamilies drops the families that no line and no heading refers to.
func (s *Store) sweepFamilies() {
	s.mu.Lock()
	defer s.mu.Unlock()
	before := s.families
	s.families, s.last = map[familyKey]*family{}, placed{}
	keep := func(f *family) {
		if f != nil {
			s.families[f.key(f.format)] = f
		}
	}
	s.headings.each(func(declared *[]*family) {
		for _, f := range *declared {
			keep(f)
		}
	})
	var last *Line // lines of one family stand together
	s.lines.each(func(l *Line) {
		if last != nil && l.under == last.under && l.Family == last.Family {
			return
		}
		last = l
		keep(l.under)
		keep(before[l.Family.key(text)])
	})
	s.familiesKept = len(s.families)
}

// family returns the store's family of this name, type and format.
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

// familyOf returns the line's own family.
func (s *Store) familyOf(l *Line) *family {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.families[l.Family.key(text)]
}

// familiesByID returns the families by their ids.
func (s *Store) familiesByID() map[uint32]*family {
	s.mu.Lock()
	defer s.mu.Unlock()
	m := make(map[uint32]*family, len(s.families))
	for _, f := range s.families {
		m[f.id] = f
	}
	return m
}

// unusedID returns an id that no family has or gets. As the key of a text it says
// that the line depends on a family that is gone, so nothing finds it.
func (s *Store) unusedID() uint32 {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lastID++
	return s.lastID - 1
}

// sought is what has to be known of a text to find its line.
type sought struct {
	family *family // under whose comments it stands, or nil
	key    uint32  // see meaning
	hash   uint64
	name   int // the length of the metric's name at its start

	plain  bool    // it gives its labels: see Line.Labels
	series uint64  // of a plain text: see hashOf
	bound  float64 // of a plain text: its le or quantile, NaN if it has none
}

// mostReserved bounds what is made room for before a line is read.
const mostReserved = 1 << 15

// reserve makes room for so many lines in an empty store.
func (s *Store) reserve(n int) {
	s.lines.reserve(n, func() {
		if s.spellings.index.taken == 0 {
			s.spellings.resize(&index{slots: make([]atomic.Uint64, roomy(n))})
		}
	})
}

// addLine adds the line of a text that was sought, and returns its ID. Rules map the
// labels of a text that is not plain to others.
func (s *Store) addLine(in format, line []byte, p sought, ls labels.Labels, to relabelled) (added ID, isNew bool) {
	over := p.family
	if over != nil && p.key != over.id {
		over = nil
	}
	id := s.lines.addHash(line, p.key, p.hash, func(id uint32, l *Line) {
		isNew = true
		if p.plain {
			s.place(l, view(line[:p.name]), over)
			l.plain, l.hash = uint8(1+p.family.rewrites()), p.series
			l.limit(p.bound)
		} else {
			s.place(l, ls.Get(model.MetricNameLabel), over)
			s.fillLine(l, to)
		}
		if in != text && in != openMetrics && line[0] == byte(Native) {
			l.Role = Native
		}
		s.added(id, l, in)
	})
	return ID(id), isNew
}

// added accounts for a new line, of a body in the format in.
func (s *Store) added(id uint32, l *Line, in format) {
	c, i := s.lines.chunk(id)
	l.in, l.text, l.held = in, &c.text[i], &s.lineBytes
	s.spellings.add(&s.lines, id, l)
	s.lineBytes.Add(l.bytes())
	if l.created() {
		s.created.Store(true)
	}
}

// addHeading adds a heading that declares families, and returns its id.
func (s *Store) addHeading(in format, heading []byte, declared ...*family) uint32 {
	id, _ := s.addedHeading(in, heading, declared...)
	return id
}

func (s *Store) addedHeading(in format, heading []byte, declared ...*family) (added uint32, isNew bool) {
	added = s.headings.add(heading, uint32(in), func(_ uint32, p *[]*family) { *p, isNew = declared, true })
	return added, isNew
}

// declares returns the family that a heading leaves in force; nil if it declares
// none.
func (s *Store) declares(heading uint32) *family {
	if declared := *s.headings.payload(heading); len(declared) > 0 {
		return declared[len(declared)-1]
	}
	return nil
}

// placed is where a line stood: in a body, those of one metric stand together.
type placed struct {
	name   string
	over   *family // the declared family above it, or nil
	under  *family // it, if the line belongs to it
	family *Family
	role   Role
}

// place sets what follows from the name of a line and the declared family above it.
func (s *Store) place(l *Line, name string, over *family) {
	at := &s.last
	if at.family == nil || at.over != over || at.name != name {
		*at = placed{name: strings.Clone(name), over: over}
		if over != nil {
			if role, ok := roleOf(over, name); ok {
				at.under, at.role = over, role
			}
		}
		switch {
		case at.under == nil:
			at.family = &s.family(Family{Name: at.name, Type: model.MetricTypeUnknown}, text).Family
		case over.format == text:
			at.family = &over.Family
		default:
			at.family = &s.family(Family{Name: over.nameInText(at.name), Type: over.Type, Help: over.Help, Unit: over.Unit}, text).Family
		}
	}
	l.Name, l.Family, l.Role, l.under, l.Bound = at.name, at.family, at.role, at.under, math.NaN()
}

// fillLine sets what rules make of the labels of a line, and what follows from that.
func (s *Store) fillLine(l *Line, to relabelled) {
	l.Dropped, l.hash = to.dropped, s.hashOf(to.labels)
	l.told.Store(&told{labels: to.labels})
	if name := to.labels.Get(model.MetricNameLabel); name != l.Name {
		said, role := renamed(l, name)
		l.Name, l.Role, l.Family = name, role, &s.family(said, text).Family
	}
	switch l.Role {
	case Bucket:
		l.limit(boundOf(to.labels.Get(labels.BucketLabel)))
	case Quantile:
		l.limit(boundOf(to.labels.Get(model.QuantileLabel)))
	}
}
