package room

// Weight is what an instance holds, and what it held when it was let in. It grows
// with scrapes that add no line, too: by what is out of the ordinary, by copies for
// answers. Each instance may become as much again by that and no more, so all of
// them do not, however many there are. The zero value is of one that holds nothing.
type Weight struct {
	Held
	first int64 // the least since it was let in, lines left out; 0: not weighed since
	views int
}

// LetIn says that there was room for so much more, if the instance brought anything.
// Then its next weight counts as what it was let in with.
func (w *Weight) LetIn(more int64) {
	if more > 0 {
		w.first = 0
	}
}

// Become notes what is held now for so many views, each of which is let in by itself.
func (w *Weight) Become(now *Held, views int) {
	w.Held = *now
	if n := w.sum(); w.first == 0 || n < w.first || views != w.views {
		w.first, w.views = n, views
	}
}

// sum leaves lines out: values take a few bytes more for a while after a process
// began, and never more than a number each.
func (w *Weight) sum() int64 { return w.Held.Sum() - w.Held[Lines] }

// Crept reports whether the instance grew to more than twice what it was let in
// with; rows is what its rows may take, which do not grow by themselves.
func (w *Weight) Crept(rows int64) bool { return w.sum() > 2*w.first+rows }
