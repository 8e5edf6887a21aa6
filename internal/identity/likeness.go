package identity

// Likeness is how a scrape compares with what an instance exposed before. The caller walks both and adds what they share.
type Likeness struct {
	Common int     // counters that were not 0 before and that both have
	Fell   int     // of them, those that are less now
	Moved  int     // of them, those that are more now
	Grown  float64 // Σ growth/value now of those that moved: the distance between the two

	Before int // lines before
	Shared int // of them, those that are there now
	Union  int // lines in either
}

const (
	// enoughCounters is how many non-zero counters two vectors must have in common before their order is evidence
	// (measured on recorded API servers: it attributed 79 of 79 scrapes).
	enoughCounters = 30

	// sameSeries is the overlap (Jaccard) from which on two sets of series are taken for one instance's: shards of one
	// kube-state-metrics overlap by 0.25 at most, one shard with itself by 0.96 or more.
	sameSeries = 0.9

	// stayingSeries is the part of its series that a process keeps at least from one sighting to the next: of two
	// recorded node exporters one lacks 11 % of the other's, the same process never lost one.
	stayingSeries = 0.95
)

// Counter adds a counter that both have; a sum is none, since observations may be negative.
func (l *Likeness) Counter(before, now float64) {
	if !(before > 0) {
		return
	}
	l.Common++
	switch {
	case now < before:
		l.Fell++
	case now > before:
		l.Moved++
		l.Grown += (now - before) / now
	}
}

// Lines sets how many lines there were, are, and stand in both.
func (l *Likeness) Lines(before, now, shared int) {
	l.Before, l.Shared, l.Union = before, shared, before+now-shared
}

// Overlap returns the Jaccard index of the two sets of series, 0 to 1.
func (l Likeness) Overlap() float64 { return float64(l.Shared) / float64(max(1, l.Union)) }

// Stays reports whether nearly all that was there is there still. A process adds series and seldom drops many.
func (l Likeness) Stays() bool { return float64(l.Shared) >= stayingSeries*float64(l.Before) }

// Dominates reports whether no counter is less than it was.
func (l Likeness) Dominates() bool { return l.Fell == 0 }

// Mostly reports whether what fell can be a few series that began anew while the rest went on.
func (l Likeness) Mostly() bool { return l.Fell > 0 && 2*l.Fell < l.Common }

// Enough reports whether so many counters are in common that their order is evidence.
func (l Likeness) Enough() bool { return l.Common >= enoughCounters }

// alike reports whether the sets of series are one instance's and the counters do not speak against it. A few may fall:
// what an exporter calls a counter is at times a number that somebody set.
func (l Likeness) alike() bool { return l.Overlap() >= sameSeries && 10*l.Fell <= l.Common }
