package window

import "slices"

// Kept is what the tables of an instance held at a scrape, for the case that
// what they were given since has to be taken back. The zero value is of an
// instance without tables.
type Kept struct {
	At Checkpoint // the scrape
	N  int        // checkpoints there were

	tables []*Saved // by view; nil: the view was not there yet
}

// Add adds what the table of the next view holds.
func (k *Kept) Add(t *Table, m *Met) { k.tables = append(k.tables, t.Save(m)) }

// Clone returns a copy, whatever is set later.
func (k *Kept) Clone() Kept {
	return Kept{k.At, k.N, slices.Clone(k.tables)}
}

// Set sets what the table of a view held, as it was saved.
func (k *Kept) Set(view int, s *Saved) {
	for len(k.tables) <= view {
		k.tables = append(k.tables, nil)
	}
	k.tables[view] = s
}

// Table returns what the table of a view held; nil if that is not known, or if
// nothing is kept.
func (k *Kept) Table(view int) *Saved {
	if k == nil || view >= len(k.tables) {
		return nil
	}
	return k.tables[view]
}

// Restore takes the table of a view back, and returns the process that was
// followed then. The history was taken back before.
func (k *Kept) Restore(view int, t *Table, h *History) *Met {
	before := k.Table(view)
	if before == nil {
		before, t.Begun = &Saved{}, k.At
	}
	t.Back(before, h)
	return before.Met.Clone()
}
