package main

import (
	"bytes"
	"context"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/prometheus/common/config"

	"github.com/promfold/promfold/aggregate"
	"github.com/promfold/promfold/aggregate/scrape"
	"github.com/promfold/promfold/parse"
)

// watchLive scrapes all shards every interval.
func watchLive(ctx context.Context, o options, s *screen) error {
	ticker := time.NewTicker(o.interval)
	defer ticker.Stop()
	return follow(ctx, o, s, ticker.C, time.Now)
}

// follow runs a round at once and one at every tick, until the rounds end or
// ctx ends.
func follow(ctx context.Context, o options, s *screen, tick <-chan time.Time, now func() time.Time) error {
	a := &answers{of: map[string]reading{}}
	scraper, err := a.scraper(o)
	if err != nil {
		return err
	}
	w := newWatch()
	for n := 1; ; n++ {
		// All at once: between two answers an object may move, and then seems to
		// be in two shards or in none.
		err := scraper.Once(ctx)
		if ctx.Err() != nil {
			return nil // the interrupt failed the scrapes, not the shards
		}
		if err != nil {
			return err
		}
		r := a.round(o)
		r.at = now()
		if err := s.show(w.observe("", r)); err != nil || n == o.rounds {
			return err
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick:
		}
	}
}

// answers are what the targets of a round said, by URL.
type answers struct {
	mu sync.Mutex
	of map[string]reading
}

func (a *answers) set(url string, x reading) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.of[url] = x
}

// scraper returns a scraper of all targets, whose answers a keeps.
func (a *answers) scraper(o options) (*scrape.Scraper, error) {
	var targets []scrape.Target
	for _, url := range slices.Concat(o.urls, o.telemetry, []string{o.store}) {
		if url != "" {
			targets = append(targets, scrape.Target{Target: aggregate.Target{Name: url}, URL: url})
		}
	}
	client := config.DefaultHTTPClientConfig
	client.ProxyFromEnvironment = true
	return scrape.New(nil, scrape.Config{
		Interval: max(o.interval, o.timeout), Timeout: o.timeout, HTTP: client, Accept: parse.AcceptText,
		OnScrape: func(t scrape.Target, s *aggregate.Scrape) error {
			a.set(t.Name, reading{header: s.Header, body: bytes.Clone(s.Body)})
			return nil
		},
		OnError: func(t scrape.Target, err error) { a.set(t.Name, reading{err: err}) },
	}, scrape.Targets(targets...))
}

// round returns the answers of a round.
func (a *answers) round(o options) round {
	r := round{readings: make([]reading, len(o.urls))}
	for i, url := range o.urls {
		x := a.of[url]
		x.shard = url
		if o.telemetry != nil {
			t := a.of[o.telemetry[i]]
			x.about, x.telemetry = t.header, t.body
		}
		r.readings[i] = x
	}
	if x := a.of[o.store]; x.body != nil {
		r.stored = storedPods(x.header, x.body)
	}
	return r
}

// storedPods returns the number of pods that an API server exposes. It counts
// them once a minute.
func storedPods(header http.Header, body []byte) *stored {
	samples, err := parse.Samples(header, body)
	if err != nil {
		return nil
	}
	for _, s := range samples {
		name := s.Name == "apiserver_storage_objects" || s.Name == "apiserver_resource_objects"
		if name && s.Labels.Get("resource") == "pods" && s.Value >= 0 { // −1: it could not count
			return &stored{pods: int(s.Value)}
		}
	}
	return nil
}
