package lines

import (
	"cmp"
	"errors"
	"slices"
	"strings"

	"github.com/prometheus/common/model"

	"github.com/promfold/promfold/internal/saved"
)

// Lines and columns can be saved and loaded, so that what instances exposed last
// outlives the program. IDs belong to one store and depend on which lines came
// first. Saved, a line is named by its place in a [Saver]'s table. So equal
// columns, saved in the same order, are equal bytes whatever their store.
//
// Loading parses nothing: a saved line is its text, its key, and its Line.

// ErrSaved is the error for bytes that no [Saver] wrote.
var ErrSaved = errors.New("not saved lines or columns")

// savedDropped is set in the byte of the role of a line that is dropped.
const savedDropped = 1 << 7

// Saver saves lines and columns of one store.
type Saver struct {
	store    *Store
	families savedTable[*family]
	lines    savedTable[ID]
	headings savedTable[uint32]
}

// savedTable numbers its keys in the order in which they come first.
type savedTable[K comparable] struct {
	places map[K]int
	list   []K
}

// place returns the number of a key, from 0.
func (t *savedTable[K]) place(k K) int {
	i, ok := t.places[k]
	if !ok {
		i = len(t.list)
		if t.places == nil {
			t.places = map[K]int{}
		}
		t.places[k] = i
		t.list = append(t.list, k)
	}
	return i
}

// NewSaver returns a Saver for lines and columns of the store. The store must not
// be swept while it is used.
func NewSaver(s *Store) *Saver { return &Saver{store: s} }

// Line returns the line's place in the table, and gives it one if it has none.
func (w *Saver) Line(id ID) int { return w.lines.place(id) }

// Sort sorts lines by what they are, which is the same order in every store.
func (w *Saver) Sort(ids []ID) {
	inForce := w.store.familiesByID()
	name := func(id ID) (string, string, string) {
		key := w.store.lines.key(uint32(id))
		if f := inForce[key]; f != nil {
			return w.store.lines.text(uint32(id)), f.Name, string(f.Type)
		}
		return w.store.lines.text(uint32(id)), "", strings.Repeat("?", int(min(key, firstFamily)))
	}
	slices.SortFunc(ids, func(a, b ID) int {
		textA, nameA, typeA := name(a)
		textB, nameB, typeB := name(b)
		return cmp.Or(strings.Compare(textA, textB), strings.Compare(nameA, nameB), strings.Compare(typeA, typeB))
	})
}

// AppendColumns appends the columns to b.
func (w *Saver) AppendColumns(b []byte, c *Columns) []byte {
	b = append(b, byte(c.format))
	b = saved.Uint(b, c.Len())
	for i, id := range c.IDs() {
		b = saved.Uint(b, w.Line(id))
		b = saved.Value(b, c.values.at(i))
	}
	b = saved.Bool(b, c.times != nil)
	for _, t := range c.times {
		b = saved.Int(b, t)
	}
	b = saved.Bool(b, c.starts != nil)
	for _, t := range c.starts {
		b = saved.Int(b, t)
	}
	b = saved.Uint(b, len(c.natives))
	for _, n := range c.natives {
		b = saved.Text(saved.Uint(b, n.pos), string(n.raw))
	}
	b = saved.Uint(b, len(c.headings))
	for _, h := range c.headings {
		b = saved.Uint(b, h.before)
		b = saved.Uint(b, w.headings.place(h.id))
	}
	return b
}

// AppendTable appends what the places of lines and columns refer to. It has to be
// loaded before them.
func (w *Saver) AppendTable(b []byte) []byte {
	var body []byte // saving it gives the families their places
	body = saved.Uint(body, len(w.headings.list))
	for _, id := range w.headings.list {
		body = saved.Text(body, w.store.headings.text(id))
		body = append(body, byte(w.store.headings.key(id)))
		declared := *w.store.headings.payload(id)
		body = saved.Uint(body, len(declared))
		for _, f := range declared {
			body = w.appendFamily(body, f)
		}
	}
	inForce := w.store.familiesByID()
	body = saved.Uint(body, len(w.lines.list))
	for _, id := range w.lines.list {
		body = w.appendLine(body, uint32(id), inForce)
	}
	b = saved.Uint(b, len(w.families.list))
	for _, f := range w.families.list {
		b = saved.Text(b, f.Name)
		b = saved.Text(b, string(f.Type))
		b = saved.Text(b, f.Unit)
		b = append(b, byte(f.format))
	}
	return append(b, body...)
}

func (w *Saver) appendLine(b []byte, id uint32, inForce map[uint32]*family) []byte {
	t := &w.store.lines
	l, key := t.payload(id), t.key(id)
	b = saved.Text(b, t.text(id))
	if key < firstFamily {
		b = append(b, byte(key))
	} else {
		b = w.appendFamily(append(b, byte(firstFamily)), inForce[key])
	}
	b = w.appendFamily(w.appendFamily(b, w.store.familyOf(l)), l.under)
	role := byte(l.Role)
	if l.Dropped {
		role |= savedDropped
	}
	b = append(b, role)
	b = saved.Float(b, l.Bound)
	return saved.Labels(b, l.Labels())
}

// appendFamily appends the family's place plus 1, or 0 for nil.
func (w *Saver) appendFamily(b []byte, f *family) []byte {
	if f == nil {
		return append(b, 0)
	}
	return saved.Uint(b, w.families.place(f)+1)
}

// Loader loads lines and columns into a store.
type Loader struct {
	store    *Store
	families []*family
	headings []uint32
	lines    []ID
}

// NewLoader loads the table at the start of data into the store and returns what
// follows it. The error is [ErrSaved]; then the store may hold lines without a
// reference, which a sweep frees. The store must not be swept before the columns
// are loaded and the lines retained.
func NewLoader(s *Store, data []byte) (l *Loader, rest []byte, err error) {
	l = &Loader{store: s}
	r := saved.Read(data)
	for range r.Count(4) {
		name, typ, unit, in := r.Text(), model.MetricType(r.Text()), r.Text(), format(r.Byte())
		if r.Failed() || in >= formats {
			return nil, nil, ErrSaved
		}
		l.families = append(l.families, s.family(Family{Name: name, Type: typ, Unit: unit}, in))
	}
	for range r.Count(3) {
		text, in := r.Text(), format(r.Byte())
		var declared []*family
		for range r.Count(1) {
			f := l.family(r)
			if f == nil {
				return nil, nil, ErrSaved
			}
			declared = append(declared, f)
		}
		if r.Failed() || len(text) == 0 || in >= formats {
			return nil, nil, ErrSaved
		}
		l.headings = append(l.headings, s.addHeading(in, []byte(text), declared...))
	}
	for range r.Count(14) {
		id, ok := l.line(r)
		if !ok {
			return nil, nil, ErrSaved
		}
		l.lines = append(l.lines, id)
	}
	if r.Failed() {
		return nil, nil, ErrSaved
	}
	rest, _ = r.Rest()
	return l, rest, nil
}

func (l *Loader) line(r *saved.Reader) (ID, bool) {
	line, key := r.Text(), uint32(r.Byte())
	switch {
	case key > firstFamily:
		r.Fail()
	case key == firstFamily:
		if f := l.family(r); f != nil {
			key = f.id
		} else {
			key = l.store.unusedID()
		}
	}
	own, under, role, bound := l.family(r), l.family(r), r.Byte(), r.Float()
	if key >= firstFamily && under == nil {
		l.store.spellings.lost.Store(true) // see formatOfKey
	}
	dropped := role&savedDropped != 0
	role &^= savedDropped
	ls := r.Labels()
	if r.Failed() || len(line) == 0 || own == nil || own.format != text || Role(role) > Native {
		return 0, false
	}
	return ID(l.store.lines.add([]byte(line), key, func(id uint32, made *Line) {
		made.Name, made.Family, made.Role, made.Bound = ls.Get(model.MetricNameLabel), &own.Family, Role(role), bound
		made.Dropped, made.under, made.hash = dropped, under, l.store.hashOf(ls)
		made.told.Store(&told{labels: ls})
		l.store.added(id, made, formatOfKey(key, under))
	})), true
}

func (l *Loader) family(r *saved.Reader) *family {
	n := r.Uint()
	if n > uint64(len(l.families)) {
		r.Fail()
	}
	if r.Failed() || n == 0 {
		return nil
	}
	return l.families[n-1]
}

// Line returns the line at a place of the table; ok is false if there is none.
func (l *Loader) Line(place uint64) (id ID, ok bool) {
	if place >= uint64(len(l.lines)) {
		return 0, false
	}
	return l.lines[place], true
}

// Columns loads the columns at the start of data and returns what follows them.
// c must be empty, and stays empty after an error, which is [ErrSaved].
func (l *Loader) Columns(c *Columns, data []byte) (rest []byte, err error) {
	r := saved.Read(data)
	d := Columns{format: format(r.Byte())}
	if d.format >= formats || !l.readValues(&d, r) || !l.readNatives(&d, r) || !l.readHeadings(&d, r) || r.Failed() {
		return nil, ErrSaved
	}
	seen := make(map[ID]bool, d.Len())
	for i, id := range d.IDs() {
		series := l.store.Line(id).seriesID(id)
		if seen[series] {
			d.dups = append(d.dups, uint32(i))
		}
		seen[series] = true
		l.store.lines.retain(uint32(id))
	}
	for _, h := range d.headings {
		l.store.headings.retain(h.id)
	}
	d.headings = slices.Clip(d.headings)
	if d.starts == nil {
		d.pairs = l.store.pairs(nil, map[uint64]uint32{}, appendIDs(nil, d.runs, d.Len()))
	}
	*c = d
	rest, _ = r.Rest()
	return rest, nil
}

// readValues reads the lines with their values, timestamps and starts.
func (l *Loader) readValues(d *Columns, r *saved.Reader) bool {
	var ids []ID
	var values []float64
	for range r.Count(2) {
		id, ok := l.Line(r.Uint())
		if !ok {
			return false
		}
		ids, values = append(ids, id), append(values, r.Value())
	}
	d.runs = slices.Clip(runsOf(ids))
	new(packing).pack(&d.values, values)
	if r.Bool() {
		for range ids {
			d.times = append(d.times, r.Int())
		}
	}
	if r.Bool() {
		for range ids {
			d.starts = append(d.starts, r.Int())
		}
	}
	return true
}

func (l *Loader) readNatives(d *Columns, r *saved.Reader) bool {
	for range r.Count(2) {
		pos, raw := r.Uint(), []byte(r.Text())
		n := len(d.natives)
		if pos >= uint64(d.Len()) || len(raw) == 0 || n > 0 && uint32(pos) <= d.natives[n-1].pos {
			return false
		}
		d.natives = append(d.natives, native{uint32(pos), raw})
	}
	return true
}

func (l *Loader) readHeadings(d *Columns, r *saved.Reader) bool {
	for range r.Count(2) {
		before, place := r.Uint(), r.Uint()
		n := len(d.headings)
		if r.Failed() || before > uint64(d.Len()) || place >= uint64(len(l.headings)) || n > 0 && uint32(before) < d.headings[n-1].before {
			return false
		}
		d.headings = append(d.headings, heading{uint32(before), l.headings[place]})
	}
	return true
}

// Names returns the metrics of the lines of a saved state, each once.
func Names(data []byte) []string {
	s := NewStore()
	if _, _, err := NewLoader(s, data); err != nil {
		return nil
	}
	return s.Names()
}
