package main

import (
	"context"
	"sync"
	"time"

	"github.com/promfold/promfold/aggregate"
	"github.com/promfold/promfold/aggregate/scrape"
)

// live scrapes targets round by round.
type live struct {
	*watch
	scraper *scrape.Scraper
	names   []string
	now     func() time.Time
	census  *census // nil once the views are declared

	mu       sync.Mutex
	outcomes map[string]*outcome // of the round, by target
}

// outcome is the result of a scrape.
type outcome struct {
	at  time.Time
	err error
}

func newLive(w *watch) (*live, error) {
	l := &live{watch: w, now: time.Now}
	if len(w.o.specs) == 0 {
		l.census = &census{}
	}
	targets := make([]scrape.Target, len(w.o.endpoints))
	for i, e := range w.o.endpoints {
		targets[i] = scrape.Target{Target: w.target(e.name), URL: e.url}
		l.names = append(l.names, e.name)
	}
	c := w.o.Scrape(func() time.Time { return l.now() })
	c.OnScrape, c.OnError = l.scraped, l.failed
	var err error
	l.scraper, err = scrape.New(w.fleet, c, scrape.Targets(targets...))
	return l, err
}

// run scrapes until the rounds end or ctx ends. Then it prints the last
// table once more where a live one was cut to the height of the terminal.
func (l *live) run(ctx context.Context) error {
	err := l.o.Run(ctx, func(n int) error { return l.step(ctx, n) })
	if err != nil || ctx.Err() == nil || l.screen.Settled() || !l.answered {
		return err
	}
	return l.show(l.now(), true)
}

// step runs a round and shows the answers.
func (l *live) step(ctx context.Context, n int) error {
	if err := l.round(ctx); err != nil || ctx.Err() != nil {
		return err
	}
	return l.show(l.now(), n == l.o.Rounds)
}

// round scrapes all targets at once and waits for the last of them, at most for
// the timeout.
func (l *live) round(ctx context.Context) error {
	l.outcomes = map[string]*outcome{}
	if err := l.scraper.Once(ctx); err != nil && ctx.Err() == nil {
		return err
	}
	for _, name := range l.names {
		if o := l.outcomes[name]; o != nil { // nil: the interrupt failed the scrape, not the target
			l.note(name, o.at, o.err)
		}
	}
	if l.census == nil || !l.answered {
		return nil
	}
	specs, err := l.census.busiest()
	l.census = nil
	if err != nil {
		return err
	}
	return l.declare(specs)
}

// scraped keeps when a target answered, and what its metrics are.
func (l *live) scraped(t scrape.Target, s *aggregate.Scrape) error {
	l.mu.Lock()
	l.outcomes[t.Name] = &outcome{at: s.Time}
	l.mu.Unlock()
	if l.census != nil {
		return l.census.add(s.Header, s.Body)
	}
	return nil
}

// failed keeps why a target did not answer, or with what.
func (l *live) failed(t scrape.Target, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if o := l.outcomes[t.Name]; o != nil {
		o.err = err
	} else {
		l.outcomes[t.Name] = &outcome{l.now(), err}
	}
}
