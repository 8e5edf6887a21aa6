package window

import (
	"slices"
	"unsafe"

	"github.com/promfold/promfold/internal/growth"
	"github.com/promfold/promfold/internal/judge"
)

// log holds what was out of the ordinary in the columns of a table, by scrape.
type log struct {
	// Events are in order of time. Answers refer to them: once their scrape is
	// over they never change.
	Events []Event
	Past   map[Note]*Event // of events that no window reaches any more
	noted  map[Note]int    // events of the scrape that is being added
	last   int64           // the scrape before the one that is being added
	gap    bool            // between them a process began, and the time before it is known
	late   int64           // by how much starts may have been later
	shared bool            // a copy has Past, too
	torn   bool            // a histogram was read while it was written, in a scrape that may be remembered
}

// begin starts the events of a scrape, see Table.Begin.
func (l *log) begin(last int64, gap bool, late int64) {
	if l.last, l.gap, l.late = last, gap, late; len(l.noted) > 16 {
		l.noted = nil // the room for the beginning of a process is not needed again soon
	}
	clear(l.noted)
}

// copy returns the log as it is, for questions alone.
func (l *log) copy() log {
	l.shared = l.Past != nil
	return log{Events: l.Events, Past: l.Past, torn: l.torn}
}

// back forgets all but the first n events. Copies keep them.
func (l *log) back(n int) { l.Events = slices.Clip(l.Events[:min(n, len(l.Events))]) }

// Note adds a series to the event of this scrape that says what happened.
func (l *log) Note(at int64, k Note, step *judge.Step) {
	i, ok := l.noted[k]
	if !ok {
		if l.noted == nil {
			l.noted = map[Note]int{}
		}
		i, l.torn = len(l.Events), l.torn || k.Quirk == growth.Torn
		l.Events = append(spacious(l.Events), Event{Note: k, At: at})
		l.noted[k] = i
	}
	l.Events[i].add(step, l)
}

// Prune moves the events that no window can reach any more into Past, which
// questions about everything still read, and reports whether it moved any.
func (l *log) Prune(h *History) (pruned bool) {
	if !h.Full() {
		return false
	}
	oldest := h.Oldest()
	n := 0
	for n < len(l.Events) && l.Events[n].At <= oldest {
		n++
	}
	if n < 16 || n < len(l.Events)/2 {
		return false
	}
	for i := range l.Events[:n] {
		l.retire(&l.Events[i])
	}
	l.Events = slices.Clone(l.Events[n:])
	return true
}

// EventBytes is what an event takes.
const EventBytes = int64(unsafe.Sizeof(Event{}))

// extra returns what is held of events, but for one of each of so many
// columns, which counts with the column.
func (l *log) extra(cols int) int64 {
	n := cap(l.Events) + 2*len(l.Past) // each of these with its place
	return EventBytes * int64(max(0, n-cols))
}

// forget moves all events into Past.
func (l *log) forget() {
	for i := range l.Events {
		l.retire(&l.Events[i])
	}
	l.Events = nil
}

// retire adds an event to Past.
func (l *log) retire(e *Event) {
	if l.shared {
		past := make(map[Note]*Event, len(l.Past))
		for k, x := range l.Past {
			past[k] = x.Clone()
		}
		l.Past, l.shared = past, false
	}
	p := l.Past[e.Note]
	if p == nil {
		if l.Past == nil {
			l.Past = map[Note]*Event{}
		}
		p = &Event{Note: e.Note, At: e.At}
		l.Past[e.Note] = p
	}
	p.merge(e)
}

// EventsUntil returns how many events are not after a time.
func (l *log) EventsUntil(at int64) int {
	n := len(l.Events)
	for n > 0 && l.Events[n-1].At > at {
		n--
	}
	return n
}

// Torn reports whether a histogram was read while the client was writing it, in any scrape that is remembered.
func (l *log) Torn() bool {
	return l.torn && slices.ContainsFunc(l.Events, func(e Event) bool { return e.Quirk == growth.Torn })
}

// AllEvents returns those of Past as well, as copies: no window reaches them
// any more, so they may still be added to.
func (l *log) AllEvents() []Event {
	list := make([]Event, 0, len(l.Past)+len(l.Events))
	for _, e := range l.Past {
		list = append(list, *e.Clone())
	}
	return append(list, l.Events...)
}

// sumless returns the columns of which a sum was missing.
func (l *log) sumless() map[int32]bool {
	m := map[int32]bool{}
	for i := range l.Events {
		if e := &l.Events[i]; e.Quirk == growth.NoSum {
			m[e.Col] = true
		}
	}
	for k := range l.Past {
		if k.Quirk == growth.NoSum {
			m[k.Col] = true
		}
	}
	return m
}

// move gives the events the new numbers of their columns, −1 for those that are
// gone.
func (l *log) move(moved []int32) {
	var kept []Event
	for _, e := range l.Events {
		if e.Col = moved[e.Col]; e.Col >= 0 {
			kept = append(kept, e)
		}
	}
	l.Events = kept
	past := l.Past
	l.Past = nil
	for _, e := range past {
		x := *e // a copy may have it, too
		if x.Col = moved[e.Col]; x.Col >= 0 {
			l.retire(&x)
		}
	}
}
