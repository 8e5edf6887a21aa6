package roster

import (
	"cmp"
	"sync/atomic"
	"time"

	"github.com/prometheus/prometheus/model/labels"
)

// Entry is what a [Book] has of an address. A steady scrape notes an attempt
// while others do, hence the atomics; the rest changes with the book.
type Entry struct {
	tried  atomic.Int64  // latest scrape or failure
	failed atomic.Uint32 // how it failed, a Failure
	down   atomic.Int64  // since when it does not listen, or left; 0: it does
	Gone   bool
	left   int64 // when, if it is gone
	Err    error // of the latest failure; nil if it is not known any more
	Description
}

// Tried returns the time of the latest attempt; 0 if there was none.
func (t *Entry) Tried() int64 { return t.tried.Load() }

// Failure returns how the latest attempt failed.
func (t *Entry) Failure() Failure { return Failure(t.failed.Load()) }

// Down returns since when nobody answers at the address; 0 if it listens.
func (t *Entry) Down() int64 { return t.down.Load() }

// Restore sets what scrapes noted.
func (t *Entry) Restore(tried int64, how Failure, down int64) {
	t.tried.Store(tried)
	t.failed.Store(uint32(how))
	t.down.Store(down)
}

// Seen notes a scrape. It may be called in parallel. One that comes in after a later
// failure was told changes nothing.
func (t *Entry) Seen(at int64) {
	tried := t.tried.Load()
	if at < tried && t.Failure() != NoFailure {
		return
	}
	if at > tried {
		t.tried.Store(at)
	}
	t.failed.Store(uint32(NoFailure))
	t.down.Store(0)
}

// Fail notes a failed attempt. It returns false, and notes nothing, if
// something newer is known.
func (t *Entry) Fail(at int64, how Failure, err error) bool {
	if at < t.tried.Load() {
		return false
	}
	t.tried.Store(at)
	t.failed.Store(uint32(how))
	t.Err = err
	if how == Unreachable {
		t.end(at)
	}
	return true
}

// end notes that nobody answers at the address any more.
func (t *Entry) end(at int64) {
	if t.down.Load() == 0 {
		t.down.Store(at)
	}
}

// LatestOf returns when something was told of addresses last, which is not before
// the latest scrape.
func LatestOf(entries map[string]*Entry, scrape int64) int64 {
	for _, t := range entries {
		scrape = max(scrape, t.Tried(), t.Down())
	}
	return scrape
}

// Later returns the one of two entries for one address that was tried later,
// with the greater of the two descriptions. a may be nil.
func Later(a, b *Entry) *Entry {
	if a == nil {
		return b
	}
	d := a.Description
	if b.Description.compare(&d) > 0 {
		d = b.Description
	}
	if c := cmp.Compare(b.Tried(), a.Tried()); c > 0 || c == 0 && b.Failure() > a.Failure() {
		a = b
	}
	a.Description = d
	return a
}

// Description is what a program said of a target.
type Description struct {
	Told     bool // there is a description
	Instance string
	Labels   labels.Labels
	Rank     Rank // kept until the target is forgotten, the rest until it leaves
}

// bytes is what the texts take of memory.
func (d *Description) bytes() int64 { return int64(len(d.Instance)) + int64(d.Labels.ByteSize()) }

func (d *Description) compare(o *Description) int {
	return cmp.Or(-trueFirst(d.Told, o.Told), d.Rank.compare(o.Rank), cmp.Compare(d.Instance, o.Instance), labels.Compare(d.Labels, o.Labels))
}

// Rank decides which of several addresses of one process is kept: the greatest.
type Rank struct {
	Priority int
	Created  time.Time
}

func (r Rank) compare(o Rank) int {
	return cmp.Or(cmp.Compare(r.Priority, o.Priority), r.Created.Compare(o.Created))
}

func trueFirst(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return -1
	}
	return 1
}
