package aggregate

// latest is what the latest question of a view counted. It is kept because a
// fleet is asked more often than it is scraped, such as by each request that a
// gateway admits. As long as no scrape arrives, the next question has the same
// instances with the same growth.
type latest struct {
	basis
	tally *tally // nil: nobody asked yet
}

// basis is what a tally depends on, besides its shares.
type basis struct {
	changes uint64 // of the fleet until then
	window  int64
	all     bool
}

// latest returns what the shares have in the window, and whether the latest
// question had found it already.
func (q *question) latest(shares []share) (t *tally, again bool) {
	b, kept := basis{q.f.mu.changes(), q.e - q.s, q.all}, &q.v.latest
	if kept.tally != nil && kept.basis == b && kept.tally.holds(shares, q.s) {
		return kept.tally, true
	}
	t = q.tally(shares)
	if !q.v.every() && !q.past && len(q.scope.only) == 0 { // a copy of all that a fleet counts is too much to keep
		*kept = latest{b, t}
	}
	return t, false
}

// holds reports whether the shares are the same. In an unchanged fleet, shares
// differ only by the checkpoints at which they begin, and by what depends on the
// time.
func (t *tally) holds(shares []share, start int64) bool {
	if len(shares) != len(t.shares) || start <= t.after || start > t.until {
		return false
	}
	for i := range shares {
		a, b := &shares[i], &t.shares[i]
		if a.b != b.b || !a.edge.Same(&b.edge) || a.life != b.process.Times ||
			a.steady != b.lasting.Times || a.standing != b.standing || a.older != b.older {
			return false
		}
	}
	return true
}
