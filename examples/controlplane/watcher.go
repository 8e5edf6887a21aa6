package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/promfold/promfold/aggregate"
	"github.com/promfold/promfold/examples/internal/example"
)

// watcher fills a history with pages, from a recording or from live servers.
type watcher struct {
	o        options
	board    *board
	history  *history
	screen   *example.Screen
	answered atomic.Bool

	mu      sync.Mutex
	failing map[string]string // the reason, by target
}

// play fills the history until the recording, the rounds or ctx ends.
func (w *watcher) play(ctx context.Context, each func(*Page) error) error {
	defer w.history.end()
	if len(w.o.endpoints) > 0 {
		return w.live(ctx, each)
	}
	return w.replay(ctx, each)
}

// take makes the page of a moment.
func (w *watcher) take(at time.Time, each func(*Page) error) error {
	w.board.audit.takeOthers(at)
	p, err := w.board.page(at)
	if err != nil {
		return err
	}
	w.history.add(&p)
	return each(&p)
}

// target describes a server to the fleet, at an address of its own or a balancer's.
func (w *watcher) target(address string, c component, balanced bool) aggregate.Target {
	t := aggregate.Target{Name: address, Labels: labels.FromStrings(componentLabel, string(c), targetLabel, address), Balanced: balanced}
	if balanced && c == apiServers {
		t.Expected = w.o.expected
	}
	return t
}

// note tells when a target starts to fail, fails for another reason, or answers
// again.
func (w *watcher) note(target string, at time.Time, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.failing == nil {
		w.failing = map[string]string{}
	}
	before := w.failing[target]
	switch {
	case errors.Is(err, aggregate.ErrLate), errors.Is(err, aggregate.ErrConflict): // another scrape of it was accepted
	case err != nil:
		if w.failing[target] = example.Reason(err, target, at); w.failing[target] != before {
			w.say(target, at, w.failing[target])
		}
	default:
		w.answered.Store(true)
		if delete(w.failing, target); before != "" {
			w.say(target, at, "answers again")
		}
	}
}

func (w *watcher) say(target string, at time.Time, what string) {
	w.screen.Say(fmt.Sprintf("%s  %s: %s", at.UTC().Format(time.TimeOnly), target, what))
}

// print prints pages: of a recording those of the moments asked for, or the
// last; live, each.
func (w *watcher) print(ctx context.Context) error {
	if len(w.o.endpoints) > 0 {
		return w.play(ctx, func(p *Page) error { return w.show(p, false) })
	}
	if err := w.play(ctx, func(*Page) error { return nil }); err != nil {
		return err
	}
	v := w.history.view()
	if len(v.pages) == 0 {
		return nil
	}
	if w.o.moments == nil {
		return w.show(v.pages[len(v.pages)-1], true)
	}
	length := v.pages[len(v.pages)-1].At.Sub(v.pages[0].At)
	for _, d := range w.o.moments {
		if d > length {
			return example.Usage(fmt.Errorf("-at %s: the recording is %s long", d, length))
		}
	}
	for i, d := range w.o.moments {
		p := v.pages[v.index(v.pages[0].At.Add(d))]
		if err := w.show(p, i == len(w.o.moments)-1); err != nil {
			return err
		}
	}
	return nil
}

func (w *watcher) show(p *Page, last bool) error {
	return w.screen.Show(p, func() []example.Line { return p.lines() }, last)
}
