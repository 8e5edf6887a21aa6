package aggregate

import (
	"errors"

	"github.com/promfold/promfold/internal/lines"
)

// What is refused leaves nothing: no line, no group, no instance, no spelling.

// forgetRefused forgets what a refused scrape of a target left. The latest answers stay those of the present.
func (f *Fleet) forgetRefused(target string, err error) {
	f.mu.RLock()
	known := f.book.Entries[target] != nil
	f.mu.RUnlock()
	f.names.Lock()
	if !known {
		f.spelled.Forget(target)
	}
	none := f.orphans.Len() == 0
	f.names.Unlock()
	if none {
		return
	}
	f.mu.Ask()
	defer f.mu.Unlock()
	dropOrphans(f)
	if errors.Is(err, ErrLimit) { // only then it was led to groups
		sweepGroups(f)
	}
}

// dropOrphans frees the lines that no instance has, unless a state is being saved: then the next refusal does.
func dropOrphans(f *Fleet) {
	if !f.saves.TryLock() {
		return
	}
	defer f.saves.Unlock()
	f.names.Lock()
	orphans := f.orphans
	f.orphans = lines.Orphans{}
	f.names.Unlock()
	f.router.Forget(f.drop(&orphans))
	f.catalogue.Forget()
}

// drop frees lines. No reader of the store may be at work meanwhile.
func (f *Fleet) drop(orphans *lines.Orphans) []lines.ID {
	f.reading.Lock()
	defer f.reading.Unlock()
	return f.store.Drop(orphans)
}
