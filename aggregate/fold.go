package aggregate

import (
	"fmt"
	"slices"

	"github.com/promfold/promfold/internal/fold"
	"github.com/promfold/promfold/internal/growth"
	"github.com/promfold/promfold/internal/life"
	"github.com/promfold/promfold/internal/rate"
	"github.com/promfold/promfold/internal/roster"
)

// noteShrunk finds families that lost most of their lines, or have them back. The scrape is accepted, not committed.
func (s *staged) noteShrunk() {
	in := s.in
	if !s.alone || !s.Reader.Structural() && s.Restart == life.NoRestart {
		return
	}
	oldest := in.History.Oldest()
	if s.Baseline || s.Restart != life.NoRestart {
		in.shrunk = roster.Recover(in.shrunk, s.At, oldest, func(*roster.Shrunk) bool { return true })
		return
	}
	var found []roster.Shrunk
	in.shrunk, found = roster.Compare(in.shrunk, s.f.store, s.Reader, &in.Columns, s.At, oldest)
	for _, x := range found {
		s.report.Partial = append(s.report.Partial, x.Family.Name)
		s.report.Warnings = append(s.report.Warnings,
			fmt.Sprintf("only %d of %d lines of %s are left, of the same process: it may be partial", x.Lines, x.Before, x.Family.Name))
	}
}

// fold adds what the instance's series did in the scrape to all views that follow them.
func (s *staged) fold() {
	in := s.in
	s.bound = s.bound[:0]
	for _, b := range in.bindings {
		s.bound = append(s.bound, &b.Binding)
	}
	dying := in.State.Follow(&in.Plan, s.next, s.moved, &s.Scraped)
	in.State.Judge(in.Plan, &s.Scraped, dying, &s.steps)
	if s.provisional {
		s.steps.Doubt()
	}
	counts, pruned := fold.Add(s.bound, &in.History, in.Plan, &s.steps, &fold.Scrape{
		At: s.At, Last: in.Last, Start: s.Start.At, Opens: s.opens, Provisional: s.provisional, Restarted: s.Restart != life.NoRestart,
		First: s.Baseline, Window: s.f.longest().Milliseconds(), Gap: s.Gap(in.Last) != rate.Gap{}, Late: s.Clock.Late - s.Clock.Ahead,
	})
	if pruned {
		in.Settle(s.f.store) // what was given to it so long ago stands
	}
	s.report.Grown, s.report.Births, s.report.Resets, s.report.Refused = counts.Grown, counts.Births, counts.Resets, s.steps.Refused
	if !s.alone {
		return
	}
	if !s.Baseline {
		fold.Ended(s.bound, in.Plan.Ended(), s.At)
	}
	in.State.Exhume(in.Plan, &s.Scraped, s.f.store)
	for _, b := range s.bound {
		b.Shed(in.Plan)
	}
}

// followed reports whether there is nothing to meet: views follow the process already, which tells its start as before.
func (s *staged) followed() bool {
	in := s.in
	return !s.f.joinable() || s.Start.Known() == in.Start.Known() &&
		!slices.ContainsFunc(in.bindings, func(b *binding) bool { return b.Met == nil && b.view.Kind != growth.Gauge })
}

// meet begins to follow the process that the staged scrape found, or a view that was declared late. Who stops telling
// when it started, or begins to, may be another process, which took the place unnoticed.
func (s *staged) meet() {
	in := s.in
	s.opens = s.Baseline || s.Restart == life.Proven
	turned := !s.opens && in.pool == nil && s.Start.Known() != in.Start.Known()
	for _, b := range in.bindings {
		if b.view.Kind == growth.Gauge || b.Met != nil && !s.opens && !turned {
			continue
		}
		switch {
		case s.Restart == life.Proven:
			b.note(in, s.At)
		case s.opens, turned:
			b.note(in, 0) // the other one may be there yet
		}
		if turned && b.Met != nil && s.Start.At < in.Last-s.f.cfg.ClockSkew.Milliseconds() { // it was there then
			b.Met = b.Met.Of(b.Table, in.Last, s.Start.At)
		} else {
			b.Follow(s.Start.At)
		}
		b.Met.Version, b.Met.Begin = b.standing(in, s.At)
	}
}
