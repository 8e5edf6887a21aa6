package lines

import (
	"bytes"
	"errors"
	"io"
	"slices"
)

// textReader reads a body in Prometheus' text format or in OpenMetrics.
//
// It tries the fastest way first: run reads lines that are the expected ones,
// entry a line that is known to the store, and readEntry leaves the rest to
// textparse.
type textReader struct {
	*diff
	body     []byte
	at       int // body[:at] is staged
	fallback fallback
	blank    []byte // a text with the blank that it lacks in the body
	guess    []byte // the text that knownLine last looked for in vain
	sought   sought // what it looked for
	plain    plain
}

func (t *textReader) read(body []byte) error {
	t.body, t.at = body, 0
	if t.fresh {
		t.reserve(bytes.Count(body, []byte("\n")))
	}
	t.fallback.forget()
	err := t.readAll()
	if _, ok := err.(*Error); err != nil && !ok {
		err = newError(t.in, body, t.at, err)
	}
	t.fallback.forget()
	t.body, t.guess, t.plain.text, t.plain.known = nil, nil, nil, false
	return err
}

func (t *textReader) readAll() error {
	for t.at < len(t.body) {
		if t.heading() || t.run() || t.known() {
			continue
		}
		switch err := t.entry(); err {
		case nil:
		case io.EOF:
			return t.ended()
		default:
			return err
		}
	}
	if t.in == openMetrics {
		return t.entry() // textparse misses the end mark
	}
	if t.limits.RequireWhole && len(t.body) > 0 && t.body[len(t.body)-1] != '\n' {
		return errorNoNewline(t.body)
	}
	return nil
}

// ended checks the rest of a body of which textparse reads no more: the end mark
// of OpenMetrics, blank lines, or a NUL.
func (t *textReader) ended() error {
	if t.in == openMetrics || !t.limits.RequireWhole {
		return nil
	}
	if i := bytes.IndexByte(t.body[t.at:], 0); i >= 0 {
		return place(t.body, t.at+i, t.at+i, len(t.body), errNUL)
	}
	if t.body[len(t.body)-1] != '\n' {
		return errorNoNewline(t.body)
	}
	return nil
}

func errorNoNewline(body []byte) error {
	start := bytes.LastIndexByte(body, '\n') + 1
	return place(body, start, len(body), len(body), errNoNewline)
}

var (
	errNoNewline = errors.New("the last line is not ended")
	errNUL       = errors.New("a NUL, where reading would end")
	errNULFirst  = errors.New("a NUL at the start of a line")
)

// heading stages the heading that is expected here.
func (t *textReader) heading() bool {
	hs := t.expect.headings
	if t.h == len(hs) || int(hs[t.h].before) != t.k || t.in != t.expect.format {
		return false
	}
	id := hs[t.h].id
	text := t.store.headings.text(id)
	if len(t.body)-t.at < len(text) || string(t.body[t.at:t.at+len(text)]) != text {
		return false
	}
	t.at += len(text)
	t.expectedHeading(id)
	return true
}

// run stages as many expected lines as follow with plain numbers, and reports
// whether there was one.
func (t *textReader) run() bool {
	d := t.diff
	if d.k == d.expect.Len() || d.pending() || d.family != d.was || d.in != d.expect.format || d.declared.others {
		return false
	}
	end := d.runEnd()
	if d.rebuilt {
		end = d.untaken(d.k, end)
	}
	if d.expect.times != nil {
		return t.runTimed(end)
	}
	if d.rebuilt {
		d.values = slices.Grow(d.values, end-d.k)
		d.changed = slices.Grow(d.changed, end-d.k)
		d.values = d.values[:d.len()+end-d.k]
	}
	pos := d.len()
	c, i := d.store.lines.chunk(d.id())
	texts := c.text[i:][:end-d.k]
	at, n, changed := runLines(texts, t.body, t.at, d.before[d.k:end], d.values[pos:], d.changed, pos)
	t.at, d.changed = at, changed
	if d.rebuilt {
		d.values = d.values[:pos+n]
		d.stageRun(d.run, d.k, n)
	}
	d.k += n
	return n > 0
}

// knownRun is how many lines known looks at a time.
const knownRun = 64

// known stages as many lines as follow in the store on the line staged last, with
// plain numbers, and that the columns do not have. It reports whether there was
// one. What an instance exposes first, or newly, its siblings had as a rule.
func (t *textReader) known() bool {
	d := t.diff
	first := d.last + 1
	if !d.rebuilt || d.family == nil || len(d.times) > 0 || !d.store.lines.live(first) {
		return false
	}
	c, i := d.store.lines.chunk(first)
	if text := c.text[i]; len(t.body)-t.at < len(text) || string(t.body[t.at:t.at+len(text)]) != text {
		return false
	}
	n := d.strangers(first)
	pos, changed := d.len(), d.changed
	values := slices.Grow(d.values, n)[:pos+n]
	// A value compared with itself is not changed.
	at, n, _ := runLines(c.text[i:][:n], t.body, t.at, values[pos:], values[pos:], slices.Grow(changed, n), pos)
	t.at, d.values = at, values[:pos+n]
	if n == 0 {
		return false
	}
	for k := range n {
		d.changed = append(d.changed, uint32(pos+k))
	}
	d.stageCame(ID(first), n)
	return true
}

// runTimed is run for lines with timestamps, up to end.
func (t *textReader) runTimed(end int) bool {
	start := t.k
	for t.k < end {
		id := t.id()
		text := t.store.lines.text(id)
		value := t.at + len(text)
		if value >= len(t.body) || string(t.body[t.at:value]) != text {
			break
		}
		v, ts, next, ok := t.sample(value)
		if !ok || t.line(id, t.k, v, ts) != nil {
			break
		}
		t.quote(value, next)
		t.at = next
	}
	return t.k > start
}

// sample reads what follows a line's text. ok is false if it is not sure.
func (t *textReader) sample(at int) (v float64, ts int64, next int, ok bool) {
	if t.in == openMetrics {
		return sampleOpenMetrics(t.body, at)
	}
	return sample(t.body, at)
}

// isEOF reports whether the end mark of OpenMetrics may be at at.
func (t *textReader) isEOF(at int) bool {
	return t.in == openMetrics && bytes.HasPrefix(t.body[at:], []byte(eof))
}

// entry stages what is here by all other means: an expected line with another
// kind of number, a known line that is not expected here, and otherwise what
// textparse reads. It returns io.EOF at the end of the body.
func (t *textReader) entry() error {
	if rest := t.body[t.at:]; string(rest) == eof || string(rest) == eof+"\n" {
		if t.in == openMetrics {
			return io.EOF
		}
	} else if len(rest) == 0 || t.isEOF(t.at) {
		return t.readEntry()
	}
	if c := t.body[t.at]; c == '#' || c == '\n' {
		if t.knownHeading() {
			return nil
		}
	} else if id, text, old, ok := t.knownLine(); ok {
		if v, ts, next, ok := t.sample(t.at + len(text)); ok {
			if err := t.line(id, old, v, ts); err != nil {
				return err
			}
			t.quote(t.at+len(text), next)
			t.at = next
			return nil
		}
	} else if done, err := t.readPlain(); done || err != nil {
		return err
	}
	return t.readEntry()
}

// knownLine returns the line here if the store knows it, and its position in the
// columns, or −1.
func (t *textReader) knownLine() (id uint32, text string, old int, ok bool) {
	lines := &t.store.lines
	rest := t.body[t.at:]
	if id, ok = t.expected(); ok {
		if text, ok = t.fits(id, rest); ok {
			return id, text, t.k, true
		}
	}
	t.rebuild()
	if id = t.last + 1; lines.live(id) {
		if text, ok = t.fits(id, rest); ok {
			return id, text, t.oldOf(id), true
		}
	}
	t.guess = rest[:guessText(rest)]
	t.sought = t.placed(t.guess)
	if id, ok = lines.findHash(t.guess, t.sought.key, t.sought.hash); ok {
		return id, lines.text(id), t.oldOf(id), true
	}
	return 0, "", -1, false
}

// guessText returns where the text of the line at the start of b probably ends and
// its value starts. With a wrong guess the store finds nothing, or a line that is
// there too.
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

// knownHeading stages the heading here if the store knows it.
func (t *textReader) knownHeading() bool {
	end := t.at
	for end < len(t.body) && (t.body[end] == '#' && !t.isEOF(end) || t.body[end] == '\n') {
		i := bytes.IndexByte(t.body[end:], '\n')
		if i < 0 {
			return false
		}
		end += i + 1
	}
	id, ok := t.store.headings.find(t.body[t.at:end], uint32(t.in))
	if ok {
		t.addHeading(id)
		t.at = end
	}
	return ok
}

// quote keeps the exemplar of the OpenMetrics line that was staged last, whose
// value starts at body[value:] and whose line feed ends at body[:end].
func (t *textReader) quote(value, end int) {
	if t.limits.Exemplars == 0 || t.in != openMetrics {
		return
	}
	if i := bytes.Index(t.body[value:end], []byte(" # {")); i >= 0 {
		quoteText(t.diff, bytes.TrimSuffix(t.body[value+i+len(" # "):end], []byte("\n")))
	}
}
