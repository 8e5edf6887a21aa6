package main

import (
	"context"
	"sync"
	"time"

	"github.com/prometheus/common/config"

	"github.com/promfold/promfold/aggregate"
	"github.com/promfold/promfold/aggregate/scrape"
)

// live scrapes targets round by round.
type live struct {
	*watch
	scraper  *scrape.Scraper
	names    []string
	interval time.Duration
	rounds   int // 0: no limit
	now      func() time.Time
	census   *census // nil once the views are declared

	mu       sync.Mutex
	outcomes map[string]*outcome // of the round, by target
}

// outcome is the result of a scrape.
type outcome struct {
	at  time.Time
	err error
}

func newLive(o options, w *watch) (*live, error) {
	l := &live{watch: w, interval: o.interval, rounds: o.rounds, now: time.Now}
	if len(o.specs) == 0 {
		l.census = &census{}
	}
	targets := make([]scrape.Target, len(o.endpoints))
	for i, e := range o.endpoints {
		targets[i] = scrape.Target{Target: w.target(e.name), URL: e.url}
		l.names = append(l.names, e.name)
	}
	client := config.DefaultHTTPClientConfig
	client.ProxyFromEnvironment = true
	var err error
	l.scraper, err = scrape.New(w.fleet, scrape.Config{
		Interval: max(o.interval, o.timeout), Timeout: o.timeout, HTTP: client,
		Now:      func() time.Time { return l.now() },
		OnScrape: l.scraped, OnError: l.failed,
	}, scrape.Targets(targets...))
	return l, err
}

func (l *live) run(ctx context.Context) error {
	ticker := time.NewTicker(l.interval)
	defer ticker.Stop()
	return l.follow(ctx, ticker.C)
}

// follow runs a round at once and one at every tick, until the rounds end or
// ctx ends.
func (l *live) follow(ctx context.Context, tick <-chan time.Time) error {
	for n := 1; ; n++ {
		if err := l.round(ctx); err != nil {
			return err
		}
		if ctx.Err() != nil {
			return l.leave()
		}
		if err := l.show(n == l.rounds); err != nil || n == l.rounds {
			return err
		}
		select {
		case <-ctx.Done():
			return l.leave()
		case <-tick:
		}
	}
}

// leave prints the last table once more where a live one was cut to the height
// of the terminal.
func (l *live) leave() error {
	if l.screen.settled() || !l.answered {
		return nil
	}
	return l.show(true)
}

func (l *live) show(last bool) error {
	d, err := l.document(l.now())
	if err != nil {
		return err
	}
	return l.screen.show(d, l.failing, last)
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
