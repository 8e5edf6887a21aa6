package tally

import (
	"math"
	"slices"
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/promfold/promfold/counter"
	"github.com/promfold/promfold/internal/exact"
	"github.com/promfold/promfold/internal/explain"
	"github.com/promfold/promfold/internal/growth"
	"github.com/promfold/promfold/internal/judge"
	"github.com/promfold/promfold/internal/rate"
	"github.com/promfold/promfold/internal/roster"
	"github.com/promfold/promfold/internal/window"
)

// Share is the part of one instance in the window of a question. Times are Unix milliseconds.
type Share struct {
	Key      int           // of the caller
	Table    *window.Table // its rows are read while the tally is made
	Edge     window.Edge   // at which its growth begins
	Process  Observed
	Lasting  Observed // the same for counters that outlive processes
	Standing roster.Standing
	Older    bool  // no step in the window: its edge is that of the latest step
	Double   int32 // shares with the same number may be of one process; 0: it is not suspected
	Unsure   bool  // it may be alive or not: another one behind its balancer, that was not met since either, has the place
	Ends     bool  // something is known of the end of its process, now or later
	Steps    int   // in the window

	// What [Tally.Holds] does not compare:
	Facts
	Begin  int64               // its growth is counted from then
	Events []window.Event      // in the window
	Held   []window.Checkpoint // of which the table may keep rows
	Reads  []int64             // by column: which scrape read it last, 0: it vanished; nil: the latest all

	terms     []term // nil: its target's labels never changed
	selection *growth.Selection
}

// Facts are what is known of an instance whatever the window.
type Facts struct {
	Name     string
	Target   labels.Labels
	Source   explain.Source
	Restarts []explain.Restart
	Last     int64 // its latest scrape
	Interval int64 // between its scrapes, in ms
	Born     bool  // when its first process started is known
	Early    bool  // what was counted before its first scrape is no part of the answer
	Young    bool  // but its process may have begun since, as its start may be wrong
	Exposes  bool  // it has shown the metric
	Broken   bool  // some of its histograms cannot be one
	Another  bool  // another process answers at its address
	Pooled   bool  // it is behind a balancer, which decides when it is met
}

// Observed is for how long an instance was observed in the window.
type Observed struct {
	rate.Watched // its width, tail and standing are those of the tally
	mean         rate.Weights
}

// Begins fills in the spans and the number of steps that follow from the edge, which is there. present is the instance's
// latest scrape.
func (sh *Share) Begins(present *window.Checkpoint) {
	most, least := &sh.Edge.Most, &sh.Edge.Least
	sh.Process.Span = present.Span - sh.Edge.Between(most.Span, least.Span)
	sh.Lasting.Span = present.Wall - sh.Edge.Between(most.Wall, least.Wall)
	sh.Steps = present.Scrapes - most.Scrapes
	if len(sh.Table.Terms) > 0 {
		sh.terms = sh.termsUntil(present)
	}
}

// Lives fills in the times of the window (s, e]. What came before it belongs to other groups.
func (sh *Share) Lives(l *rate.Lives, s, e int64) {
	sh.Ends = l.Ends
	begun := max(s, sh.Table.Begun.At)
	if sh.Process.Times = l.In(begun, e); len(l.Gaps) == 0 && l.Began == 0 {
		sh.Lasting.Times = sh.Process.Times
	} else {
		sh.Lasting.Times = l.Steady(begun, e)
	}
	for _, x := range []*rate.Times{&sh.Process.Times, &sh.Lasting.Times} {
		x.Dead += begun - s
		if sh.Older {
			x.Unseen, x.Open = e-s-x.Dead, false
		}
	}
	for i := range sh.terms {
		sh.terms[i].live(l, begun, e, sh.Older)
	}
}

// steady returns before which start of a window, of the same length as this one, the share stays as it is if the window
// moves on and nothing else happens; 0 if it does not. The instance was alive all the time, and nothing shows that it
// ended.
func (sh *Share) steady(window int64) int64 {
	alive := rate.Times{Life: window, Open: true}
	if !sh.Standing.Counts() || sh.terms != nil || sh.Older || sh.Ends || sh.Edge.Part > 0 || sh.Edge.Inside.At <= sh.Edge.Most.At || sh.Process.Times != alive || sh.Lasting.Times != alive {
		return 0
	}
	return sh.Edge.Inside.At
}

// watched fills in what rates have to know, in a window of so many ms until a time. What is past has no rate.
func (sh *Share) watched(window, until int64) {
	for _, x := range []*Observed{&sh.Process, &sh.Lasting} {
		x.Width, x.Tail = window, until-sh.Last
		x.Live, x.Slow, x.Lost = sh.Standing.Possible(), sh.Standing == roster.Likely, sh.Standing == roster.Doubtful
		if sh.Unsure {
			x.Live, x.Slow, x.Lost = true, true, !sh.Standing.Counts()
		}
		w := x.Watched
		if sh.past() {
			w.Span, w.Life = 0, 0
		}
		x.mean = w.Weights()
	}
}

// observed returns for how long the instance was observed in a group.
func (sh *Share) observed(g *Group) *Observed {
	if sh.terms != nil {
		return sh.apart(g)
	}
	if g.Outlives {
		return &sh.Lasting
	}
	return &sh.Process
}

// past reports whether the instance turned stale in the window and was not read in it: it is no member, but it may have
// counted.
func (sh *Share) past() bool { return sh.Older && !sh.Standing.Possible() }

// covers returns the time that the steps of the instance span.
func (sh *Share) covers(g *Group) time.Duration {
	return ms(sh.observed(g).Span)
}

// begun reports whether the window reaches back to the instance's first reading.
func (sh *Share) begun() bool { return sh.Edge.Most.Number < 0 || sh.Edge.Most.Scrapes == 1 }

// since returns after which scrape a reading ends a step of the window.
func (sh *Share) since() int64 {
	if sh.Born {
		return sh.Edge.Most.At
	}
	return max(sh.Edge.Most.At, sh.Source.First)
}

// read reports whether a column was read after since, so that there is a step.
func (sh *Share) read(col int32, since int64) bool {
	if at := sh.Reads[col]; at > 0 {
		return at > since
	}
	for i := range sh.Events { // it may have been read before it vanished
		if e := &sh.Events[i]; e.Col == col && e.Verdict == judge.Gap && e.Doubt&judge.Gapped != 0 && e.At-sh.Interval > since {
			return true
		}
	}
	return false
}

// part is what one instance has in one group, in the window.
type part struct {
	grown       float64 // rounded
	least, most float64 // the same, of plain growth, where the window begins between two checkpoints
	inside      float64 // growth of steps that began in the window, if all is plain
	older       float64 // of grown, what was counted before the time that its instance was observed
	pace        float64 // the fastest sure growth per ms
	odd         int32   // its first event, plus 1; 0: all is plain growth
	eventful    bool    // some event says more than that something was counted before the first reading
	plain       bool    // integers, no event, and not since the first reading: what is above is what [Tally.paced] returns
	loose       bool    // an event sets its bounds apart
	open        bool    // it has no upper bound: another process answers at the address
	spare       bool    // it may be another part of its group once more: in no lower bound of a sum
	unread      bool    // nothing was read of its series in the window: it has no increase, not one of 0
}

// happening is an event in the window.
type happening struct {
	*window.Event
	next    int32 // of the part, plus 1
	opening bool  // what was counted before it is no part of the answer
	edge    bool  // it may have been before the window
}

// ours reports whether what the event leaves open is a part of the answer: what was counted before the opening is not.
func (e *happening) ours() bool { return !e.opening || e.Verdict != judge.First }

// widens reports whether the event sets the bounds apart.
func (e *happening) widens() bool {
	return e.ours() && (e.Open != 0 || some(&e.Below) || some(&e.Above) || some(&e.Back))
}

func some(x *exact.Sum) bool { return !x.Untouched() && x.Sign() != 0 }

// bound adds to the bounds of an answer what an event leaves open. What may have been before the window is not in the
// lower bound anyhow.
func (e *happening) bound(x *window.Bounds, start int64) {
	switch {
	case !e.ours():
	case e.edge:
		x.AddAbove(e.Event)
	default:
		x.Add(e.Event, start)
	}
}

// ended reports whether a process of the instance is proven to have ended before the scrape at a time.
func (sh *Share) ended(at int64) bool {
	return slices.ContainsFunc(sh.Restarts, func(r explain.Restart) bool { return r.At == at && !r.Guessed })
}

// told returns a happening of an instance as an event.
func (e *happening) told(sh *Share) explain.Event {
	x := explain.EventOf(e.Event, sh.Name, e.ours())
	if e.Verdict == judge.Reset && slices.ContainsFunc(sh.Restarts, func(r explain.Restart) bool { return r.At == e.At && r.Guessed }) {
		x.Doubt |= counter.Guessed
	}
	return x
}

// grownRow is what a row grew by.
type grownRow struct {
	counts, sums []float64
	whole        []int64 // in place of the counts
}

// count returns one of the counts.
func (r *grownRow) count(at int) float64 {
	if r.whole != nil {
		return float64(r.whole[at])
	}
	return r.counts[at]
}

// rows returns what the instance's row grew by in the window: one, or if the window begins between two checkpoints, or
// the client was seen to be torn, its value, the least and the most.
func (sh *Share) rows() []grownRow {
	most := sh.grown(&sh.Table.Live, sh.Edge.Most.Row())
	value, least := most, most
	if sh.Edge.Part > 0 {
		least = sh.grown(&sh.Table.Live, sh.Edge.Least.Row())
		value = grownRow{counts: between(least.counts, most.counts, sh.Edge.Part), sums: between(least.sums, most.sums, sh.Edge.Part)}
	}
	if !sh.Table.Torn() {
		if sh.Edge.Part == 0 {
			return []grownRow{value}
		}
		return []grownRow{value, least, most}
	}
	// The buckets of a torn reading are of different moments, but between those of the readings beside it. Most such
	// readings are not impossible, so any may be one.
	live, _ := sh.Table.Around(math.MaxInt, sh.Held)
	before, _ := sh.Table.Around(sh.Edge.Most.Number, sh.Held)
	_, after := sh.Table.Around(sh.Edge.Least.Number, sh.Held)
	return []grownRow{value, sh.grown(live, after), sh.grown(&sh.Table.Live, before)}
}

// grown returns what the instance's row grew by from a base to an end, which may be older than a column.
func (sh *Share) grown(end, base *window.Row) grownRow {
	n, cols := sh.Table.Counts(), len(sh.Table.Cols)
	row := make([]float64, n+cols)
	end.Counts.AppendDiff(row[:0:n], 0, min(n, end.Counts.Len()), &base.Counts)
	end.Sums.AppendDiff(row[n:n], 0, min(cols, end.Sums.Len()), &base.Sums)
	return grownRow{counts: row[:n:n], sums: row[n:]}
}

// between returns what lies in the given part of the way from most to least.
func between(least, most []float64, part float64) (list []float64) {
	for i := range most {
		list = append(list, most[i]-part*(most[i]-least[i]))
	}
	return list
}
