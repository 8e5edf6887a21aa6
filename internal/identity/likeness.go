package identity

// Likeness is how a scrape compares with what an instance exposed before. The caller walks both and adds what they share.
type Likeness struct {
	Common   int     // counters that were not 0 before and that both have
	Fell     int     // of them, those that are less now
	Moved    int     // of them, those that are more now
	Grown    float64 // Σ growth/value now of those that moved: the distance between the two
	Vanished int     // counters that were not 0 before and that are not there now

	Before int // lines before
	Shared int // of them, those that are there now
	Union  int // lines in either
}

const (
	// enoughCounters is how many non-zero counters two vectors must have in common before their order is evidence
	// (measured on recorded API servers: it attributed 79 of 79 scrapes).
	enoughCounters = 30

	// sameSeries is the overlap (Jaccard) from which on two sets of series are taken for one instance's, otherSeries that
	// below which they are taken for those of two: shards of one kube-state-metrics overlap by 0.25 at most, one shard with
	// itself by 0.96 or more.
	sameSeries, otherSeries = 0.9, 0.5

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

// overlap returns the Jaccard index of the two sets of series, 0 to 1.
func (l Likeness) overlap() float64 { return float64(l.Shared) / float64(max(1, l.Union)) }

// stays reports whether nearly all that was there is there still. A process adds series and seldom drops many.
func (l Likeness) stays() bool { return float64(l.Shared) >= stayingSeries*float64(l.Before) }

// dominates reports whether no counter is less than it was.
func (l Likeness) dominates() bool { return l.Fell == 0 }

// Crosses reports whether some counters are more and others less, so that neither vector is a later one of the other's
// process: also of two scrapes of which it is not known which was first.
func (l Likeness) Crosses() bool { return l.Fell > 0 && l.Moved > 0 }

// mostly reports whether what fell can be a few series that began anew while the rest went on.
func (l Likeness) mostly() bool { return l.Fell > 0 && 2*l.Fell < l.Common }

// Enough reports whether so many counters are in common that their order is evidence.
func (l Likeness) Enough() bool { return l.Common >= enoughCounters }

// sameSet reports whether the sets of series are one instance's.
func (l Likeness) sameSet() bool { return l.overlap() >= sameSeries }

// few reports whether of the counters that changed only a few fell: what an exporter calls a counter is at times a number
// that somebody set.
func (l Likeness) few() bool { return 10*l.Fell <= l.Fell+l.Moved }

// dominating reports whether dominance is evidence that the vector is a later one of the same process.
func (l Likeness) dominating() bool { return l.dominates() && l.Enough() }

// follows reports whether the vector can be a later one of the same process: nothing fell, and either enough counters are
// in common or the sets of series are one instance's.
func (l Likeness) follows() bool { return l.dominates() && (l.Enough() || l.sameSet()) }

// goesOn reports whether nothing fell and nothing of note vanished, which confirms what the start says.
func (l Likeness) goesOn() bool { return l.dominates() && l.stays() }

// confirms reports whether the vector confirms a start that is near and not equal: nothing fell, no counter vanished, and
// the sets of series are one instance's.
func (l Likeness) confirms() bool { return l.goesOn() && l.Vanished == 0 && l.sameSet() }
