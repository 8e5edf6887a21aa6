package roster

import (
	"iter"
	"maps"
	"slices"
	"unsafe"

	"github.com/prometheus/prometheus/model/labels"
)

// Book is the addresses of a fleet: those that were described, tried or
// expected. B is a balancer and I an instance. The zero value knows of none.
type Book[B any, I comparable] struct {
	Entries   map[string]*Entry
	Expected  map[string]bool // who was said to be; nil: learnt
	Balancers map[string]B

	met       map[string][]I // who answered at an address, see Meet
	bytes     int64          // of the entries and their names
	strangers int            // that failed before they ever answered, at most; see weight
	tidied    int64          // when those to forget were looked for
	addresses []Address[B, I]
	version   uint64 // of the fleet, when they were gathered
}

// Entry returns the entry of an address, and makes one if there is none.
func (b *Book[B, I]) Entry(name string) *Entry {
	t, ok := b.Entries[name]
	if !ok {
		if b.Entries == nil {
			b.Entries = map[string]*Entry{}
		}
		t = &Entry{}
		b.Entries[name] = t
		b.bytes += bytesOf(name, t)
	}
	return t
}

// Restore makes entries that were saved those of the book.
func (b *Book[B, I]) Restore(entries map[string]*Entry) {
	b.Entries, b.bytes = entries, 0
	for name, t := range entries {
		b.bytes += bytesOf(name, t)
	}
}

// Bytes returns what the entries hold, with their names and descriptions.
func (b *Book[B, I]) Bytes() int64 { return b.bytes }

// More returns by how many bytes a description would make the book larger.
func (b *Book[B, I]) More(name string, d Description) int64 {
	if t := b.Entries[name]; t != nil {
		return d.bytes() - t.bytes()
	}
	return bytesOf(name, &Entry{Description: d})
}

// bytesOf is what an entry takes of memory, with who was met there.
func bytesOf(name string, t *Entry) int64 {
	return int64(unsafe.Sizeof(*t)) + 200 + int64(len(name)) + t.bytes()
}

// Labels returns those that an address was described with.
func (b *Book[B, I]) Labels(name string) labels.Labels {
	if t := b.Entries[name]; t != nil {
		return t.Labels
	}
	return labels.EmptyLabels()
}

// Balanced reports whether there is a balancer at the address.
func (b *Book[B, I]) Balanced(name string) bool {
	_, ok := b.Balancers[name]
	return ok
}

// Balance puts a balancer at an address.
func (b *Book[B, I]) Balance(name string, x B) {
	if b.Balancers == nil {
		b.Balancers = map[string]B{}
	}
	b.Balancers[name] = x
}

// Meet notes that an instance answers at an address.
func (b *Book[B, I]) Meet(name string, in I) {
	if b.met == nil {
		b.met = map[string][]I{}
	}
	b.met[name] = append(b.met[name], in)
}

// At returns the instances that answered at an address.
func (b *Book[B, I]) At(name string) []I { return b.met[name] }

// Part forgets that an instance answered at addresses.
func (b *Book[B, I]) Part(names []string, in I) {
	for _, name := range names {
		list := slices.DeleteFunc(b.met[name], func(x I) bool { return x == in })
		if len(list) == 0 {
			delete(b.met, name)
		} else {
			b.met[name] = list
		}
	}
}

// Expect begins a set of those that are expected, which [Book.Describe] fills.
func (b *Book[B, I]) Expect() { b.Expected = map[string]bool{} }

// Describe notes a description. It reports whether the labels changed.
func (b *Book[B, I]) Describe(name string, d Description) (relabelled bool) {
	if b.Expected != nil {
		b.Expected[name] = true
	}
	t := b.Entry(name)
	relabelled = !labels.Equal(t.Labels, d.Labels)
	t.Gone = false
	b.describe(t, d)
	return relabelled
}

func (b *Book[B, I]) describe(t *Entry, d Description) {
	b.bytes += d.bytes() - t.bytes()
	t.Description = d
}

// Unexpected returns the addresses that are not in the set of those expected.
func (b *Book[B, I]) Unexpected() (names []string) {
	for name := range b.Entries {
		if !b.Expected[name] {
			names = append(names, name)
		}
	}
	return names
}

// Leave notes that a target left, unless something newer is known of it. The
// target keeps its rank: what its process counted stays in the window, and is
// still the answer of the same one of its addresses. It reports whether the
// target left, and whether it may be a stranger now, see [Book.MeetStranger].
func (b *Book[B, I]) Leave(name string, now int64) (left, stranger bool) {
	t := b.Entries[name]
	if t == nil || now < t.Tried() {
		return false, false
	}
	stranger = t.Told
	if !t.Gone {
		t.left = now
	}
	t.Gone = true
	b.describe(t, Description{Rank: t.Rank})
	t.end(now)
	return true, stranger
}

// Named reports whether the program says that any of the addresses is a target.
func (b *Book[B, I]) Named(names []string) bool {
	return slices.ContainsFunc(names, func(name string) bool {
		t := b.Entries[name]
		return t != nil && !t.Gone && (b.Expected[name] || b.Expected == nil && t.Told)
	})
}

// Left reports whether all of the addresses left.
func (b *Book[B, I]) Left(names []string) bool {
	return !slices.ContainsFunc(names, func(n string) bool { return !b.Entries[n].Gone })
}

// Attempts returns what was told of the addresses of an instance since its
// latest scrape.
func (b *Book[B, I]) Attempts(names []string, last int64) (a Attempts) {
	for _, name := range names {
		if t := b.Entries[name]; t != nil && !t.Gone && !b.Balanced(name) {
			a.Add(last, t.Tried(), t.Failure())
		}
	}
	return a
}

// Ended returns since when nobody answers at any of the addresses, as far as
// known at a time; 0 if somebody does, or an instance answered since.
func (b *Book[B, I]) Ended(names []string, last, e int64) int64 {
	return b.since(names, last, e, (*Entry).Down)
}

// Gone returns since when all of the addresses are known to have left at a time;
// 0 if they are not, or an instance answered since. Then nothing is counted there:
// what refuses may begin anew, count and die between two refusals.
func (b *Book[B, I]) Gone(names []string, last, e int64) int64 {
	return b.since(names, last, e, func(t *Entry) int64 {
		if !t.Gone {
			return 0
		}
		return t.left
	})
}

// Refused reports whether any of the addresses was said to refuse after an
// instance's latest scrape and before a time.
func (b *Book[B, I]) Refused(names []string, last, e int64) bool {
	return slices.ContainsFunc(names, func(name string) bool {
		t := b.Entries[name]
		return t != nil && t.Down() > last && t.Down() < e
	})
}

func (b *Book[B, I]) since(names []string, last, e int64, of func(*Entry) int64) (ended int64) {
	for i, name := range names {
		at := int64(0)
		if t := b.Entries[name]; t != nil {
			at = of(t)
		}
		if at <= last || at > e || i > 0 && ended == 0 {
			return 0
		}
		ended = max(ended, at)
	}
	return ended
}

// Unheard reports whether an address failed since an instance's latest scrape,
// or another instance answered there. Behind a balancer (pooled) only a failure
// counts.
func (b *Book[B, I]) Unheard(names []string, last int64, pooled bool) bool {
	return slices.ContainsFunc(names, func(name string) bool {
		t, shared := b.Entries[name], b.Balanced(name)
		switch {
		case t.Gone || shared && !pooled:
			return false // it has another address
		case t.Failure() != NoFailure:
			return t.Tried() >= last
		}
		return !shared && t.Tried() > last
	})
}

// Apart reports whether two sets of addresses were described as different
// instances, by names that are not those of the addresses.
func (b *Book[B, I]) Apart(x, y []string) bool {
	for _, p := range x {
		for _, q := range y {
			if a, c := b.told(p), b.told(q); a != "" && c != "" && a != c {
				return true
			}
		}
	}
	return false
}

func (b *Book[B, I]) told(name string) string {
	if t := b.Entries[name]; t != nil && t.Instance != name {
		return t.Instance
	}
	return ""
}

// Rank returns the greatest rank of addresses.
func (b *Book[B, I]) Rank(names []string) (best Rank) {
	for i, name := range names {
		if t := b.Entries[name]; t != nil && (i == 0 || t.Rank.compare(best) > 0) {
			best = t.Rank
		}
	}
	return best
}

// Failed returns the entry of the last of the addresses whose latest attempt
// failed, since an instance's latest scrape; nil if there is none.
func (b *Book[B, I]) Failed(names []string, last int64) (failed *Entry) {
	for _, name := range names {
		if t := b.Entries[name]; t != nil && t.Failure() != NoFailure && t.Tried() >= last {
			failed = t
		}
	}
	return failed
}

// Merge adds what another part of the fleet has of addresses.
func (b *Book[B, I]) Merge(entries map[string]*Entry, expected map[string]bool) {
	if b.Entries == nil {
		b.Entries = map[string]*Entry{}
	}
	for name, t := range entries {
		b.Entries[name] = Later(b.Entries[name], t)
	}
	b.Restore(b.Entries)
	if expected != nil {
		if b.Expected == nil {
			b.Expect()
		}
		maps.Copy(b.Expected, expected)
	}
}

// target returns what is known of an address, for those who decide.
func (b *Book[B, I]) target(name string, t *Entry, reached bool) Target {
	x := Target{Given: b.Expected[name], Balanced: b.Balanced(name), Reached: reached}
	if t != nil {
		x.Tried, x.Failure, x.Told, x.Gone = t.Tried(), t.Failure(), t.Told, t.Gone
	}
	return x
}

// maxStrangers bounds the targets that are remembered although they never answered
// and nobody described them: so many of names of usual length, see weight.
const maxStrangers = 10_000

// weight is for how many targets a name counts: a long one takes their room.
func weight(name string) int { return 1 + len(name)/256 }

// Forget drops the addresses that lead to no instance any more and are not
// expected. reached are those that do, reach is how far the longest window goes
// back. Each that is dropped is given to dropped.
func (b *Book[B, I]) Forget(now, reach int64, reached iter.Seq[string], dropped func(name string)) {
	b.forget(now, reach, maps.Collect(marked(reached)), dropped)
}

func (b *Book[B, I]) forget(now, reach int64, reached map[string]bool, dropped func(name string)) {
	for name, t := range b.Entries {
		if x := b.target(name, t, reached[name]); x.Forgotten(now, reach) {
			b.drop(name, dropped)
		}
	}
}

// MeetStranger makes room for a target that failed before it ever answered, so
// that failures at ever new addresses do not fill the book. It is as [Book.Forget]
// and looks at all addresses now and then alone.
func (b *Book[B, I]) MeetStranger(name string, now, reach int64, reached iter.Seq[string], dropped func(name string)) {
	if b.tidied == 0 {
		b.tidied = now
	}
	if b.strangers += weight(name); b.strangers <= maxStrangers && now-b.tidied <= Learnt {
		return
	}
	b.tidied = now
	of := maps.Collect(marked(reached))
	b.forget(now, reach, of, dropped)
	var list []string
	for name, t := range b.Entries {
		if x := b.target(name, t, of[name]); x.Stranger() {
			list = append(list, name)
		}
	}
	b.strangers = 0
	for _, name := range slices.Backward(Oldest(list, len(list), func(name string) int64 { return b.Entries[name].Tried() })) {
		if w := weight(name); b.strangers+w <= maxStrangers/2 {
			b.strangers += w
		} else {
			b.drop(name, dropped)
		}
	}
}

func (b *Book[B, I]) drop(name string, dropped func(name string)) {
	b.bytes -= bytesOf(name, b.Entries[name])
	delete(b.Entries, name)
	dropped(name)
}

func marked(names iter.Seq[string]) iter.Seq2[string, bool] {
	return func(yield func(string, bool) bool) {
		for name := range names {
			if !yield(name, true) {
				return
			}
		}
	}
}
