package main

import (
	"context"
	"time"

	"github.com/promfold/promfold/aggregate"
	"github.com/promfold/promfold/aggregate/scrape"
)

// watchLive scrapes the URL every interval.
func watchLive(ctx context.Context, w *watch, now func() time.Time) error {
	if err := w.expect(now()); err != nil {
		return err
	}
	var at time.Time // of the latest scrape
	c := w.o.Scrape(now)
	c.OnScrape = func(_ scrape.Target, s *aggregate.Scrape) error {
		at = s.Time
		w.observe(at, s.Header, s.Body, nil)
		return nil
	}
	c.OnError = func(_ scrape.Target, err error) {
		at = now()
		w.observe(at, nil, nil, err)
	}
	s, err := scrape.New(nil, c, scrape.Targets(scrape.Target{Target: aggregate.Target{Name: w.o.name(), Balanced: true}, URL: w.o.url}))
	if err != nil {
		return err
	}
	return w.o.Run(ctx, func(n int) error {
		if err := s.Once(ctx); err != nil || ctx.Err() != nil || w.scrapes == 0 {
			return err
		}
		return w.show(at, n == w.o.Rounds)
	})
}
