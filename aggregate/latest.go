package aggregate

// latest is what the latest question of a view counted. It is kept, since a
// fleet is asked more often than it is scraped: by each request that a gateway
// admits, say. As long as nothing but the time is another, the next question
// has the same instances with the same growth.
type latest struct {
	basis
	tally *tally // nil: nobody asked yet
}

// basis is what a tally rests on, besides its shares.
type basis struct {
	changes uint64 // of the fleet until then
	window  int64
	all     bool
}

// latest is what the shares have in the window: as the latest question found
// it, where that still holds, which again tells.
func (q *question) latest(shares []share) (t *tally, again bool) {
	b, kept := basis{q.f.mu.changes(), q.e - q.s, q.all}, &q.v.latest
	if kept.tally != nil && kept.basis == b && kept.tally.holds(shares) {
		return kept.tally, true
	}
	t = q.tally(shares)
	if !q.v.every() && !q.past && len(q.scope.only) == 0 { // a copy of all that a fleet counts is too much to keep
		*kept = latest{b, t}
	}
	return t, false
}

// holds: the shares are the same. Of an unchanged fleet they are told apart by
// where in the instance's history they begin, and by what the time makes of it.
func (t *tally) holds(shares []share) bool {
	if len(shares) != len(t.shares) {
		return false
	}
	for i := range shares {
		a, b := &shares[i], &t.shares[i]
		if a.b != b.b || a.from != b.checkpoint || a.alive != b.alive || a.live != b.live || a.older != b.older {
			return false
		}
	}
	return true
}
