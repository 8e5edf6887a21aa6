package roster

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
