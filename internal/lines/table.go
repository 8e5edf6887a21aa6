package lines

import (
	"cmp"
	"hash/maphash"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"unsafe"
)

const (
	chunkBits = 8
	chunkLen  = 1 << chunkBits
	minSlab   = 4 << 10
	maxSlab   = 64 << 10
	minIndex  = 64
	free      = -1 // the reference count of an ID that is not held
)

// table holds distinct texts, each with an id and a payload. The same text may be
// held under several keys.
//
// Reading takes no lock. Chunks never move. The list of chunks, the index and its
// slots are published atomically, after what they refer to is written. An entry
// is written once, before its reference count or its slot in the index publishes
// it, and stays until a sweep. So a goroutine may read an entry whose id it has
// from columns or the index, or whose reference count it has seen to be ≥ 0.
//
// Invariants: each id below cap is in exactly one of the index and spare. An
// entry without a reference stays until a sweep.
type table[P any] struct {
	chunks atomic.Pointer[[]*chunk[P]]
	index  atomic.Pointer[index]
	cap    atomic.Uint32 // all ids are below it

	mu    sync.Mutex // guards the fields below, and adding
	seed  maphash.Seed
	spare []uint32         // free ids below cap
	slab  *strings.Builder // where texts are copied, many to an allocation
	slabs int              // bytes allocated for texts
	used  int              // bytes of texts that are held
}

type chunk[P any] struct {
	text    [chunkLen]string
	key     [chunkLen]uint32
	refs    [chunkLen]atomic.Int32
	payload [chunkLen]P
}

// index is a hash table with open addressing. A slot holds the upper half of the
// hash, which says where it stands, and the id plus 1; 0 is an empty slot. At most
// three of four slots are taken.
type index struct {
	slots []atomic.Uint64
	taken int
}

func (t *table[P]) init() {
	t.seed = maphash.MakeSeed()
	t.chunks.Store(new([]*chunk[P]))
	t.index.Store(&index{slots: make([]atomic.Uint64, minIndex)})
	t.slab = new(strings.Builder)
}

func (t *table[P]) chunk(id uint32) (*chunk[P], uint32) {
	return (*t.chunks.Load())[id>>chunkBits], id & (chunkLen - 1)
}

func (t *table[P]) text(id uint32) string {
	c, i := t.chunk(id)
	return c.text[i]
}

func (t *table[P]) key(id uint32) uint32 {
	c, i := t.chunk(id)
	return c.key[i]
}

func (t *table[P]) payload(id uint32) *P {
	c, i := t.chunk(id)
	return &c.payload[i]
}

// live reports whether the table holds the id.
func (t *table[P]) live(id uint32) bool {
	if id >= t.cap.Load() {
		return false
	}
	c, i := t.chunk(id)
	return c.refs[i].Load() != free
}

func (t *table[P]) retain(id uint32) {
	c, i := t.chunk(id)
	c.refs[i].Add(1)
}

func (t *table[P]) release(id uint32) {
	c, i := t.chunk(id)
	c.refs[i].Add(-1)
}

func (t *table[P]) hash(text []byte) uint64 { return maphash.Bytes(t.seed, text) }

// find returns the id of a text under a key, if the table holds it.
func (t *table[P]) find(text []byte, key uint32) (uint32, bool) {
	return t.findHash(text, key, t.hash(text))
}

func (t *table[P]) findHash(text []byte, key uint32, hash uint64) (uint32, bool) {
	slots := t.index.Load().slots
	upper := uint32(hash >> 32)
	mask := uint32(len(slots) - 1)
	for at := upper & mask; ; at = (at + 1) & mask {
		slot := slots[at].Load()
		if slot == 0 {
			return 0, false
		}
		if uint32(slot>>32) != upper {
			continue
		}
		id := uint32(slot) - 1
		c, i := t.chunk(id)
		if c.key[i] == key && c.text[i] == string(text) {
			return id, true
		}
	}
}

// add returns the id of a text under a key. A text that is new gets an id, and
// the payload that fill sets.
func (t *table[P]) add(text []byte, key uint32, fill func(id uint32, p *P)) uint32 {
	return t.addHash(text, key, t.hash(text), fill)
}

func (t *table[P]) addHash(text []byte, key uint32, hash uint64, fill func(id uint32, p *P)) uint32 {
	t.mu.Lock()
	defer t.mu.Unlock()
	if id, ok := t.findHash(text, key, hash); ok {
		return id
	}
	if x := t.index.Load(); x.full() {
		t.index.Store(x.grown())
	}
	id := t.newID()
	c, i := t.chunk(id)
	c.text[i] = t.keep(text)
	c.key[i] = key
	fill(id, &c.payload[i])
	c.refs[i].Store(0)
	t.index.Load().put(id, hash)
	return id
}

// reserve makes room for so many entries in a table that has none, and calls also,
// under its lock, if it did.
func (t *table[P]) reserve(n int, also func()) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.cap.Load() == 0 {
		t.index.Store(&index{slots: make([]atomic.Uint64, roomy(n))})
		also()
	}
}

func (t *table[P]) newID() uint32 {
	if n := len(t.spare); n > 0 {
		id := t.spare[n-1]
		t.spare = t.spare[:n-1]
		return id
	}
	id := t.cap.Load()
	if id&(chunkLen-1) == 0 {
		c := new(chunk[P])
		for i := range c.refs {
			c.refs[i].Store(free)
		}
		chunks := append(*t.chunks.Load(), c)
		t.chunks.Store(&chunks)
	}
	t.cap.Store(id + 1)
	return id
}

// keep copies a text into the slab.
func (t *table[P]) keep(text []byte) string {
	if t.slab.Cap()-t.slab.Len() < len(text) {
		t.slab = new(strings.Builder)
		t.slab.Grow(max(min(t.used, maxSlab), minSlab, len(text)))
		t.slabs += t.slab.Cap()
	}
	from := t.slab.Len()
	t.slab.Write(text)
	t.used += len(text)
	return t.slab.String()[from:]
}

// full reports whether no id more may be put.
func (x *index) full() bool { return 4*(x.taken+1) > 3*len(x.slots) }

func (x *index) put(id uint32, hash uint64) { x.store(hash>>32<<32 | uint64(id+1)) }

func (x *index) store(slot uint64) {
	mask := uint32(len(x.slots) - 1)
	at := uint32(slot>>32) & mask
	for x.slots[at].Load() != 0 {
		at = (at + 1) & mask
	}
	x.slots[at].Store(slot)
	x.taken++
}

// grown returns an index of twice the size.
func (x *index) grown() *index {
	to := &index{slots: make([]atomic.Uint64, max(minIndex, 2*len(x.slots)))}
	for i := range x.slots {
		if slot := x.slots[i].Load(); slot != 0 {
			to.store(slot)
		}
	}
	return to
}

// reindex returns an index of all ids held. A slot says where it stands without the
// text.
func (t *table[P]) reindex(size int) *index {
	x := &index{slots: make([]atomic.Uint64, size)}
	before := t.index.Load().slots
	for i := range before {
		if slot := before[i].Load(); slot != 0 && t.live(uint32(slot)-1) {
			x.store(slot)
		}
	}
	return x
}

// sweep frees the entries without a reference and calls gone, if it is not nil,
// with each. No goroutine may read the table at the same time.
func (t *table[P]) sweep(gone func(id uint32, payload *P)) {
	t.mu.Lock()
	defer t.mu.Unlock()
	before := len(t.spare)
	for id := range t.cap.Load() {
		c, i := t.chunk(id)
		if c.refs[i].Load() != 0 {
			continue
		}
		if gone != nil {
			gone(id, &c.payload[i])
		}
		c.refs[i].Store(free)
		t.used -= len(c.text[i])
		var none P
		c.text[i], c.payload[i] = "", none
		t.spare = append(t.spare, id)
	}
	if len(t.spare) == before {
		return
	}
	slices.SortFunc(t.spare, func(a, b uint32) int { return cmp.Compare(b, a) }) // so that neighbours in a body get neighbouring ids
	t.index.Store(t.reindex(len(t.index.Load().slots)))
	t.trim()
	if t.slabs > t.used+t.used/8+maxSlab {
		t.compact()
	}
}

// compact copies the texts held into new slabs, which frees the memory of the
// others.
func (t *table[P]) compact() {
	t.slab, t.slabs, t.used = new(strings.Builder), 0, 0
	for id := range t.cap.Load() {
		c, i := t.chunk(id)
		if c.text[i] != "" {
			c.text[i] = t.keep([]byte(c.text[i]))
		}
	}
}

// each calls f with the payload of each entry held.
func (t *table[P]) each(f func(*P)) {
	for id := range t.cap.Load() {
		if t.live(id) {
			f(t.payload(id))
		}
	}
}

// bytes returns the memory held, but not what payloads refer to.
func (t *table[P]) bytes() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	chunks := *t.chunks.Load()
	return len(chunks)*int(unsafe.Sizeof(chunk[P]{})) + 8*cap(chunks) +
		8*len(t.index.Load().slots) + t.slabs + 4*cap(t.spare)
}

func (t *table[P]) len() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return int(t.cap.Load()) - len(t.spare)
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

// roomy returns the most slots that an index of so many has for long: what it grew
// to by itself, see full.
func roomy(taken int) int {
	size := minIndex
	for size < 2*taken {
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
