package lines

import (
	"cmp"
	"iter"
	"slices"

	"github.com/prometheus/prometheus/model/histogram"
)

// Reader reads bodies against the columns of their instances. It serves any
// number of instances of one store, one after the other. One goroutine may use
// it at a time.
//
// What Read stages is valid until Commit, Discard or the next Read.
type Reader struct {
	diff
	text     textReader
	entries  entryReader
	protobuf protobufReader
	samples  sampleReader

	contentType string // of the last body
	format      format // which it names
	packing     packing
	fell        []uint32 // see Fell
}

// NewReader returns a reader that adds the lines it does not know to the store.
func NewReader(s *Store, limits Limits) *Reader {
	r := &Reader{diff: diff{store: s, limits: limits.withDefaults()}}
	r.text.plain.floats = newFloats()
	r.text.diff, r.entries.diff, r.protobuf.diff, r.samples.diff = &r.diff, &r.diff, &r.diff, &r.diff
	return r
}

// Read compares the body with the columns and stages the difference. It changes
// neither body nor columns. The body may be reused afterwards. An empty content
// type is text. The error is an [*Error]; then nothing is staged.
func (r *Reader) Read(c *Columns, body []byte, contentType string) error {
	r.Discard()
	if len(body) > r.limits.Body {
		return &Error{Offset: r.limits.Body, Err: overLimit("bytes", r.limits.Body)}
	}
	if contentType != r.contentType || contentType == "" {
		in, err := formatOf(contentType, r.limits)
		if err != nil {
			return err
		}
		r.contentType, r.format = contentType, in
	}
	r.begin(c, r.format, len(body))
	switch r.format {
	case openMetrics2:
		return r.finished(r.entries.read(body))
	case protobuf:
		return r.finished(r.protobuf.read(body))
	}
	return r.finished(r.text.read(body))
}

// ReadSamples is Read for samples from elsewhere. It uses their family's name,
// type, help and unit, their labels, value, time and start, and Native and
// Classic. It ignores Name, Role and Bound, which follow from the family and the
// labels. The labels have __name__: for a bucket the family's name with _bucket,
// and le; for a sample with Native or Classic the family's name. The samples of a
// family stand together. The error is an [*Error] whose Line is the number of the
// sample, from 1.
func (r *Reader) ReadSamples(c *Columns, samples []Sample) error {
	r.Discard()
	r.begin(c, typed, r.limits.Body)
	return r.finished(r.samples.read(samples))
}

// finished ends a read, and discards what is staged if there was an error.
func (r *Reader) finished(err error) error {
	if err == nil {
		err = r.finish()
	}
	r.end()
	if err != nil {
		r.Discard()
	}
	return err
}

// Structural reports whether lines came, went or moved. If not, positions are
// those of the columns.
func (r *Reader) Structural() bool { return r.structural }

// Len returns the number of lines after the commit.
func (r *Reader) Len() int { return len(r.values) }

// ID returns the line at a position. It is cheapest for one position after the other.
func (r *Reader) ID(pos int) ID { return r.idAt(uint32(pos)) }

// IDs yields the lines by position.
func (r *Reader) IDs() iter.Seq2[int, ID] { return eachID(r.runs, r.Len()) }

// At returns the position before of the line at a position (−1 if it is new), its
// value, and its own timestamp in Unix milliseconds or [NoTime].
func (r *Reader) At(pos int) (old int, value float64, time int64) { return r.at(pos) }

// Value returns the value at a position.
func (r *Reader) Value(pos int) float64 { return r.values[pos] }

// Before sets values to those that the lines at the positions had in the columns
// that were read; false if one of the lines is new.
func (r *Reader) Before(values []float64, positions []uint32) bool {
	if !r.rebuilt {
		for i, pos := range positions {
			values[i] = r.before[pos]
		}
		return true
	}
	for i, pos := range positions {
		old := r.order.old(int(pos))
		if old < 0 {
			return false
		}
		values[i] = r.before[old]
	}
	return true
}

// Start returns when the line's series began at 0: see [Columns.Start].
func (r *Reader) Start(pos int) int64 { return r.startAt(pos) }

// Native returns the histogram of a [Native] line, else nil. The caller owns it.
func (r *Reader) Native(pos int) *histogram.FloatHistogram { return nativeAt(r.natives, pos) }

// Changed returns the positions, ascending, of all new lines and of those whose
// value, in any bit, timestamp, start or encoded histogram differs from before.
func (r *Reader) Changed() []uint32 { return r.changed }

// Fell returns the positions, ascending, of the lines whose value is below that
// before.
func (r *Reader) Fell() []uint32 {
	r.fell = r.fell[:0]
	if r.rebuilt {
		r.fell = r.order.fell(r.fell, r.changed, r.values, r.before)
		return r.fell
	}
	before, values := r.before, r.values[:len(r.before)]
	for _, pos := range r.changed {
		if values[pos] < before[pos] {
			r.fell = append(r.fell, pos)
		}
	}
	return r.fell
}

// Came returns the positions, ascending, of the lines that are new.
func (r *Reader) Came() []uint32 { return r.order.came }

// Moved returns where the line stands that stood at a position before; −1 if it
// is gone.
func (r *Reader) Moved(old int) int {
	if !r.structural {
		return old
	}
	i, found := slices.BinarySearchFunc(r.moves, uint32(old), func(m Move, old uint32) int { return cmp.Compare(m.Old, old) })
	if !found {
		i--
	}
	if i < 0 || uint32(old) >= r.moves[i].Old+r.moves[i].N {
		return -1
	}
	return int(r.moves[i].Pos + uint32(old) - r.moves[i].Old)
}

// Moves returns, by their positions before, the runs of lines that were there
// before and are there now. It is of a scrape that is Structural.
func (r *Reader) Moves() []Move { return r.moves }

// Renamed returns the positions, ascending, of the lines whose text differs from
// the one at their position before.
func (r *Reader) Renamed() []uint32 { return r.renamed }

// Gone returns the positions before, ascending, of the lines that are gone.
func (r *Reader) Gone() []uint32 { return r.gone }

// Duplicates returns the positions, ascending, whose series stands at an earlier
// position of the same body, too, whatever words it is written in: the labels in
// another order, with blanks, with empty labels, with a quoted name. Both lines
// are read, as textparse reads them; the caller decides which one counts. The
// first occurrence keeps its identity from one body to the next. A duplicate may
// be new each time.
func (r *Reader) Duplicates() []uint32 { return r.dups }

// Duplicate reports whether the position is one of Duplicates.
func (r *Reader) Duplicate(pos int) bool {
	_, ok := slices.BinarySearch(r.dups, uint32(pos))
	return ok
}

// Commit makes what is staged the state of the columns, which must be those that
// were read. It does nothing if nothing is staged.
func (r *Reader) Commit(c *Columns) {
	if !r.staged {
		return
	}
	c.format = r.in
	if r.rebuilt {
		r.commitRebuilt(c)
	}
	if !r.rebuilt {
		r.packing.update(&c.values, r.values, r.changed)
	}
	if len(r.times) == 0 {
		c.times = nil
	} else {
		c.times = replace(c.times, r.times)
	}
	c.starts = replace(c.starts, r.starts)
	c.natives = replace(c.natives, r.natives)
	c.digests = replace(c.digests, r.digests)
	c.quoted.replace(&r.quoted)
	r.orphans.clear()
	r.clear()
}

// commitRebuilt commits the lines and headings. The references that pin took are
// the columns' now; those of gone and renamed lines are given up.
func (r *Reader) commitRebuilt(c *Columns) {
	s := r.store
	for id := range idsAt(c.runs, r.gone) {
		s.lines.release(uint32(id))
	}
	for _, pos := range r.renamed {
		s.lines.release(uint32(c.ID(r.order.old(int(pos)))))
	}
	for _, h := range c.headings {
		s.headings.release(h.id)
	}
	c.runs = replace(c.runs, r.runs)
	r.packing.move(&c.values, r.values, r.order.kept, r.changed)
	c.headings = replace(c.headings, r.headings)
	c.dups = replace(c.dups, r.dups)
	c.pairs = replace(c.pairs, r.pairs)
}

// Orphaned reports whether the Reader added anything since the last Commit.
func (r *Reader) Orphaned() bool { return r.orphans.Len() > 0 }

// Orphans moves what the Reader added since the last Commit to a list.
func (r *Reader) Orphans(to *Orphans) {
	to.lines = append(to.lines, r.orphans.lines...)
	to.headings = append(to.headings, r.orphans.headings...)
	r.orphans.clear()
}

// Discard forgets what is staged.
func (r *Reader) Discard() {
	r.unpin()
	r.clear()
}
