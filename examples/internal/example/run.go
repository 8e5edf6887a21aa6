package example

import (
	"cmp"
	"context"
	"io/fs"
	"os"
	"slices"
	"time"

	"github.com/promfold/promfold/internal/recording"
)

// FS returns the directory to replay, by default the one inside the program.
func (r *Replay) FS(inside fs.FS) fs.FS {
	if r.Dir == "" {
		return inside
	}
	return os.DirFS(r.Dir)
}

// Choose returns the scrapes of the selected scenarios that keep selects, by
// time. A nil keep selects all.
func (r *Replay) Choose(all []recording.Scrape, keep func(recording.Scrape) bool) []recording.Scrape {
	var chosen []recording.Scrape
	for _, x := range all {
		if (r.Scenarios == nil || slices.Contains(r.Scenarios, x.Scenario)) && (keep == nil || keep(x)) {
			chosen = append(chosen, x)
		}
	}
	slices.SortStableFunc(chosen, func(a, b recording.Scrape) int { return cmp.Compare(a.Time, b.Time) })
	return chosen
}

// Each calls do with each scrape, until ctx ends: what was replayed up to there
// is still worth a table.
func Each(ctx context.Context, scrapes []recording.Scrape, do func(i int, r recording.Scrape) error) error {
	for i, r := range scrapes {
		if ctx.Err() != nil {
			return nil
		}
		if err := do(i, r); err != nil {
			return err
		}
	}
	return nil
}

// Run calls round at once and after every interval, until the rounds end, round
// fails or ctx ends. An interrupt is no failure.
func (l *Live) Run(ctx context.Context, round func(n int) error) error {
	tick := l.Tick
	if tick == nil {
		ticker := time.NewTicker(l.Interval)
		defer ticker.Stop()
		tick = ticker.C
	}
	for n := 1; ; n++ {
		err := round(n)
		if ctx.Err() != nil {
			return nil // the interrupt failed the scrapes, not the targets
		}
		if err != nil || n == l.Rounds {
			return err
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick:
		}
	}
}
