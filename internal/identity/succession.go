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

// Succession is a change of the process that answers at one address which nobody declared to be balanced. Times are Unix
// milliseconds.
type Succession struct {
	Seen       []Start // of the processes that answered there
	Alternates bool    // the address is known to reach several
	Last       int64   // the previous scrape
	From, To   Start   // the process before, and the one that answers now
	Fell       bool    // counters fell
	Tolerance  int64   // by how much two readings of one start may differ
	Skew       int64   // by how much two clocks may differ
}

// Returned reports whether the process answered before another one did. Then the address reaches several.
func (s *Succession) Returned() bool {
	return s.To.Known() && s.To != s.From && slices.Contains(s.Seen, s.To)
}

// Another reports whether the process that answers did not replace the one before: it was there beside it. Then the
// scrape is a baseline of its own, nothing is known of what the other one counts meanwhile, and an increase of the
// address has no upper bound until the address is declared.
//
// Nothing restarts into the past, so an earlier start is another process. So is a later one from well before the previous
// scrape: the process was there when the other one still answered. (Starts 9000 s and then 5000 s before a scrape: 5000
// counted, of which none is growth.) If nothing fell and the start moved by no more than the skew, a clock was set.
//
// At an address that reaches several, a start that differs a little is not the same: processes are started together.
func (s *Succession) Another() bool {
	if !s.From.Known() || !s.From.Comparable(s.To) {
		return s.Alternates && s.From.Known() && s.To.Known()
	}
	switch moved := s.To.At - s.From.At; {
	case s.Alternates && moved != 0, moved < -s.Tolerance:
		return true
	case moved <= s.Tolerance:
		return false
	}
	return s.To.At <= s.Last-s.Skew && (s.Fell || s.To.At-s.From.At > s.Skew)
}

// Doubtful reports whether the process that answers now was there, by its own account, while its predecessor still
// answered: what looks like a restart may be another process, and is taken back if the predecessor returns.
func (s *Succession) Doubtful() bool { return s.To.At < s.Last }
