package aggregate

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"

	"github.com/promfold/promfold/internal/growth"
	"github.com/promfold/promfold/internal/lines"
)

// A program may answer before it knows everything: kube-state-metrics serves
// what it has while it lists its objects anew. The process goes on, so nothing
// else shows it.

// A family is partial when a scrape has fewer than half of the lines of the
// scrape before, of the same process. Families of a few lines are never
// partial.
const fewLines = 10

func lostMost(before, lines int) bool { return before >= fewLines && 2*lines < before }

// shrunk is kept for a partial family until half of its lines are back or its
// process ends, and then until no window reaches it.
type shrunk struct {
	family        *lines.Family
	at, until     int64 // the scrapes that found it partial and whole again (0: not yet)
	before, lines int
}

// noteShrunk finds families that lost most of their lines, or have them back,
// in a scrape that is accepted but not committed yet.
func (s *staged) noteShrunk() {
	in := s.in
	if !s.alone || !s.r.Structural() && s.restart == noRestart {
		return
	}
	if s.baseline || s.restart != noRestart {
		in.recover(s.at, func(*shrunk) bool { return true })
		return
	}
	lost := s.lost()
	if len(lost)+len(in.shrunk) == 0 {
		return
	}
	before, now := s.countFamilies(&in.cols), s.countFamilies(&s.body)
	in.recover(s.at, func(x *shrunk) bool { return !lostMost(x.before, now[x.family.Name]) })
	for _, name := range slices.Sorted(maps.Keys(lost)) {
		if b, n := before[name], now[name]; lostMost(b, n) {
			in.shrink(shrunk{family: lost[name], at: s.at, before: b, lines: n})
			s.report.Partial = append(s.report.Partial, name)
			s.report.Warnings = append(s.report.Warnings, fmt.Sprintf("only %d of %d lines of %s are left, of the same process: it may be partial", n, b, name))
		}
	}
}

// lost returns the families of the lines that vanished, if enough did.
func (s *staged) lost() map[string]*lines.Family {
	gone := s.r.Gone()
	if 2*len(gone) <= fewLines {
		return nil
	}
	lost := map[string]*lines.Family{}
	for _, old := range gone {
		f := s.f.store.Line(s.in.cols.ID(int(old))).Family
		lost[f.Name] = f
	}
	return lost
}

func (s *staged) countFamilies(in interface {
	Len() int
	ID(pos int) lines.ID
}) map[string]int {
	lines := map[string]int{}
	for pos := range in.Len() {
		lines[s.f.store.Line(in.ID(pos)).Family.Name]++
	}
	return lines
}

// shrink remembers a partial family. If it was partial earlier, that time is in
// no window in which this one is not.
func (in *instance) shrink(x shrunk) {
	for i := range in.shrunk {
		if o := &in.shrunk[i]; o.family.Name == x.family.Name {
			if o.until == 0 {
				x.before = o.before // it still lacks those
			}
			*o = x
			return
		}
	}
	in.shrunk = append(in.shrunk, x)
}

// recover ends the families that have their lines back, and drops those that no
// window reaches.
func (in *instance) recover(at int64, whole func(*shrunk) bool) {
	for i := range in.shrunk {
		if x := &in.shrunk[i]; x.until == 0 && whole(x) {
			x.until = at
		}
	}
	if h := &in.history; h.N > 0 {
		oldest := h.At(h.Oldest()).At
		in.shrunk = slices.DeleteFunc(in.shrunk, func(x shrunk) bool { return x.until != 0 && x.until <= oldest })
	}
}

// partial reports whether the family was partial in the window; for gauges,
// whether it is now. A family that stays small for long is no longer partial.
func (q *question) partial(x *shrunk) bool {
	switch {
	case !q.v.selection.About(x.family):
		return false
	case x.until == 0:
		return q.e-x.at <= learnt.Milliseconds()
	}
	return q.v.kind != growth.Gauge && x.until > q.s
}

// partialNow reports whether the instance answers the family of the view only
// in part. Views of many families do not ask: some family always is partial,
// which says nothing of the others.
func (q *question) partialNow(in *instance) bool {
	return !q.v.every() && (in.broken(q.v) > 0 || in.bindings[q.v.index].malformed(in.last) ||
		slices.ContainsFunc(in.shrunk, func(x shrunk) bool { return x.until == 0 && q.partial(&x) }))
}

// malformed reports whether a scrape had a histogram that could not be one.
func (b *binding) malformed(at int64) bool {
	for i := len(b.Events) - 1; i >= 0 && b.Events[i].At == at; i-- {
		if b.Events[i].Quirk == growth.Malformed {
			return true
		}
	}
	return false
}

// partials returns the families of which members may miss lines in the window.
type partials []partial

type partial struct {
	family *lines.Family
	text   string
}

func (q *question) partials() (list partials) {
	for i := range q.states {
		in := q.states[i].in
		for i := range in.shrunk {
			if x := &in.shrunk[i]; q.partial(x) {
				list = append(list, partial{x.family, x.of(in)})
			}
		}
	}
	return list
}

// of tells it of an instance.
func (x *shrunk) of(in *instance) string {
	if x.until != 0 {
		return fmt.Sprintf("%s: %s was partial from %s to %s", in.name, x.family.Name, clock(time.UnixMilli(x.at)), clock(time.UnixMilli(x.until)))
	}
	return fmt.Sprintf("%s: only %d of %d lines of %s since %s, of the same process: it may be partial",
		in.name, x.lines, x.before, x.family.Name, clock(time.UnixMilli(x.at)))
}

// words returns the remarks for a group; in a view of every family, those for
// its metric.
func (list partials) words(v *view, group labels.Labels) (words []string) {
	for i := range list {
		if x := &list[i]; !v.every() || growth.OfFamily(group.Get(model.MetricNameLabel), x.family) {
			words = append(words, x.text)
		}
	}
	return words
}
