package identity

import "slices"

// rememberedStarts is how many processes of one address are told apart.
const rememberedStarts = 16

// Remember adds a start to those of the processes that answered at one address, the last 16 of them.
func Remember(seen []Start, x Start) []Start {
	if !x.Known() || slices.Contains(seen, x) {
		return seen
	}
	if len(seen) == rememberedStarts {
		seen = seen[1:]
	}
	return append(seen, x)
}

// Succession is a change of the process that answers at one address which nobody declared to be balanced.
type Succession struct {
	Seen       []Start // of the processes that answered there
	Alternates bool    // the address is known to reach several
	Last       int64   // the previous scrape, Unix milliseconds
	From, To   Start   // the process before, and the one that answers now
}

// Returned reports whether the process answered before another one did: the address reaches several.
func (s *Succession) Returned() bool { return s.To.Known() && slices.Contains(s.Seen, s.To) }

// Another reports whether a process answers that is known not to have replaced the one before. At an address that
// reaches several, one that is not the one before did not restart. Nor is a start that differs a little the same:
// processes are started together.
func (s *Succession) Another() bool {
	return s.Alternates && s.From.Known() && s.To.Known() && s.From != s.To
}

// Doubtful reports whether the process that answers now was there, by its own account, while its predecessor still
// answered: what looks like a restart may be another process.
func (s *Succession) Doubtful() bool { return s.To.At < s.Last }
