package lines

import (
	"slices"

	"github.com/prometheus/prometheus/model/histogram"
)

// Reader reads bodies against the columns of their instances. It is the scratch
// of one worker: it may serve any number of instances of one store, one after
// the other.
//
// What Read staged is valid until Commit, Discard or the next Read.
type Reader struct {
	store    *Store
	limits   Limits
	known    string // the last content type, and the format it names
	format   format
	seed     seed
	walk     walk
	messages messages

	// Staged, by new position. While rebuilt is false, the lines are those of
	// the columns, ids is their slice, olds is not used, and dups is theirs.
	ids        []ID
	olds       []int32
	values     []float64
	times      []int64 // empty while no line has a timestamp
	starts     []int64 // empty while no line has a start of its own
	pairs      []uint32
	natives    []native
	renamed    []uint32 // positions of lines whose old position held other words
	changed    []uint32
	gone       []uint32 // by old position
	dups       []uint32
	headings   []heading
	staging    format // of the body that was read
	rebuilt    bool
	structural bool
	staged     bool // a body was read and is neither committed nor discarded
	pinned     bool // new lines and all headings hold references for the commit

	// Scratch of a rebuild; the slices of ids and more are kept for the next one.
	newIDs     []ID
	newDups    []uint32
	newPairs   []uint32
	creators   map[uint64]uint32 // by Line.object: where the line stands that says when it began
	renames    map[uint64]uint32 // by hash of labels: old positions of lines that are gone
	filters    [2]filter         // of what went and what came
	candidates []uint32          // new lines that may have been there in other words
	spans      []uint32
	taken      []uint64  // bit set by old position: matched with a new one
	oldAt      []uint32  // by id: where it stands in the columns, if it does
	newAt      []uint32  // by id: where it stands among ids, if it does
	blank      []byte    // a text that lacks one
	inForce    []*family // by number of expected headings: the family behind them
}

// seed is a copy of what a sibling exposed.
type seed struct {
	columns Columns
	of      *Columns // which ones to read with it
	sweeps  uint32   // of the store, when it was copied
}

// NewReader returns a reader that adds to the store what it does not know yet.
func NewReader(s *Store, limits Limits) *Reader {
	return &Reader{store: s, limits: limits.withDefaults()}
}

// Seed makes the next Read expect the lines of a sibling, if it is one of c and
// c is empty. It is a matter of speed alone. What it needs of the sibling is
// copied: from must not be committed to meanwhile, afterwards it may.
func (r *Reader) Seed(c, from *Columns) {
	d := &r.seed.columns
	d.format = from.format
	d.ids = append(d.ids[:0], from.ids...)
	d.values = append(d.values[:0], from.values...)
	d.dups = append(d.dups[:0], from.dups...)
	d.starts, d.pairs, d.natives = nil, nil, nil // all of it is new
	d.spans = append(d.spans[:0], from.spans...)
	d.headings = append(d.headings[:0], from.headings...)
	r.seed.of, r.seed.sweeps = c, r.store.sweeps.Load()
}

// Read compares the body with the columns and stages the difference. It changes
// neither body nor columns. Its error is an [*Error] with a position, a
// [*LimitError] or a [*FormatError]; then nothing is staged. The body may be
// reused afterwards. An empty content type is text.
func (r *Reader) Read(c *Columns, body []byte, contentType string) error {
	r.Discard()
	if len(body) > r.limits.Body {
		return &Error{Offset: r.limits.Body, Err: overLimit("bytes", r.limits.Body)}
	}
	if contentType != r.known {
		in, err := formatOf(contentType, r.limits)
		if err != nil {
			return err
		}
		r.known, r.format = contentType, in
	}
	return r.stage(c, body, nil, r.format)
}

// stage stages a body, or samples, or nothing.
func (r *Reader) stage(c *Columns, body []byte, samples []Sample, in format) (err error) {
	r.expect(c, body, in)
	r.staging = in
	switch in {
	case text, openMetrics:
		err = r.readText()
	case openMetrics2:
		err = r.readEntries()
	case protobuf:
		err = r.readProtobuf()
	case typed:
		err = r.readSamples(samples)
	}
	if err == nil {
		err = r.finish()
	}
	if err != nil {
		err = r.located(err)
	}
	r.walk.forget()
	r.messages.forget()
	r.seed.of = nil
	if err != nil {
		r.Discard()
	}
	return err
}

// located is err with the place where the reader is, if it names none.
func (r *Reader) located(err error) error {
	if _, ok := err.(*Error); ok {
		return err
	}
	switch r.staging {
	case protobuf:
		return r.failedMessage(err)
	case typed:
		return &Error{Err: err}
	}
	return newError(r.walk.in, r.walk.body, r.walk.at, err)
}

// Structural reports whether lines came, went or moved. If not, positions are
// those of the columns.
func (r *Reader) Structural() bool { return r.structural }

// Len is the number of lines after the commit.
func (r *Reader) Len() int { return len(r.ids) }

// At gives the line at a position: where it stood before, −1 if it is new, its
// value, and its own timestamp in Unix milliseconds or [NoTime].
func (r *Reader) At(pos int) (id ID, old int, value float64, time int64) {
	old, time = pos, NoTime
	if r.rebuilt {
		old = int(r.olds[pos])
	}
	if len(r.times) > 0 {
		time = r.times[pos]
	}
	return r.ids[pos], old, r.values[pos], time
}

// Start is when the line's series began at 0, as [Columns.Start] tells it.
func (r *Reader) Start(pos int) int64 { return startOf(pos, r.starts, r.pairs, r.values) }

// Native is the histogram of a [Native] line, else nil. It is made for the
// caller.
func (r *Reader) Native(pos int) *histogram.FloatHistogram { return nativeAt(r.natives, pos) }

// Changed are the positions, ascending, of all new lines and of those whose
// value, bit for bit, own timestamp, start or histogram, as it is written,
// differs from before.
func (r *Reader) Changed() []uint32 { return r.changed }

// Gone are the positions before, ascending, of the lines that are no more.
func (r *Reader) Gone() []uint32 { return r.gone }

// Duplicates are the positions, ascending, whose line stands at an earlier
// position of the same body too. Both lines are read, as textparse reads them;
// which one counts is for the caller to say. What comes first is told apart from
// its duplicates from one body to the next; a duplicate may be new each time.
func (r *Reader) Duplicates() []uint32 { return r.dups }

// Duplicate reports whether the position is one of Duplicates.
func (r *Reader) Duplicate(pos int) bool {
	_, ok := slices.BinarySearch(r.dups, uint32(pos))
	return ok
}

// Commit makes what was staged the state of the columns, which must be those
// that were read. If nothing is staged it does nothing.
func (r *Reader) Commit(c *Columns) {
	if !r.staged {
		return
	}
	c.format = r.staging
	if r.rebuilt {
		r.commitRebuilt(c)
	}
	copy(c.values, r.values)
	if len(r.times) == 0 {
		c.times = nil
	} else {
		c.times = replace(c.times, r.times)
	}
	c.starts = replace(c.starts, r.starts)
	c.natives = replace(c.natives, r.natives)
	r.clear()
}

func (r *Reader) commitRebuilt(c *Columns) {
	s := r.store
	for _, old := range r.gone {
		s.lines.release(uint32(c.ids[old]))
	}
	for _, pos := range r.renamed {
		s.lines.release(uint32(c.ids[r.olds[pos]]))
	}
	for _, h := range c.headings {
		s.headings.release(h.id)
	}
	c.ids = replace(c.ids, r.ids)
	c.values = replace(c.values, r.values)
	c.headings = replace(c.headings, r.headings)
	c.dups = replace(c.dups, r.dups)
	c.pairs = replace(c.pairs, r.pairs)
	r.spans = c.findSpans(r.spans)
}

// Discard forgets what was staged.
func (r *Reader) Discard() {
	if r.pinned {
		for pos, old := range r.olds {
			if old < 0 {
				r.store.lines.release(uint32(r.ids[pos]))
			}
		}
		for _, pos := range r.renamed {
			r.store.lines.release(uint32(r.ids[pos]))
		}
		for _, h := range r.headings {
			r.store.headings.release(h.id)
		}
	}
	r.clear()
}

// pin makes the references that the columns will hold and do not yet.
func (r *Reader) pin() {
	for pos, old := range r.olds {
		if old < 0 {
			r.store.lines.retain(uint32(r.ids[pos]))
		}
	}
	for _, pos := range r.renamed {
		r.store.lines.retain(uint32(r.ids[pos]))
	}
	for _, h := range r.headings {
		r.store.headings.retain(h.id)
	}
	r.pinned = true
}

func (r *Reader) clear() {
	r.ids, r.dups, r.pairs = nil, nil, nil
	r.olds, r.values, r.times = r.olds[:0], r.values[:0], r.times[:0]
	clear(r.natives)
	r.starts, r.natives, r.renamed = r.starts[:0], r.natives[:0], r.renamed[:0]
	r.changed, r.gone, r.headings = r.changed[:0], r.gone[:0], r.headings[:0]
	r.rebuilt, r.structural, r.staged, r.pinned = false, false, false, false
}
