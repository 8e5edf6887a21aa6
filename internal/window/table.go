package window

import (
	"slices"

	"github.com/promfold/promfold/internal/exact"
	"github.com/promfold/promfold/internal/growth"
	"github.com/promfold/promfold/internal/judge"
	"github.com/promfold/promfold/internal/layout"
)

// Table is what one view keeps of one instance: exact increases by column, now
// and at checkpoints, and what was out of the ordinary.
//
// Cols and the columns in it never change once a question may have read them:
// a [Draft] replaces the list.
type Table struct {
	columns
	Histograms bool // the columns have layouts and sums

	nothing Row // what it begins with; it is never written
	Live    Row
	snaps   []Row      // by the checkpoint's slot in the instance's History
	slots   int        // how many checkpoints it may keep; 0: none
	paces   paces      // the fastest growth of each column
	last    int64      // the scrape before the one that is being added
	gap     bool       // between them a process began, and the time before it is known
	Since   int        // the number of the first checkpoint that the table has
	Floor   int        // checkpoints before it say nothing any more
	Begun   Checkpoint // when the view began to look, if that is after the first scrape

	// Events are in order of time. Answers refer to them: once their scrape is
	// over they never change.
	Events []Event
	Past   map[Note]*Event // of events that no window reaches any more
	noted  map[Note]int    // events of the scrape that is being added
	shared bool            // a copy has Past, too
}

// NewTable returns an empty table that keeps so many checkpoints, the first of
// which will be number since.
func NewTable(histograms bool, slots, since int) *Table {
	return &Table{columns: columns{byKey: map[Key]int32{}}, Histograms: histograms, slots: slots, Since: since}
}

// Slots returns how many checkpoints the table may keep.
func (t *Table) Slots() int { return t.slots }

// Grow makes room for that many checkpoints in all, if the table keeps any.
func (t *Table) Grow(slots int) {
	if t.slots > 0 {
		t.slots = max(t.slots, slots)
	}
}

// Snap keeps the present as a checkpoint, if the table keeps any.
func (t *Table) Snap(p *Checkpoint) {
	if t.slots > 0 {
		t.put(p, &t.Live)
	}
}

func (t *Table) put(p *Checkpoint, r *Row) {
	for len(t.snaps) <= p.slot {
		t.snaps = append(t.snaps, Row{})
	}
	t.snaps[p.slot].Set(r)
}

// Begin starts the steps and events of a scrape, which follows another one; the
// first one of an instance follows itself. gap says that the instance keeps
// apart what time there was between two processes.
func (t *Table) Begin(at, last, window int64, gap bool) {
	clear(t.noted)
	t.last, t.gap = last, gap
	t.paces.begin(at, last, window, len(t.Cols))
}

// Add adds the growth of a series from p to c.
func (t *Table) Add(col int32, c, p float64) { t.Live.Counts.AddDiff(t.Cols[col].at, c, p) }

// Plain adds the plain growth of a series since the scrape before, from p to c.
func (t *Table) Plain(col int32, c, p float64) {
	t.Live.Counts.AddDiff(t.Cols[col].at, c, p)
	t.paces.grew(col, c-p)
}

// Grew says that a series, of which other growth is added than that since the
// scrape before, grew by so much in so many milliseconds.
func (t *Table) Grew(col int32, grown float64, ms int64) {
	if ms > 0 {
		t.paces.grewIn(col, grown, ms)
	}
}

// End ends the steps and events of a scrape.
func (t *Table) End() { t.paces.end() }

// Pace returns the fastest sure growth of a column in the longest window, per
// millisecond, or more.
func (t *Table) Pace(col int) float64 { return t.paces.of(col) }

// AddBucket adds growth to bucket i of a classic column.
func (t *Table) AddBucket(col int32, i int, c, p float64) {
	t.Live.Counts.AddDiff(t.Cols[col].at+i, c, p)
}

// AddSum adds growth to the sum of a histogram's column.
func (t *Table) AddSum(col int32, c, p float64) { t.Live.Sums.AddDiff(int(col), c, p) }

// AddNative adds what a native histogram grew by: increase in buckets, and the
// count from p to c. The column has a place for each populated bucket.
func (t *Table) AddNative(col int32, increase *layout.Native, c, p float64) {
	t.Cols[col].addNative(&t.Live, increase, c, p)
}

// addNative adds a native histogram to the column in a row.
func (x *Column) addNative(r *Row, n *layout.Native, c, p float64) {
	if x.Places != nil {
		x.Places.add(&r.Counts, x.at, n)
	} else {
		total, next := 0.0, 0
		for i := range x.Layout.Len() - 1 {
			if next < len(n.Positive) && int(n.Positive[next].Index) == i {
				total += n.Positive[next].Count
				next++
			}
			r.Counts.Add(x.at+i, total)
		}
	}
	r.Counts.AddDiff(x.Count(), c, p)
}

// Note adds a series to the event of this scrape that says what happened.
func (t *Table) Note(at int64, k Note, step *judge.Step) {
	i, ok := t.noted[k]
	if !ok {
		if t.noted == nil {
			t.noted = map[Note]int{}
		}
		i = len(t.Events)
		t.Events = append(t.Events, Event{Note: k, At: at})
		t.noted[k] = i
	}
	t.Events[i].add(step, t.last, t.gap)
}

// Prune moves the events that no window can reach any more into Past, which
// questions about everything still read, and reports whether it moved any.
func (t *Table) Prune(h *History) (pruned bool) {
	if !h.Full() {
		return false
	}
	oldest := h.Oldest()
	n := 0
	for n < len(t.Events) && t.Events[n].At <= oldest {
		n++
	}
	if n < 16 || n < len(t.Events)/2 {
		return false
	}
	for i := range t.Events[:n] {
		t.retire(&t.Events[i])
	}
	t.Events = slices.Clone(t.Events[n:])
	return true
}

func (t *Table) retire(e *Event) {
	if t.shared {
		past := make(map[Note]*Event, len(t.Past))
		for k, x := range t.Past {
			past[k] = x.Clone()
		}
		t.Past, t.shared = past, false
	}
	p := t.Past[e.Note]
	if p == nil {
		if t.Past == nil {
			t.Past = map[Note]*Event{}
		}
		p = &Event{Note: e.Note, At: e.At}
		t.Past[e.Note] = p
	}
	p.merge(e)
}

// EventsUntil returns how many events are not after a time.
func (t *Table) EventsUntil(at int64) int {
	n := len(t.Events)
	for n > 0 && t.Events[n-1].At > at {
		n--
	}
	return n
}

// AllEvents returns those of Past as well, as copies: no window reaches them
// any more, so they may still be added to.
func (t *Table) AllEvents() []Event {
	list := make([]Event, 0, len(t.Past)+len(t.Events))
	for _, e := range t.Past {
		list = append(list, *e.Clone())
	}
	return append(list, t.Events...)
}

// Sumless returns the columns of which a sum was missing.
func (t *Table) Sumless() map[int32]bool {
	if !t.Histograms {
		return nil
	}
	m := map[int32]bool{}
	for i := range t.Events {
		if e := &t.Events[i]; e.Quirk == growth.NoSum {
			m[e.Col] = true
		}
	}
	for k := range t.Past {
		if k.Quirk == growth.NoSum {
			m[k.Col] = true
		}
	}
	return m
}

// Bytes returns what the rows hold when all slots are filled; spare is how many
// rows the caller keeps besides.
func (t *Table) Bytes(spare int) int64 { return t.columns.bytes(t, spare) }

// Saved is the state of a table that an undone restart goes back to.
type Saved struct {
	Row    Row
	Events int
}

// Save returns the present state, for Back.
func (t *Table) Save() *Saved { return &Saved{t.Live.Clone(), len(t.Events)} }

// As returns the table as it was when the state was saved, to be read alone; t if
// s is nil.
func (t *Table) As(s *Saved) *Table {
	if s == nil {
		return t
	}
	c := *t
	c.Live = s.Row.Clone()
	c.fit()
	return &c
}

// Back takes back what was added since the state was saved, once [History.Back]
// took the checkpoints back. A nil state is that of a table that had not begun.
// Copies stay as they are.
func (t *Table) Back(s *Saved, h *History) {
	if s == nil {
		s = &Saved{}
	}
	t.snaps = slices.Clone(t.snaps)
	for slot := range t.snaps {
		if !h.uses(slot) {
			t.snaps[slot] = Row{}
		}
	}
	t.Live.Set(&s.Row)
	t.fit()
	t.Events = slices.Clip(t.Events[:min(s.Events, len(t.Events))])
}

// fit makes room for the columns that came.
func (t *Table) fit() {
	if t.Histograms {
		t.Live.Sums.Grow(len(t.Cols))
	}
	t.Live.Counts.Grow(t.counts)
	t.paces.fit(len(t.Cols))
}

// Grown adds to sum what a column's count grew by since a row; nil is the
// beginning.
func (t *Table) Grown(sum *exact.Sum, col int, since *Row) {
	var before *exact.Vector
	if since != nil {
		before = &since.Counts
	}
	t.Live.Counts.SumDiff(sum, t.Cols[col].Count(), before)
}

// Copy returns the table as it is, for questions alone. It shares the
// checkpoints, which may be overwritten later. Its row takes the room of another
// table's that is of no use any more, if there is one.
func (t *Table) Copy(room *Row) *Table {
	c := &Table{
		columns: t.columns, Histograms: t.Histograms, snaps: t.snaps, slots: t.slots, Since: t.Since, Floor: t.Floor, Begun: t.Begun,
		paces: t.paces.clone(), Events: t.Events, Past: t.Past,
	}
	t.shared = t.Past != nil
	if room != nil {
		c.Live = *room
	}
	c.Live.Set(&t.Live)
	return c
}
