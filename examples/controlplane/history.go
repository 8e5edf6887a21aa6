package main

import (
	"slices"
	"sync"
	"time"
)

// history holds the pages of the moments so far, oldest first. It is safe for
// concurrent use; the pages in it do not change.
type history struct {
	keep time.Duration // 0: everything

	mu      sync.Mutex
	pages   []*Page
	ended   bool          // no page follows
	changed chan struct{} // closed by the next change
}

func newHistory(keep time.Duration) *history {
	return &history{keep: keep, changed: make(chan struct{})}
}

// add appends a page, and forgets those that are too old.
func (h *history) add(p *Page) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.pages = append(h.pages, p)
	if h.keep > 0 {
		old := slices.IndexFunc(h.pages, func(x *Page) bool { return p.At.Sub(x.At) <= h.keep })
		h.pages = slices.Delete(h.pages, 0, old)
	}
	h.tell()
}

// end says that no page follows.
func (h *history) end() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.ended = true
	h.tell()
}

func (h *history) tell() {
	close(h.changed)
	h.changed = make(chan struct{})
}

// view is what a history holds at one time.
type view struct {
	pages   []*Page
	ended   bool
	changed <-chan struct{} // closed once there is more
}

// view returns what there is now.
func (h *history) view() view {
	h.mu.Lock()
	defer h.mu.Unlock()
	return view{slices.Clone(h.pages), h.ended, h.changed}
}

// index returns the last page that is not after a time, or the first; −1 if
// there is none.
func (v view) index(at time.Time) int {
	i := len(v.pages) - 1
	for i > 0 && v.pages[i].At.After(at) {
		i--
	}
	return i
}

// after returns the first page that is later than a time.
func (v view) after(at time.Time) int {
	i := len(v.pages)
	for i > 0 && v.pages[i-1].At.After(at) {
		i--
	}
	return i
}
