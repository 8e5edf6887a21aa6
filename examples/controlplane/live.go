package main

import (
	"context"
	"time"

	"github.com/promfold/promfold/aggregate"
	"github.com/promfold/promfold/aggregate/scrape"
)

// live scrapes the endpoints round by round, all at once, and makes a page after
// each.
func (w *watcher) live(ctx context.Context, each func(*Page) error) error {
	if a := w.board.audit; a != nil {
		if err := a.start(time.Now(), false); err != nil {
			return err
		}
	}
	c := w.o.Scrape(time.Now)
	c.OnScrape = func(t scrape.Target, s *aggregate.Scrape) error {
		if err := empty(s.Header, s.Body); err != nil {
			return err
		}
		w.board.audit.take(t.Name, s.Time)
		return nil
	}
	c.OnReport = func(t scrape.Target, r aggregate.Report) {
		now := time.Now()
		w.board.still.note(r, now)
		w.note(t.Name, now, nil)
	}
	c.OnError = func(t scrape.Target, err error) {
		now := time.Now()
		w.board.audit.take(t.Name, now) // it may still write
		w.note(t.Name, now, err)
	}
	s, err := scrape.New(w.board.fleet, c, scrape.Targets(w.liveTargets()...))
	if err != nil {
		return err
	}
	return w.o.Run(ctx, func(int) error {
		if err := s.Once(ctx); err != nil {
			return err
		}
		return w.take(time.Now(), each)
	})
}

func (w *watcher) liveTargets() []scrape.Target {
	list := make([]scrape.Target, len(w.o.endpoints))
	for i, e := range w.o.endpoints {
		t := w.target(e.url, e.component, e.balanced)
		t.Name = "" // what the scraper makes of the URL
		list[i] = scrape.Target{Target: t, URL: e.url}
	}
	return list
}
