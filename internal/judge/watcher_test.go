package judge

import (
	"maps"
	"math"
	"slices"

	"github.com/promfold/promfold/internal/exact"
)

// watcher follows one instance as a fleet does: it holds the states, and the rules decide. Lines are named family/series.
type watcher struct {
	rules  Rules
	owners map[string]Owner // by family, where they are said
	since  int64
	coarse bool // the fastest pace is kept by family, in a byte

	lines    map[string]*watched
	habits   map[string]Habits
	paces    map[string]Coarse // by family
	time     int64             // of the last scrape; 0: none
	start    int64
	interval int64
	vanished [2]bool // a fifth of the lines vanished in the last scrape, and in the one before
}

type watched struct {
	series  Series
	pace    Pace
	present bool
	steps   []Step
}

func familyOf(line string) string {
	for i, r := range line {
		if r == '/' {
			return line[:i]
		}
	}
	return line
}

// scrape takes in one body.
func (w *watcher) scrape(at, start int64, body map[string]Point) Decision {
	if w.lines == nil {
		w.lines, w.habits, w.paces = map[string]*watched{}, map[string]Habits{}, map[string]Coarse{}
	}
	if w.start != 0 && start != 0 && start < w.start-w.rules.startTolerance() {
		return Decision{Restart: RestartOther} // another instance, which a fleet follows apart
	}
	if w.time != 0 {
		w.interval = at - w.time
	}
	b := Body{Rules: &w.rules, PrevTime: w.time, Time: at, PrevStart: w.start, Start: start}
	families := map[string]*Family{}
	family := func(line string) *Family {
		name := familyOf(line)
		if families[name] == nil {
			families[name] = &Family{Owner: w.owners[name], Habits: w.habits[name]}
		}
		return families[name]
	}
	for _, name := range slices.Sorted(maps.Keys(body)) {
		if l := w.lines[name]; l != nil && l.present {
			b.Add(family(name), &l.series, body[name], w.pace(name))
		}
	}
	d := b.Decide()
	gone := w.vanish(at, body, &d, family)
	for _, name := range slices.Sorted(maps.Keys(body)) {
		w.next(name, at, start, body[name], &d, family(name))
	}
	for name, f := range families {
		w.habits[name] = f.Habits.After(&d, f)
	}
	w.vanished = [2]bool{gone, w.vanished[0]}
	w.time, w.start = at, start
	return d
}

// pace returns what is known of the fastest pace of a line.
func (w *watcher) pace(line string) Pace {
	if w.coarse {
		return w.paces[familyOf(line)].OfFamily()
	}
	return w.lines[line].pace
}

// vanish says to every line that body lacks that it is gone, and reports whether a fifth of them is.
func (w *watcher) vanish(at int64, body map[string]Point, d *Decision, family func(string) *Family) bool {
	n, gone := 0, 0
	for name, l := range w.lines {
		if !l.present {
			if e := d.Of(family(name)); e.Restarted() && l.series.Cause == CauseGone {
				var s Step
				l.series, s = l.series.Vanish(at, &e)
				l.steps = append(l.steps, s)
			}
			continue
		}
		n++
		if _, ok := body[name]; ok {
			continue
		}
		gone++
		e := d.Of(family(name))
		e.Pace, e.Interval = w.pace(name), w.interval
		var s Step
		l.series, s = l.series.Vanish(at, &e)
		l.present = false
		l.steps = append(l.steps, s)
	}
	return gone > 0 && 5*gone >= n
}

func (w *watcher) next(name string, at, start int64, c Point, d *Decision, f *Family) {
	rules := w.rules
	rules.Owner = f.Owner
	l := w.lines[name]
	known := l != nil
	if !known {
		l = new(watched)
		w.lines[name] = l
	}
	e := d.Of(f)
	e.Pace, e.Interval = w.pace(name), w.interval
	var s Step
	if l.present {
		l.series, s = l.series.Next(&rules, c, &e)
	} else {
		a := Arrival{Since: w.since, Start: start, Interval: w.interval, FirstRound: w.time == 0, Unmoved: d.Restart == RestartUnmoved,
			Restarted: d.Restart == RestartProven || d.Restart == RestartRestored || d.Restart == RestartGuessed, Vanishing: w.vanished[0] || w.vanished[1], Evidence: &e}
		if d.Restart == RestartUnmoved || d.Restart == RestartUnknown || d.Restart == RestartCopies {
			a.Previous = w.time
		}
		if before := l.series; known && before.Cause != CauseNone {
			a.Before = &before
		}
		l.series, s = Begin(&rules, c, &a)
	}
	if s.Verdict != Gap || s.Hi != 0 {
		l.steps = append(l.steps, s)
	}
	l.pace = l.pace.After(s)
	if family := familyOf(name); w.coarse {
		w.paces[family] = w.paces[family].After(s)
	}
	if s.Doubt&HandedOver != 0 {
		f.Habits = f.Habits.Outlived()
	}
	l.present = l.present || s.Verdict != Gap
}

// bounds returns the sum of the steps of a line that end in (from, to], and since when it is covered; false if none of
// them observed time.
func (w *watcher) bounds(line string, from, to int64) (value, lo, hi float64, since int64, ok bool) {
	return sumUp(w.lines[line].steps, from, to)
}

func sumUp(steps []Step, from, to int64) (value, lo, hi float64, since int64, ok bool) {
	var v, l, h exact.Sum
	since = math.MaxInt64
	for _, s := range steps {
		if s.To <= from || s.To > to {
			continue
		}
		v.AddDiff(s.Add, s.Sub)
		l.Add(s.Lo)
		h.Add(s.Hi)
		if s.To > s.From {
			ok = true
		}
		since = min(since, s.From, s.Reach)
	}
	return v.Float64(), min(l.Float64(), v.Float64()), h.Float64(), since, ok
}
