package room

// Search is one for room, which looks at a whole fleet. After one in vain the next
// is not made at once, so that a neighbour that is refused again and again costs
// the others nothing. The zero value has made none.
type Search struct{ from, until int64 }

// InVain notes that a search at a time found nothing; pause is how long the next
// one waits.
func (s *Search) InVain(at, pause int64) {
	if s.Worthwhile(at) {
		s.from, s.until = at, at+pause
	}
}

// Worthwhile reports whether a search at a time may find something.
func (s *Search) Worthwhile(at int64) bool { return at < s.from || at >= s.until }

// Make makes room at a time: as long as what is asked for does not fit, one of n
// things is given up after the other, the least first. give reports whether there
// was any of the i-th, of which over bytes would be enough; all but the first look
// at the whole fleet. It returns by how much it does not fit in the end.
func (s *Search) Make(at, pause int64, n int, fits func() (over int64, ok bool), give func(i int, over int64) bool) (over int64, ok bool) {
	over, ok = fits()
	for i := 0; !ok && i < n && (i == 0 || s.Worthwhile(at)); i++ {
		if give(i, over) {
			over, ok = fits()
		}
	}
	if !ok {
		s.InVain(at, pause)
	}
	return over, ok
}
