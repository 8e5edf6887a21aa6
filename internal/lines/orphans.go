package lines

import "slices"

// Orphans are lines and headings that Readers added and no Commit took: those of
// bodies that were refused. The zero value has none.
type Orphans struct{ lines, headings []uint32 }

// Len returns how many there are.
func (s *Orphans) Len() int { return len(s.lines) + len(s.headings) }

func (s *Orphans) clear() { s.lines, s.headings = s.lines[:0], s.headings[:0] }

// Orphaned reports whether the Reader added anything since the last Commit.
func (r *Reader) Orphaned() bool { return r.orphans.Len() > 0 }

// Orphans moves what the Reader added since the last Commit to a list.
func (r *Reader) Orphans(to *Orphans) {
	to.lines = append(to.lines, r.orphans.lines...)
	to.headings = append(to.headings, r.orphans.headings...)
	r.orphans.clear()
}

// Drop frees those of a list to which nothing refers, and empties it. It returns
// the IDs of the lines, which later name other lines. No Reader of the store may
// run at the same time, as for [Store.Sweep], and it costs as much as what is
// dropped, however much is held.
func (s *Store) Drop(list *Orphans) (freed []ID) {
	defer list.clear()
	s.headings.drop(list.headings, func(uint32, *[]*family) {})
	spelled := s.spellings.many.Load() // then lines lead to one another
	s.lines.drop(list.lines, func(id uint32, l *Line) {
		if !spelled {
			s.spellings.index.remove(id, l.hash)
		}
		s.lineBytes.Add(-l.bytes())
		freed = append(freed, ID(id))
	})
	if spelled {
		s.spellings.rebuild(&s.lines)
	}
	if len(freed)+len(list.headings) > 0 {
		s.sweeps.Add(1)
	}
	s.mu.Lock()
	many := len(s.families) > 2*s.familiesKept+256
	s.mu.Unlock()
	if many {
		s.sweepFamilies()
	}
	return freed
}

// drop frees entries without a reference, and calls gone with each before it is
// freed. No goroutine may read the table at the same time.
func (t *table[P]) drop(ids []uint32, gone func(id uint32, payload *P)) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, id := range slices.Backward(ids) { // so that neighbours in a body get neighbouring ids
		if !t.live(id) {
			continue
		}
		c, i := t.chunk(id)
		if c.refs[i].Load() != 0 {
			continue // somebody took it
		}
		gone(id, &c.payload[i])
		t.index.Load().remove(id, t.hash([]byte(c.text[i])))
		c.refs[i].Store(free)
		t.used -= len(c.text[i])
		var none P
		c.text[i], c.payload[i] = "", none
		t.spare = append(t.spare, id)
	}
	t.trim()
	if t.slabs > t.used+t.used/8+maxSlab {
		t.compact()
	}
}

// trim gives up the chunks at the end that hold nothing, and an index that is far
// too large: one body that was refused, or that is gone, leaves no room behind.
func (t *table[P]) trim() {
	chunks := *t.chunks.Load()
	n := len(chunks)
	for n > 0 && chunks[n-1].empty() {
		n--
	}
	if n < len(chunks) {
		clear(chunks[n:])
		chunks = slices.Clip(chunks[:n])
		t.chunks.Store(&chunks)
		t.cap.Store(min(t.cap.Load(), uint32(n)<<chunkBits))
		t.spare = slices.DeleteFunc(t.spare, func(id uint32) bool { return id >= t.cap.Load() })
	}
	if size := len(t.index.Load().slots); size > roomy(t.index.Load().taken) {
		t.index.Store(t.reindex(roomy(t.index.Load().taken)))
	}
}

func (c *chunk[P]) empty() bool {
	for i := range c.refs {
		if c.refs[i].Load() != free {
			return false
		}
	}
	return true
}

// roomy returns the most slots that an index of so many has for long.
func roomy(taken int) int {
	size := minIndex
	for size < 8*taken {
		size *= 2
	}
	return size
}

// remove takes out the slot of an id, and moves those behind it that would no
// longer be found.
func (x *index) remove(id uint32, hash uint64) {
	mask := uint32(len(x.slots) - 1)
	at := uint32(hash>>32) & mask
	for uint32(x.slots[at].Load()) != id+1 {
		at = (at + 1) & mask
	}
	for next := (at + 1) & mask; ; next = (next + 1) & mask {
		slot := x.slots[next].Load()
		if slot == 0 {
			break
		}
		if home := uint32(slot>>32) & mask; (next-home)&mask >= (next-at)&mask {
			x.slots[at].Store(slot)
			at = next
		}
	}
	x.slots[at].Store(0)
	x.taken--
}
