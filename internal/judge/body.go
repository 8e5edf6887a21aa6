package judge

import "slices"

// Body gathers what the counters of two consecutive scrapes of one instance did together, and decides what happened to
// the process. Set the exported fields, Add every counter that both scrapes hold (a histogram once, by its count), then
// Decide. Where the start is known and unmoved and nothing fell, nothing needs to be added.
//
// Counters that are 0 before are no evidence. What is External falls and grows with something else than the process.
type Body struct {
	Rules            *Rules
	PrevTime, Time   int64 // of the two scrapes, Unix milliseconds
	PrevStart, Start int64 // of the process, Unix milliseconds; 0: none, or several in one body

	common, fell, grew, dipped int
	swift                      int       // at least doubled, and beyond twice the fastest pace
	ratios                     []float64 // c/p of those that fell
	dropped, above, beyond     int       // fell or dipped; of them, beyond what twice their pace makes in the new life; and what busyStart times does
	leapt                      int       // of those that fell: by what the fastest step so far explains
	marked, back               int       // fell deep before; of them, suddenly back where they were
}

// Reset empties b for another pair of scrapes and keeps its storage.
func (b *Body) Reset() { *b = Body{ratios: b.ratios[:0]} }

// Add takes in one counter: its state before, its point now, and its fastest pace so far.
func (b *Body) Add(f *Family, s *Series, c Point, pace Pace) {
	p := s.Last
	if !Countable(c.Value) || !(p.Value > 0) {
		return
	}
	ms := c.Time - p.Time
	f.add(p.Value, c.Value, b.jitter())
	f.witness = f.witness || pace.Witness(p.Value, ms)
	if f.Owner == OwnerExternal {
		return
	}
	b.common++
	switch {
	case p.Value-c.Value > b.jitter()*p.Value:
		b.fell++
		b.ratios = append(b.ratios, c.Value/p.Value)
		if pace.Known && explains(pace.Makes(ms), p.Value-c.Value) {
			b.leapt++
		}
	case c.Value < p.Value:
		b.dipped++
	case c.Value > p.Value:
		b.grew++
		if c.Value >= 2*p.Value && pace.Exceeded(c.Value-p.Value, ms) {
			b.swift++
		}
	}
	if c.Value < p.Value && !recreated(b.Rules, p, c, pace) {
		b.dropped++
		life := b.Time - b.Start
		if life <= 0 {
			life = b.Time - b.PrevTime
		}
		if b.outlived(p, c, pace, 2*life) {
			b.above++
		}
		if b.outlived(p, c, pace, busyStart*max(life, b.Time-b.PrevTime)) {
			b.beyond++
		}
	}
	if s.Other > p.Value {
		b.marked++
		if c.Value >= s.Other && pace.Exceeded(c.Value-p.Value, ms) {
			b.back++
		}
	}
}

// jitter is the part of its value by which a counter may fall without a reset.
func (b *Body) jitter() float64 {
	if b.PrevStart != 0 && b.Start != 0 {
		return jitter
	}
	return blindJitter
}

// outlived reports whether c is more than the fastest earlier pace makes in so many milliseconds. Where none is known,
// the mean pace of the old process is one that was reached.
func (b *Body) outlived(p, c Point, pace Pace, ms int64) bool {
	if age := p.Time - b.PrevStart; age > 0 && !pace.Known {
		pace = Pace{Least: p.Value / float64(age), Known: true}
	}
	return !pace.Known || c.Value > pace.Least*float64(ms)
}

// explains reports whether a series that fell by so much may have risen by it in one step, but for what it grew since.
func explains(leap, fell float64) bool { return leap >= 0.75*fell }

// recreated reports whether c's own start shows that the series began again after p. The start of an aggregate is the
// latest of many: it moves whenever one joins, and a count that cannot have been made since did not begin there.
func recreated(r *Rules, p, c Point, pace Pace) bool {
	if pace.Known && c.Value > 2*pace.Makes(c.Time-c.Start) {
		return false
	}
	return p.started() && c.created(r) && c.Start-p.Start > r.startTolerance() && c.Start > p.Time-r.clockSkew()
}

// deep reports whether the counters that fell are, by their median, at most half of what they were.
func (b *Body) deep() bool {
	if len(b.ratios) == 0 {
		return false
	}
	slices.Sort(b.ratios)
	return b.ratios[(len(b.ratios)-1)/2] <= 0.5
}

// manyWitnesses is how many counters have to grow, while none falls, to show that no restart hides.
const manyWitnesses = 30

// fewWitnesses is how many counters have to stand too high for a new process
// before the word that the process counts them is doubted. One alone may have
// had a busy start.
const fewWitnesses = 3

// busyStart is how many times faster than before the counters of a new process
// may grow for that word to stand, in the time between two scrapes at least. All
// count the same requests, perhaps, and a process that lived for some seconds
// has no pace to speak of.
const busyStart = 100

// Decision says what happened to the process, for all families of a body. Of says what that means for one of them.
type Decision struct {
	Restart Restart
	// Blind reports that at least half of the counters fell, but not deep, and no start time can be believed: every
	// series stands for itself, without an upper bound.
	Blind bool
	// Lags reports that the body is an older one: most of what moved fell a little, and no process began.
	Lags bool

	start      int64
	far        bool // moved by more than the skew of clocks
	deep, back bool
	grew       bool // most of what moved
	leapt      bool // the fastest steps explain most of the falls
	known      bool // both starts are known
	denied     bool // what is said of the owner may be wrong: counters look as if they were read back, or a clock as if it was set
	evident    bool // and that it is overruled
	witnessed  bool // no restart hides in any family
}

// Decide weighs the evidence.
func (b *Body) Decide() Decision {
	d := Decision{Restart: b.starts(), start: b.Start, deep: b.deep(), back: 2*b.back > b.marked && b.marked > 0}
	d.grew = b.grew > b.fell+b.dipped
	d.leapt = b.leapt > 0 && 2*b.leapt >= b.fell
	d.known = b.PrevStart != 0 && b.Start != 0
	d.far = b.Start-b.PrevStart > b.Rules.clockSkew()
	switch d.Restart {
	case RestartProven:
		d.denied = b.clockMayBeSet()
		if b.dropped > 0 && !d.deep && 2*b.above > b.dropped {
			d.Restart, d.denied, d.evident = RestartRestored, b.above >= fewWitnesses, b.beyond >= fewWitnesses
		}
	case RestartUnknown, RestartUnmoved:
		many := b.common > 1 && b.fell > 0 && 2*b.fell >= b.common
		switch {
		case many && d.deep:
			d.Restart = RestartGuessed
		case many:
			d.Restart, d.Blind = RestartUnknown, true
		case d.Restart == RestartUnknown && b.swift > 0 && 2*b.swift >= b.common:
			d.Restart = RestartCopies
		}
	}
	d.Lags = (d.Restart == RestartUnknown || d.Restart == RestartUnmoved) && !d.deep && b.fell+b.dipped > 0 && !d.grew
	d.witnessed = b.grew >= manyWitnesses && b.fell+b.dipped == 0
	return d
}

// Deep reports whether what fell in the body fell deep.
func (d *Decision) Deep() bool { return d.deep }

// Anew reports whether another process answers than before, so that its counters are no copies of the former's.
func (d *Decision) Anew() bool {
	return d.Restart == RestartProven || d.Restart == RestartRestored || d.Restart == RestartOther
}

// Fell reports whether a counter that went from p to c fell by more than jitter.
func (d *Decision) Fell(p, c float64) bool {
	if d.known {
		return p-c > jitter*p
	}
	return p-c > blindJitter*p
}

// clockMayBeSet reports whether the process may be the one before, in spite of its start: that is told to be before the
// previous scrape, and by no more than clocks differ from what was told then, and nothing fell.
func (b *Body) clockMayBeSet() bool {
	return b.fell+b.dipped == 0 && b.Start < b.PrevTime-b.Rules.startTolerance() && b.Start-b.PrevStart <= b.Rules.clockSkew()
}

// starts decides by the start times alone, and by whether anything fell.
func (b *Body) starts() Restart {
	if b.PrevStart == 0 || b.Start == 0 {
		return RestartUnknown
	}
	switch moved, tolerance := b.Start-b.PrevStart, b.Rules.startTolerance(); {
	case moved < -tolerance:
		return RestartOther
	case moved <= tolerance:
		return RestartUnmoved
	case b.Start > b.PrevTime-b.Rules.clockSkew():
		return RestartProven
	case b.fell > 0:
		return RestartOther
	}
	return RestartMoved
}
