package growth

import "github.com/promfold/promfold/internal/lines"

// churnLimit is the part of a body's lines that, when it vanished between two
// scrapes, makes absence a poor proof of birth.
const churnLimit = 0.20

// AnyFell reports whether a counter fell in a staged scrape. An instance nearly
// always goes on, and then only gauges fell.
func AnyFell(s *lines.Store, r *lines.Reader) bool {
	for _, pos := range r.Fell() {
		if Cumulative(s.Line(r.ID(int(pos)))) {
			return true
		}
	}
	return false
}

// Vanishing reports whether so many lines went with a staged scrape that absence
// is a poor proof of birth. Histograms that go on in another form did not vanish.
func Vanishing(s *lines.Store, r *lines.Reader, before *lines.Columns) bool {
	gone := r.Gone()
	much := func(n int) bool { return n > 0 && float64(n) >= churnLimit*float64(before.Len()) }
	if !much(len(gone)) {
		return false
	}
	form := map[*lines.Family]bool{} // that of what came: native
	for pos := range r.Len() {
		if old, _, _ := r.At(pos); old < 0 {
			l := s.Line(r.ID(pos))
			form[l.Family] = l.Role == lines.Native
		}
	}
	n := 0
	for _, old := range gone {
		l := s.Line(before.ID(int(old)))
		native, came := form[l.Family]
		if l.Role == lines.Value || !came || native == (l.Role == lines.Native) {
			n++
		}
	}
	return much(n)
}
