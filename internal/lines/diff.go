package lines

import (
	"bytes"
	"math"
	"slices"
	"sort"

	"github.com/prometheus/prometheus/model/labels"
)

// diff compares a body line by line with the columns of its instance, and holds
// the difference until it is committed. The readers of the formats feed it.
//
// As long as the body has the lines of the columns in their order, diff stages
// values only. From the first line or heading that differs it stages the new
// order of the lines too: see rebuild.
type diff struct {
	store    *Store
	limits   Limits
	declared declared
	cursor

	// Mapping spares the Store's Relabel; nil: that is called by Read.
	Mapping *Mapping

	orphans        Orphans
	meant, mayMean int // bytes of labels of new lines: see Limits.meant

	before []float64 // the values of the columns

	// Staged, by new position. While rebuilt is false the lines are those of the
	// columns: runs and dups are theirs, and order is not used.
	runs       []run
	order      order
	values     []float64
	times      []int64 // empty while no line has a timestamp
	starts     []int64 // empty while no line has a start of its own
	pairs      []uint32
	natives    []native
	digests    []digest // of protobuf
	quoted     exemplars
	moves      []Move   // those of order, by old position
	renamed    []uint32 // positions of lines whose text differs from that at the old position
	changed    []uint32
	gone       []uint32 // old positions
	dups       []uint32
	headings   []heading
	hint       int // the run last asked for, see ID
	rebuilt    bool
	structural bool
	staged     bool // a body was read and is neither committed nor discarded
	pinned     bool // new lines and all headings hold references for the commit

	// Scratch of a rebuild. The slices of dups and pairs are reused.
	cameIDs    []ID // of order.came
	newIDs     []ID // see order.ids
	newDups    []uint32
	newPairs   []uint32
	creators   map[uint64]uint32 // by Line.objectHash: the position of the line with the start
	renames    map[uint64]uint32 // by hash of the labels: old positions of lines that are gone
	filters    [2]filter         // of the lines that went and that came
	candidates []uint32          // new lines that may have another text than before
	taken      []uint64          // a bit for each old position: it has a new one
	oldAt      []uint64          // by id: its position in the columns, under the number of the index that has it
	indexes    uint64            // the number of the last one
	newAt      []uint32          // by id of a line without an old position: where it stands first in cameIDs
	indexed    bool              // oldAt is of these columns
	inForce    []*family         // by number of headings expected: the family after them
}

// cursor is where a read is in the lines that it expects.
//
// Invariants: the line expected next is that at k of expect; the headings expected
// before it are those from expect.headings[h] on whose before is k. family is in
// force in the body. was is the family under which that line was read, if no
// heading is left before it.
type cursor struct {
	in     format // of the body
	expect *Columns
	k, h   int
	run    int // expect.runs[run] starts at or before k; the next one may, too
	digest int // in expect.digests, about where k is
	native int // in expect.natives
	family *family
	was    *family
	last   uint32 // the line staged last: its neighbour in the store often follows
	fresh  bool   // expect is empty, so every line is new
}

// pending reports whether a heading is expected before the next line.
func (c *cursor) pending() bool {
	hs := c.expect.headings
	return c.h < len(hs) && int(hs[c.h].before) == c.k
}

// runEnd returns the end of the lines from k on that have no heading between them
// and whose texts are neighbours in the store.
func (c *cursor) runEnd() int {
	c.find()
	end := c.expect.runEnd(c.run)
	if c.h < len(c.expect.headings) {
		end = min(end, int(c.expect.headings[c.h].before))
	}
	return end
}

// find makes run that of k.
func (c *cursor) find() {
	for runs := c.expect.runs; c.run+1 < len(runs) && int(runs[c.run+1].pos) <= c.k; {
		c.run++
	}
}

// id returns the line expected next.
func (c *cursor) id() uint32 {
	c.find()
	return uint32(c.expect.runs[c.run].at(uint32(c.k)))
}

// begin starts to read a body of so many bytes in the format in against the
// columns.
func (d *diff) begin(c *Columns, in format, size int) {
	d.cursor = cursor{in: in, expect: c}
	d.meant, d.mayMean = 0, d.limits.meant(size)
	d.declared.reset()
	d.runs, d.hint, d.dups, d.pairs = c.runs, 0, c.dups, c.pairs
	d.before = c.values.unpack(d.before)
	d.values = slices.Grow(d.values, c.Len())[:c.Len()]
	d.changed = slices.Grow(d.changed, c.Len())
	if c.Len() > 0 {
		return
	}
	d.rebuild()
	d.fresh = true
}

// end drops the references to the columns.
func (d *diff) end() { d.expect = nil }

// len returns the number of lines staged so far.
func (d *diff) len() int {
	if d.rebuilt {
		return d.order.n
	}
	return d.k
}

// expected returns the line expected next; ok is false if there is none, if a
// heading is expected before it, or if it was staged already.
func (d *diff) expected() (id uint32, ok bool) {
	if d.k == d.expect.Len() || d.pending() || d.rebuilt && d.isTaken(d.k) {
		return 0, false
	}
	return d.id(), true
}

// fits reports whether rest starts with the text of the id, and the text means
// that line here.
func (d *diff) fits(id uint32, rest []byte) (text string, ok bool) {
	text = d.store.lines.text(id)
	if len(text) == 0 || len(rest) < len(text) || string(rest[:len(text)]) != text {
		return "", false
	}
	key := d.store.lines.key(id)
	// A text whose line is of the family in force belongs to it.
	return text, d.family != nil && key == d.family.id || key == d.meaning(rest[:len(text)])
}

// line stages a line with its value and timestamp. old is its position in the
// columns, −1 if it is new.
func (d *diff) line(id uint32, old int, v float64, t int64) error {
	if old != d.k || old < 0 {
		d.rebuild()
	}
	pos := d.len()
	if d.rebuilt {
		if pos >= d.limits.Lines {
			return overLimit("lines", d.limits.Lines)
		}
		d.values = append(d.values, v)
	} else {
		d.values[pos] = v
	}
	d.time(pos, t)
	if old < 0 || d.fresh || math.Float64bits(d.before[old]) != math.Float64bits(v) || d.expect.Time(old) != t {
		d.changed = append(d.changed, uint32(pos))
	}
	if d.rebuilt {
		d.stageLine(ID(id), old)
	}
	if old == d.k && !d.pending() {
		d.k++
	} else if old >= 0 {
		d.jump(old + 1)
	}
	return nil
}

// time stages the timestamp of the line at pos, which is the last line.
func (d *diff) time(pos int, t int64) {
	if t == NoTime && len(d.times) == 0 {
		return
	}
	for len(d.times) < pos {
		d.times = append(d.times, NoTime)
	}
	d.times = append(d.times, t)
}

// start stages the start of the line at pos, which is the last line.
func (d *diff) start(pos int, start int64) {
	if start == 0 && len(d.starts) == 0 {
		return
	}
	d.starts = append(zeroFill(d.starts, pos), start)
}

// zeroFill appends zeros until the list has length n.
func zeroFill(list []int64, n int) []int64 {
	for len(list) < n {
		list = append(list, 0)
	}
	return list
}

// jump makes the line at k the one expected next.
func (d *diff) jump(k int) {
	hs := d.expect.headings
	d.k = k
	if h := sort.Search(len(hs), func(i int) bool { return int(hs[i].before) >= k }); h != d.h {
		d.h = h
		d.declared.redeclare(d)
	}
	d.was = d.inForce[d.h]
	d.run = runAt(d.expect.runs, uint32(k))
}

// reading is what a body says of one line.
type reading struct {
	v      float64
	t      int64
	start  int64      // 0 if unknown
	native []byte     // see native.raw, without its first byte; nil if there is none
	kind   nativeKind // its first byte
}

// stage stages a line with all that the body says of it.
func (d *diff) stage(id uint32, old int, s reading) error {
	n := len(d.changed)
	if err := d.line(id, old, s.v, s.t); err != nil {
		return err
	}
	pos := d.len() - 1
	d.start(pos, s.start)
	known := old >= 0 && !d.fresh
	differs := known && s.start != d.expect.Start(old)
	if s.native != nil {
		var raw []byte
		if known {
			raw = findNative(d.expect.natives, old)
		}
		if raw == nil || nativeKind(raw[0]) != s.kind || !bytes.Equal(raw[1:], s.native) {
			raw = append([]byte{byte(s.kind)}, s.native...)
			differs = known
		}
		d.natives = append(d.natives, native{uint32(pos), raw})
	}
	if differs && len(d.changed) == n {
		d.changed = append(d.changed, uint32(pos))
	}
	return nil
}

// find stages the line of a text, wherever it is. It calls the function labels
// only if the store does not know the line. Formats other than the text formats
// use it.
func (d *diff) find(text []byte, s reading, labels func() (labels.Labels, error)) error {
	if id, ok := d.expected(); ok {
		if known, ok := d.fits(id, text); ok && len(known) == len(text) {
			return d.stage(id, d.k, s)
		}
	}
	d.rebuild()
	id, ok := d.store.lines.find(text, d.meaning(text))
	if !ok {
		if len(text) > d.limits.Line {
			return overLimit("bytes in a line", d.limits.Line)
		}
		ls, err := labels()
		if err != nil {
			return err
		}
		if err := d.newLabels(ls); err != nil {
			return err
		}
		added, err := d.addLine(text, ls)
		if err == ErrUnmapped {
			return d.unmapped()
		}
		if err != nil {
			return err
		}
		id = uint32(added)
	}
	return d.stage(id, d.oldOf(id), s)
}

// headingIs stages the next heading expected if its text is this one.
func (d *diff) headingIs(text []byte) bool {
	if !d.pending() {
		return false
	}
	id := d.expect.headings[d.h].id
	if d.store.headings.text(id) != string(text) || d.store.headings.key(id) != uint32(d.in) {
		return false
	}
	d.expectedHeading(id)
	return true
}

// expectedHeading stages the next heading expected, whose id it is given.
func (d *diff) expectedHeading(id uint32) {
	d.h++
	if f := d.store.declares(id); f != nil {
		d.family, d.was = f, f
	}
	if d.rebuilt {
		d.headings = append(d.headings, heading{uint32(d.len()), id})
	}
}

// addHeading stages a heading that is not expected here.
func (d *diff) addHeading(id uint32) {
	d.rebuild()
	d.headings = append(d.headings, heading{uint32(d.len()), id})
	if f := d.store.declares(id); f != nil {
		d.family = f
	}
	d.declared.redeclare(d)
}

// declare stages a heading that the store may not know.
func (d *diff) declare(text []byte, declared ...*family) {
	id, isNew := d.store.addedHeading(d.in, text, declared...)
	if isNew {
		d.orphans.headings = append(d.orphans.headings, id)
	}
	d.addHeading(id)
}

// meaning returns the key of a text that stands here.
func (d *diff) meaning(text []byte) uint32 {
	_, key, _ := d.declared.ownerOf(d, text)
	return key
}

// placed returns what leads to the line of a text that stands here.
func (d *diff) placed(text []byte) sought {
	f, key, name := d.declared.ownerOf(d, text)
	return sought{family: f, key: key, hash: d.store.lines.hash(text), name: name, bound: math.NaN()}
}

// addLine adds the line of a text that stands here, and returns its ID.
func (d *diff) addLine(text []byte, ls labels.Labels) (ID, error) {
	return d.addSought(text, d.placed(text), ls)
}

// addSought adds the line of a text that was sought, and returns its ID.
func (d *diff) addSought(text []byte, p sought, ls labels.Labels) (ID, error) {
	to, err := d.Mapping.apply(d.store.Relabel, ls)
	if err != nil {
		return 0, err
	}
	id, isNew := d.store.addLine(d.in, text, p, ls, to)
	if isNew {
		d.orphans.lines = append(d.orphans.lines, uint32(id))
	}
	return id, nil
}

// newLabels checks the labels of a new line, and counts their bytes.
func (d *diff) newLabels(ls labels.Labels) error {
	if ls.Len() > d.limits.Labels {
		return overLimit("labels", d.limits.Labels)
	}
	n := int(ls.ByteSize())
	if n > d.limits.Line+nameRoom {
		return overLimit("bytes in a line", d.limits.Line)
	}
	if d.meant += n; d.meant > d.mayMean {
		return overLimit("bytes of labels", d.mayMean)
	}
	return nil
}

// unmapped lets a Read that cannot succeed go on, to find all lines that are not
// mapped yet.
func (d *diff) unmapped() error {
	if len(d.Mapping.wanted) > d.limits.Lines {
		return overLimit("lines", d.limits.Lines)
	}
	return nil
}
