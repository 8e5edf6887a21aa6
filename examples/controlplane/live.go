package main

import (
	"context"
	"errors"
	"time"

	"github.com/promfold/promfold/aggregate"
	"github.com/promfold/promfold/aggregate/scrape"
)

// live scrapes the endpoints, each at its own moment of the interval, and makes
// a page after each interval.
func (w *watcher) live(ctx context.Context, each func(*Page) error) error {
	c := w.o.Scrape(time.Now)
	if a := w.board.audit; a != nil {
		if err := a.start(time.Now(), false); err != nil {
			return err
		}
	}
	c.OnScrape = func(t scrape.Target, s *aggregate.Scrape) error { w.board.audit.take(t.Name, s.Time); return nil }
	c.OnReport = func(t scrape.Target, _ aggregate.Report) { w.note(t.Name, time.Now(), nil) }
	c.OnError = func(t scrape.Target, err error) { w.note(t.Name, time.Now(), err) }
	s, err := scrape.New(w.board.fleet, c, scrape.Targets(w.liveTargets()...))
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	if err := s.Once(ctx); err != nil && ctx.Err() == nil {
		return err
	}
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx) }()
	err = w.o.Run(ctx, func(int) error {
		select {
		case err := <-ended: // it ends by itself only if a source is wrong
			ended <- err
			return err
		default:
			return w.take(time.Now(), each)
		}
	})
	stop()
	return errors.Join(err, ignoreCancel(<-ended))
}

func ignoreCancel(err error) error {
	if errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}

func (w *watcher) liveTargets() []scrape.Target {
	list := make([]scrape.Target, len(w.o.endpoints))
	for i, e := range w.o.endpoints {
		list[i] = scrape.Target{Target: w.target("", e.component, e.balanced), URL: e.url}
	}
	return list
}
