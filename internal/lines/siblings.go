package lines

import "slices"

// siblings are what instances exposed that a reader read first, lately. The next one that is read first is of the
// service of one of them as a rule, so that its lines are expected. They only save time: of those that were swept, or
// of another service, no line is found.
type siblings struct {
	list   []sibling // by the time of their use
	values []float64 // in place of theirs, which do not matter
}

// sibling is the lines of an instance.
type sibling struct {
	columns Columns // without values and what goes with them
	body    int     // bytes
	sweeps  uint32  // of the store, until then
}

// mostSiblings is how many services may begin at a time.
const mostSiblings = 4

// like returns the lines that are expected of a body; nil if none are.
func (x *siblings) like(s *Store, in format, body []byte) *Columns {
	sweeps := s.sweeps.Load()
	x.list = slices.DeleteFunc(x.list, func(o sibling) bool { return o.sweeps != sweeps })
	best, most := -1, 0.0
	for i := range x.list {
		if o := &x.list[i]; o.columns.format == in {
			if likeness := o.likeness(s, body); likeness > most {
				best, most = i, likeness
			}
		}
	}
	if best < 0 {
		return nil
	}
	x.use(best)
	c := &x.list[len(x.list)-1].columns
	if n := len(c.ids); len(x.values) < n {
		x.values = make([]float64, n+n/8)
	}
	c.values = x.values[:len(c.ids)]
	return c
}

// likeness is more for a body that begins alike, and then for one of about the same length.
func (o *sibling) likeness(s *Store, body []byte) float64 {
	size := float64(min(o.body, len(body))+1) / float64(max(o.body, len(body))+1)
	if text := o.first(s); len(body) >= len(text) && string(body[:len(text)]) == text {
		size++
	}
	return size
}

// first returns the text that the body began with.
func (o *sibling) first(s *Store) string {
	switch c := &o.columns; {
	case len(c.headings) > 0 && c.headings[0].before == 0:
		return s.headings.text(c.headings[0].id)
	case len(c.ids) > 0:
		return s.lines.text(uint32(c.ids[0]))
	}
	return ""
}

func (x *siblings) use(i int) {
	o := x.list[i]
	x.list = append(slices.Delete(x.list, i, i+1), o)
}

// add notes what a body of so many bytes has, in place of the one that was expected or, if that was of another
// service, of the one that was of no use for longest.
func (x *siblings) add(s *Store, c *Columns, body int) {
	o := sibling{body: body, sweeps: s.sweeps.Load()}
	if n := len(x.list); n > 0 {
		at := 0
		if last := &x.list[n-1]; last.columns.format == c.format && last.serves(c) {
			at = n - 1
		}
		if at > 0 || n == mostSiblings {
			o.columns = x.list[at].columns
			x.list = slices.Delete(x.list, at, at+1)
		}
	}
	to := &o.columns
	to.format = c.format
	to.ids, to.dups = append(to.ids[:0], c.ids...), append(to.dups[:0], c.dups...)
	to.spans, to.headings = append(to.spans[:0], c.spans...), append(to.headings[:0], c.headings...)
	x.list = append(x.list, o)
}

// serves reports whether most headings of the columns are the sibling's, too.
func (o *sibling) serves(c *Columns) bool {
	known := map[uint32]bool{}
	for _, h := range o.columns.headings {
		known[h.id] = true
	}
	n := 0
	for _, h := range c.headings {
		if known[h.id] {
			n++
		}
	}
	return 2*n >= max(len(c.headings), len(o.columns.headings))
}
