package life

import (
	"slices"

	"github.com/promfold/promfold/internal/rate"
	"github.com/promfold/promfold/internal/saved"
	"github.com/promfold/promfold/internal/window"
)

// Life is what is known of the processes of one instance. The zero value has met
// none.
type Life struct {
	Clocks
	Incarnation int            // how many processes were met
	Restarts    []Change       // since the oldest checkpoint
	Gaps        []rate.Gap     // between processes, since then
	History     window.History // of the scrapes before the latest one
}

// Present returns the checkpoint of the scrape accepted last.
func (l *Life) Present() window.Checkpoint {
	return window.Checkpoint{At: l.Last, Span: l.History.Span, Wall: l.History.Wall, Scrapes: l.Version}
}

// Meet notes that the scrape, which is not accepted yet, is the first one of a
// process. The restart, and the time before it that no scrape saw, are remembered
// for as long as a window can reach them.
func (l *Life) Meet(s *Scrape) {
	if l.Incarnation++; l.Incarnation == 1 {
		return
	}
	if h := &l.History; h.Full() {
		oldest := h.Oldest()
		l.Restarts = slices.DeleteFunc(slices.Clone(l.Restarts), func(c Change) bool { return c.At <= oldest }) // answers keep the old ones
		l.Gaps = rate.Before(l.Gaps, oldest)
	}
	l.Restarts = append(l.Restarts, Change{s.At, s.Restart})
	if gap := s.Gap(l.Last); gap.From < gap.To {
		l.Gaps = append(l.Gaps, gap)
	}
}

// Date notes when the first process began, as the scrape says; skew is that of two
// clocks. If it was after since, what the process counted is all in its steps, if
// its first scrape said so. A start that is told only later, and is later than that
// scrape, is no evidence of anything.
func (l *Life) Date(s *Scrape, skew, since int64) {
	start := s.Start
	start.At = s.Clock.Date(start.At)
	began, ok := start.Began(s.At, skew)
	if !ok || l.Incarnation != 1 || l.Last != 0 && began > l.First {
		return
	}
	if l.Began = began; began > since && l.Last == 0 {
		l.Birth = began
	}
}

// Uncertain reports whether the first process may have begun later than since,
// though its start does not say so, or is later than its first scrape.
func (l *Life) Uncertain(since int64) bool {
	return l.Began != 0 && (l.Birth == 0 || l.Birth == l.First) && l.Began+l.Off > since
}

// Accept moves the clocks to the scrape.
func (l *Life) Accept(s *Scrape) {
	from, h := l.Last, &l.History
	switch {
	case l.Last == 0:
		if from = l.Birth; from == 0 {
			from = s.At
		}
		h.Wall += s.At - from
	case s.Restart == Another:
		from = s.At
	default:
		h.Wall += s.At - from
		if s.Restart == Proven {
			from = s.begin(from)
		}
	}
	h.Span += s.At - from
	l.accept(s.At)
	l.Lag = max(l.Lag, s.Lag)
	l.Start, l.StartPos, l.Lead = s.Start, s.StartPos, s.Lead
	if s.Start.Known() {
		l.Off, l.Late = max(l.Off, s.Clock.Off), max(l.Late, s.Clock.Late)
	}
}

// Restarted reports whether a process was met in the window (s, e].
func (l *Life) Restarted(s, e int64) bool {
	return slices.ContainsFunc(l.Restarts, func(c Change) bool { return c.At > s && c.At <= e })
}

// Lives returns when the processes lived, as far as known. live says that one
// does, end what is known of its end.
func (l *Life) Lives(live bool, end rate.End) rate.Lives {
	return rate.Lives{
		Began: l.Began, Counted: l.Birth != 0 && l.Birth < l.First, Off: l.Off, Late: l.Late, Lag: l.Lag, First: l.First, Last: l.Last, Interval: l.Spacings.Interval(), Live: live, Gaps: l.Gaps, End: end,
	}
}

// CodeChanges writes the restarts and the gaps down, or reads them back.
func (l *Life) CodeChanges(c *saved.Codec) {
	saved.List(c, &l.Restarts, 2, func(x *Change) {
		c.Int64(&x.At)
		saved.Small(c, &x.How, Another)
	})
	saved.List(c, &l.Gaps, 4, func(g *rate.Gap) { // here, because counter stands on rate and the standard library alone
		c.Int64(&g.From)
		c.Int64(&g.To)
		c.Int64(&g.Met)
		c.Bool(&g.Lived)
	})
}
