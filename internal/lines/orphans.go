package lines

// Orphans are lines and headings that Readers added and no Commit took: those of
// bodies that were refused. The zero value has none.
type Orphans struct{ lines, headings []uint32 }

// Len returns how many there are.
func (s *Orphans) Len() int { return len(s.lines) + len(s.headings) }

func (s *Orphans) clear() { s.lines, s.headings = s.lines[:0], s.headings[:0] }
