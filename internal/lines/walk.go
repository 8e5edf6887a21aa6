package lines

import (
	"bytes"
	"errors"
	"io"
	"math"
	"math/bits"
	"slices"
	"sort"
)

// walk is where a Reader is in a body and in what it expects.
//
// Invariants: body[:at] is staged. The line expected next is expect.ids[k], and
// before it the headings from expect.headings[h] on that stand before k.
// family is the one whose comments are in force in the body, was the one under
// which expect.ids[k] was read, if no heading is left before it.
type walk struct {
	in     format
	body   []byte
	at     int
	expect *Columns
	k, h   int
	span   int // expect.spans[span] ≤ k; the next one need not be above
	family *family
	was    *family
	last   uint32 // the line staged last: its neighbour in the store may follow
	fresh  bool   // expect is a sibling's, or nothing: every line is new
	ask    authority
}

// forget drops the body.
func (w *walk) forget() {
	w.body, w.expect = nil, nil
	w.ask.forget()
}

// expect makes the columns' lines those expected in the body.
func (r *Reader) expect(c *Columns, body []byte, in format) {
	w := &r.walk
	*w = walk{in: in, body: body, expect: c, ask: w.ask}
	w.ask.forget()
	r.ids, r.dups, r.pairs = c.ids, c.dups, c.pairs
	r.values = slices.Grow(r.values, len(c.ids))[:len(c.ids)]
	r.changed = slices.Grow(r.changed, len(c.ids))
	if len(c.ids) == 0 {
		r.start(c)
	}
}

// readText walks through a text, of Prometheus or of OpenMetrics, along the
// columns.
func (r *Reader) readText() error {
	w := &r.walk
	for w.at < len(w.body) {
		if r.heading() || r.run() {
			continue
		}
		switch err := r.entry(); err {
		case nil:
		case io.EOF:
			return r.ended()
		default:
			return err
		}
	}
	if w.in == openMetrics {
		return r.entry() // which says that there is no end
	}
	if r.limits.RequireWhole && len(w.body) > 0 && w.body[len(w.body)-1] != '\n' {
		return errorNoNewline(w.body)
	}
	return nil
}

// ended: textparse sees the end of the body here, which is that of OpenMetrics,
// blank lines, or a NUL.
func (r *Reader) ended() error {
	w := &r.walk
	if w.in == openMetrics || !r.limits.RequireWhole {
		return nil
	}
	if i := bytes.IndexByte(w.body[w.at:], 0); i >= 0 {
		return place(w.body, w.at+i, w.at+i, len(w.body), errNUL)
	}
	if w.body[len(w.body)-1] != '\n' {
		return errorNoNewline(w.body)
	}
	return nil
}

// start begins a first read: nothing is old, a sibling may say what to expect.
func (r *Reader) start(c *Columns) {
	w := &r.walk
	if r.seed.of == c && r.seed.sweeps == r.store.sweeps.Load() {
		w.expect = &r.seed.columns
	}
	r.rebuild()
	w.fresh = true
}

// heading stages the heading that is expected here.
func (r *Reader) heading() bool {
	w := &r.walk
	hs := w.expect.headings
	if w.h == len(hs) || int(hs[w.h].before) != w.k || w.in != w.expect.format {
		return false
	}
	id := hs[w.h].id
	text := r.store.headings.text(id)
	if len(w.body)-w.at < len(text) || string(w.body[w.at:w.at+len(text)]) != text {
		return false
	}
	w.at += len(text)
	r.expectedHeading(id)
	return true
}

// headingIs stages the heading expected here if it is this one.
func (r *Reader) headingIs(text []byte) bool {
	w := &r.walk
	if !w.pending() {
		return false
	}
	id := w.expect.headings[w.h].id
	if r.store.headings.text(id) != string(text) || r.store.headings.key(id) != uint32(w.in) {
		return false
	}
	r.expectedHeading(id)
	return true
}

// expectedHeading stages the one that is next.
func (r *Reader) expectedHeading(id uint32) {
	w := &r.walk
	w.h++
	if f := r.store.headings.payload(id); f != nil {
		w.family, w.was = f, f
	}
	if r.rebuilt {
		r.headings = append(r.headings, heading{uint32(r.len()), id})
	}
}

// pending reports whether a heading is expected before the next line.
func (w *walk) pending() bool {
	hs := w.expect.headings
	return w.h < len(hs) && int(hs[w.h].before) == w.k
}

// len is the number of lines staged so far.
func (r *Reader) len() int {
	if r.rebuilt {
		return len(r.newIDs)
	}
	return r.walk.k
}

// run stages as many of the expected lines as are there with plain numbers, and
// reports whether there was one.
func (r *Reader) run() bool {
	w := &r.walk
	if w.k == len(w.expect.ids) || w.pending() || w.family != w.was || w.in != w.expect.format {
		return false
	}
	end := w.runEnd()
	if r.rebuilt {
		end = r.untaken(w.k, end)
	}
	if w.expect.times != nil {
		return r.runTimed(end)
	}
	if r.rebuilt {
		r.values = slices.Grow(r.values, end-w.k)
		r.changed = slices.Grow(r.changed, end-w.k)
		r.values = r.values[:len(r.newIDs)+end-w.k]
	}
	pos := r.len()
	c, i := r.store.lines.chunk(uint32(w.expect.ids[w.k]))
	texts := c.text[i:][:end-w.k]
	at, n, changed := runLines(texts, w.body, w.at, w.expect.values[w.k:end], r.values[pos:], r.changed, pos)
	w.at, r.changed = at, changed
	if r.rebuilt {
		r.values = r.values[:pos+n]
		r.stageRun(w.k, n)
	}
	w.k += n
	return n > 0
}

// runTimed is run up to end where lines have timestamps.
func (r *Reader) runTimed(end int) bool {
	w := &r.walk
	start := w.k
	for w.k < end {
		id := uint32(w.expect.ids[w.k])
		text := r.store.lines.text(id)
		value := w.at + len(text)
		if value >= len(w.body) || string(w.body[w.at:value]) != text {
			break
		}
		v, t, next, ok := w.sample(value)
		if !ok || r.line(id, w.k, v, t) != nil {
			break
		}
		w.at = next
	}
	return w.k > start
}

// runEnd is the end of the lines from k on that no heading parts and whose texts
// are neighbours in the store.
func (w *walk) runEnd() int {
	end := len(w.expect.ids)
	if w.h < len(w.expect.headings) {
		end = int(w.expect.headings[w.h].before)
	}
	spans := w.expect.spans
	for w.span+1 < len(spans) && int(spans[w.span+1]) <= w.k {
		w.span++
	}
	if w.span+1 < len(spans) {
		end = min(end, int(spans[w.span+1]))
	}
	return end
}

// untaken is the end of the lines from k on, before end and within one word of
// the bit set, that are not yet matched.
func (r *Reader) untaken(k, end int) int {
	word := r.taken[k>>6] >> (k & 63)
	return min(end, k+min(bits.TrailingZeros64(word), 64-k&63))
}

// entry stages what is here by all other means: a line with another kind of
// number, one that is known but not expected here, and at last whatever
// textparse sees.
func (r *Reader) entry() error {
	w := &r.walk
	if rest := w.body[w.at:]; string(rest) == eof || string(rest) == eof+"\n" {
		if w.in == openMetrics {
			return io.EOF
		}
	} else if len(rest) == 0 || w.isEOF(w.at) {
		return r.askEntry()
	}
	if c := w.body[w.at]; c == '#' || c == '\n' {
		if r.knownHeading() {
			return nil
		}
	} else if id, text, old, ok := r.knownLine(); ok {
		if v, t, next, ok := w.sample(w.at + len(text)); ok {
			if err := r.line(id, old, v, t); err != nil {
				return err
			}
			w.at = next
			return nil
		}
	}
	return r.askEntry()
}

// knownLine finds the line here among those known; old is where it stands in
// what is expected, or −1.
func (r *Reader) knownLine() (id uint32, text string, old int, ok bool) {
	w := &r.walk
	lines := &r.store.lines
	rest := w.body[w.at:]
	if w.k < len(w.expect.ids) && !w.pending() && !(r.rebuilt && r.isTaken(w.k)) {
		id = uint32(w.expect.ids[w.k])
		if text, ok = r.fits(id, rest); ok {
			return id, text, w.k, true
		}
	}
	r.rebuild()
	if id = w.last + 1; lines.live(id) {
		if text, ok = r.fits(id, rest); ok {
			return id, text, r.oldOf(id), true
		}
	}
	guess := rest[:guessText(rest)]
	if id, ok = lines.find(guess, meaning(w.in, w.family, guess)); ok {
		return id, lines.text(id), r.oldOf(id), true
	}
	return 0, "", -1, false
}

// fits reports whether the text of the id stands at the start of rest and means
// the same here.
func (r *Reader) fits(id uint32, rest []byte) (text string, ok bool) {
	w := &r.walk
	text = r.store.lines.text(id)
	if len(text) == 0 || len(rest) < len(text) || string(rest[:len(text)]) != text {
		return "", false
	}
	return text, r.store.lines.key(id) == meaning(w.in, w.family, rest[:len(text)])
}

// guessText is where the text of the line at the start of b probably ends and its
// value starts. A wrong guess finds nothing, or a line that is there too.
func guessText(b []byte) int {
	line := b
	if i := bytes.IndexByte(b, '\n'); i >= 0 {
		line = b[:i]
	}
	i := bytes.LastIndexByte(line, '}') + 1
	if i == 0 {
		i = max(0, bytes.IndexAny(line, " \t"))
	}
	for i < len(line) && (line[i] == ' ' || line[i] == '\t') {
		i++
	}
	return i
}

// knownHeading stages the heading here if it is known.
func (r *Reader) knownHeading() bool {
	w := &r.walk
	end := w.at
	for end < len(w.body) && (w.body[end] == '#' && !w.isEOF(end) || w.body[end] == '\n') {
		i := bytes.IndexByte(w.body[end:], '\n')
		if i < 0 {
			return false
		}
		end += i + 1
	}
	id, ok := r.store.headings.find(w.body[w.at:end], uint32(w.in))
	if ok {
		r.addHeading(id, end)
	}
	return ok
}

// addHeading stages a heading that was not expected here and ends at end.
func (r *Reader) addHeading(id uint32, end int) {
	r.rebuild()
	r.headings = append(r.headings, heading{uint32(len(r.newIDs)), id})
	if f := r.store.headings.payload(id); f != nil {
		r.walk.family = f
	}
	r.walk.at = end
}

func errorNoNewline(body []byte) error {
	start := bytes.LastIndexByte(body, '\n') + 1
	return place(body, start, len(body), len(body), errNoNewline)
}

var (
	errNoNewline = errors.New("the last line is not ended")
	errNUL       = errors.New("a NUL, behind which nothing would be read")
	errNULFirst  = errors.New("a NUL at the start of a line")
)

// line stages one line.
func (r *Reader) line(id uint32, old int, v float64, t int64) error {
	w := &r.walk
	if old != w.k || old < 0 {
		r.rebuild()
	}
	pos := r.len()
	if r.rebuilt {
		if pos >= r.limits.Lines {
			return overLimit("lines", r.limits.Lines)
		}
		r.values = append(r.values, v)
	} else {
		r.values[pos] = v
	}
	r.time(pos, t)
	if old < 0 || w.fresh || math.Float64bits(w.expect.values[old]) != math.Float64bits(v) || w.expect.Time(old) != t {
		r.changed = append(r.changed, uint32(pos))
	}
	if r.rebuilt {
		r.stageLine(ID(id), old)
	}
	if old == w.k && !w.pending() {
		w.k++
	} else if old >= 0 {
		r.jump(old + 1)
	}
	return nil
}

// time stages the timestamp of the line at pos, which is to be the last.
func (r *Reader) time(pos int, t int64) {
	if t == NoTime && len(r.times) == 0 {
		return
	}
	for len(r.times) < pos {
		r.times = append(r.times, NoTime)
	}
	r.times = append(r.times, t)
}

// jump makes k the next line expected.
func (r *Reader) jump(k int) {
	w := &r.walk
	hs := w.expect.headings
	w.k = k
	w.h = sort.Search(len(hs), func(i int) bool { return int(hs[i].before) >= k })
	w.was = r.inForce[w.h]
	w.span, _ = slices.BinarySearch(w.expect.spans, uint32(k)+1)
	w.span = max(0, w.span-1)
}
