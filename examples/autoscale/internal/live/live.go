// Package live scrapes the targets of a file, and keeps its metrics.
package live

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"os"
	"sync/atomic"
	"time"

	"github.com/promfold/promfold/aggregate"
	"github.com/promfold/promfold/aggregate/catalogue"
	"github.com/promfold/promfold/aggregate/scrape"
	"github.com/promfold/promfold/examples/autoscale/internal/scaling"
)

// Fleet is the targets of a file, and the numbers to scale them by.
type Fleet struct {
	*scaling.Set
	Scraper *scrape.Scraper
	Changes Changes

	asked atomic.Bool
}

// Open reads a file, see Watch.
func Open(file string, log *slog.Logger) (*Fleet, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	config, err := scaling.Read(f)
	if err != nil {
		return nil, err
	}
	return Watch(config, log)
}

// Watch declares the metrics of a configuration. Nothing is scraped before Run.
func Watch(c scaling.Config, log *slog.Logger) (*Fleet, error) {
	var longest time.Duration
	for _, m := range c.Metrics {
		longest = max(longest, m.Window)
	}
	if longest == 0 {
		return nil, errors.New("the file has no metrics")
	}
	fleet, err := aggregate.NewFleet(aggregate.Config{Window: longest, Catalogue: catalogue.Kubernetes().View})
	if err != nil {
		return nil, err
	}
	f := &Fleet{}
	if f.Set, err = scaling.New(fleet, c); err != nil {
		return nil, err
	}
	sources := []scrape.Source{scrape.URLs(c.Targets...)}
	if c.Files != nil {
		sources = append(sources, scrape.Files(c.Files...))
	}
	f.Scraper, err = scrape.New(fleet, scrape.Config{
		Interval: c.Interval, Logger: log,
		OnReport: func(scrape.Target, aggregate.Report) { f.Changes.Note() },
		OnError:  func(scrape.Target, error) { f.Changes.Note() },
	}, sources...)
	return f, err
}

// Run scrapes until ctx ends. Whoever waits for a change is told of each scrape,
// and every second: numbers change with time, too, as what was long ago leaves
// the window.
func (f *Fleet) Run(ctx context.Context) {
	ticker := time.NewTicker(time.Second)
	defer ticker.Stop()
	go f.Changes.Follow(ctx, ticker.C)
	_ = f.Scraper.Once(ctx) // at once, and then each target at its own moment
	f.asked.Store(true)
	_ = f.Scraper.Run(ctx) // it ends with ctx
}

// Ready reports whether each target was asked once.
func (f *Fleet) Ready(*http.Request) error {
	if !f.asked.Load() {
		return errors.New("not all targets were asked yet")
	}
	return nil
}
