// Package live scrapes the targets of a file, and keeps its metrics.
package live

import (
	"errors"
	"log/slog"
	"os"
	"time"

	"github.com/promfold/promfold/aggregate"
	"github.com/promfold/promfold/aggregate/catalogue"
	"github.com/promfold/promfold/aggregate/scrape"
	"github.com/promfold/promfold/examples/autoscale/internal/scaling"
)

// Open reads a file, see Watch.
func Open(file string, log *slog.Logger, changed func()) (*scaling.Set, *scrape.Scraper, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, nil, err
	}
	defer f.Close()
	config, err := scaling.Read(f)
	if err != nil {
		return nil, nil, err
	}
	return Watch(config, log, changed)
}

// Watch declares the metrics of a configuration, and returns them with what
// scrapes its targets. After each scrape, and each that failed, it calls changed.
func Watch(c scaling.Config, log *slog.Logger, changed func()) (*scaling.Set, *scrape.Scraper, error) {
	var longest time.Duration
	for _, m := range c.Metrics {
		longest = max(longest, m.Window)
	}
	if longest == 0 {
		return nil, nil, errors.New("the file has no metrics")
	}
	fleet, err := aggregate.NewFleet(aggregate.Config{Window: longest, Catalogue: catalogue.Kubernetes().View})
	if err != nil {
		return nil, nil, err
	}
	set, err := scaling.New(fleet, c)
	if err != nil {
		return nil, nil, err
	}
	sources := []scrape.Source{scrape.URLs(c.Targets...)}
	if c.Files != nil {
		sources = append(sources, scrape.Files(c.Files...))
	}
	scraper, err := scrape.New(fleet, scrape.Config{
		Interval: c.Interval, Logger: log,
		OnReport: func(scrape.Target, aggregate.Report) { changed() },
		OnError:  func(scrape.Target, error) { changed() },
	}, sources...)
	return set, scraper, err
}
