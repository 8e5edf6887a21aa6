package parse

import (
	"bytes"
	"errors"
	"io"
	"math"
	"mime"
	"slices"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/textparse"
)

// Reader reads bodies against the columns of their instances. It is the scratch
// of one worker: it may serve any number of instances of one store, one after
// the other.
//
// What Read staged is valid until Commit, Discard or the next Read.
type Reader struct {
	store  *Store
	limits Limits

	ids        []ID
	olds       []int32
	values     []float64
	times      []int64
	timed      bool
	changed    []uint32
	gone       []uint32
	dups       []uint32
	structural bool
	pins       []ID // lines referred to by what is staged alone
}

// NewReader returns a reader that adds to the store what it does not know yet.
func NewReader(s *Store, limits Limits) *Reader {
	return &Reader{store: s, limits: limits.withDefaults()}
}

// Seed makes the next Read expect the lines of a sibling, if it is one of
// columns that are empty. It is a matter of speed alone.
func (r *Reader) Seed(c, from *Columns) {}

// Read compares the body with the columns and stages the difference. Neither
// columns nor what was staged before count on an error, which is an [*Error]
// with a position, a [*LimitError] or a [*FormatError]. The body may be reused
// afterwards.
func (r *Reader) Read(c *Columns, body []byte, contentType string) error {
	r.Discard()
	err := r.read(c, body, contentType)
	if err != nil {
		r.Discard()
	}
	return err
}

func (r *Reader) read(c *Columns, body []byte, contentType string) error {
	if len(body) > r.limits.Body {
		return &LimitError{What: "body bytes", Limit: r.limits.Body}
	}
	if !isText(contentType) {
		return &FormatError{ContentType: contentType}
	}
	buf := append(make([]byte, 0, len(body)+1), body...)
	if err := r.readAll(buf); err != nil {
		return err
	}
	if n := len(body); r.limits.RequireFinalNewline && n > 0 && body[n-1] != '\n' {
		start := bytes.LastIndexByte(body, '\n') + 1
		return place(body, start, n, n, errNoNewline)
	}
	r.compare(c)
	return nil
}

var errNoNewline = errors.New("the last line is not ended")

func isText(contentType string) bool {
	if contentType == "" {
		return true
	}
	t, _, err := mime.ParseMediaType(contentType)
	return err == nil && t == "text/plain"
}

// readAll stages every line of the body. The body has room for one byte more.
func (r *Reader) readAll(body []byte) error {
	p := textparse.NewPromParser(body, nil, false)
	var (
		family   *Family
		help     string
		helpName string
		end      int // of the last entry
		ls       labels.Labels
	)
	offset := func(b []byte) int { return cap(body) - cap(b) }
	lineEnd := func(i int) int {
		if j := bytes.IndexByte(body[min(i, len(body)):], '\n'); j >= 0 {
			return i + j + 1
		}
		return len(body)
	}
	for {
		entry, err := p.Next()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return newError(body, end, err)
		}
		switch entry {
		case textparse.EntryHelp:
			name, text := p.Help()
			help, helpName = string(text), string(name)
			end = lineEnd(offset(name) + len(name))
		case textparse.EntryType:
			name, typ := p.Type()
			if string(name) != helpName {
				help = ""
			}
			family = r.store.family(string(name), typ, help)
			end = lineEnd(offset(name) + len(name))
		case textparse.EntryComment:
			end = lineEnd(offset(p.Comment()) + len(p.Comment()))
		case textparse.EntrySeries:
			series, ts, v := p.Series()
			start := offset(series)
			end = lineEnd(start + len(series))
			if len(r.ids) >= r.limits.Lines {
				return &LimitError{What: "lines", Limit: r.limits.Lines}
			}
			if end-start > r.limits.Line {
				return &LimitError{What: "line bytes", Limit: r.limits.Line, Line: 1 + bytes.Count(body[:start], []byte{'\n'})}
			}
			p.Labels(&ls)
			if ls.Len() > r.limits.Labels {
				return &LimitError{What: "labels", Limit: r.limits.Labels, Line: 1 + bytes.Count(body[:start], []byte{'\n'})}
			}
			id := r.store.intern(series, ls, family)
			r.pins = append(r.pins, id)
			r.ids = append(r.ids, id)
			r.values = append(r.values, v)
			t := int64(NoTime)
			if ts != nil {
				t, r.timed = *ts, true
			}
			r.times = append(r.times, t)
		}
	}
}

// compare finds what differs from the columns.
func (r *Reader) compare(c *Columns) {
	was := map[ID][]int32{}
	for i, id := range c.ids {
		was[id] = append(was[id], int32(i))
	}
	seen := map[ID]bool{}
	used := make([]bool, len(c.ids))
	for pos, id := range r.ids {
		old := int32(-1)
		if w := was[id]; len(w) > 0 {
			old, was[id] = w[0], w[1:]
			used[old] = true
		}
		if seen[id] {
			r.dups = append(r.dups, uint32(pos))
		}
		seen[id] = true
		r.olds = append(r.olds, old)
		if int(old) != pos {
			r.structural = true
		}
		if old < 0 || math.Float64bits(c.values[old]) != math.Float64bits(r.values[pos]) || c.Time(int(old)) != r.times[pos] {
			r.changed = append(r.changed, uint32(pos))
		}
	}
	for old, u := range used {
		if !u {
			r.gone = append(r.gone, uint32(old))
			r.structural = true
		}
	}
}

// Structural reports whether lines came, went or moved. If not, positions are
// those of the columns.
func (r *Reader) Structural() bool { return r.structural }

// Len is the number of lines after the commit.
func (r *Reader) Len() int { return len(r.ids) }

// At gives the line at a position: where it stood before, −1 if it is new, its
// value, and its own timestamp in Unix milliseconds or [NoTime].
func (r *Reader) At(pos int) (id ID, old int, value float64, time int64) {
	return r.ids[pos], int(r.olds[pos]), r.values[pos], r.times[pos]
}

// Changed are the positions, ascending, of all new lines and of those whose
// value, bit for bit, or own timestamp differs from before.
func (r *Reader) Changed() []uint32 { return r.changed }

// Gone are the positions before, ascending, of the lines that are no more.
func (r *Reader) Gone() []uint32 { return r.gone }

// Duplicates are the positions, ascending, whose series stands at an earlier
// position of the same body too. Both lines are read, as textparse reads them;
// which one counts is for the caller to say.
func (r *Reader) Duplicates() []uint32 { return r.dups }

// Duplicate reports whether the position is one of Duplicates.
func (r *Reader) Duplicate(pos int) bool {
	_, ok := slices.BinarySearch(r.dups, uint32(pos))
	return ok
}

// Commit makes what was staged the state of the columns, which must be those
// that were read.
func (r *Reader) Commit(c *Columns) {
	for _, id := range c.ids {
		r.store.Release(id)
	}
	r.pins = r.pins[:0]
	c.ids = append(c.ids[:0], r.ids...)
	c.values = append(c.values[:0], r.values...)
	c.times = nil
	if r.timed {
		c.times = slices.Clone(r.times)
	}
	c.dups = append(c.dups[:0], r.dups...)
	r.Discard()
}

// Discard forgets what was staged.
func (r *Reader) Discard() {
	for _, id := range r.pins {
		r.store.Release(id)
	}
	r.pins = r.pins[:0]
	r.ids, r.olds, r.values, r.times = r.ids[:0], r.olds[:0], r.values[:0], r.times[:0]
	r.changed, r.gone, r.dups = r.changed[:0], r.gone[:0], r.dups[:0]
	r.timed, r.structural = false, false
}
