package main

import (
	"bytes"
	"context"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/promfold/promfold/aggregate"
	"github.com/promfold/promfold/aggregate/scrape"
	"github.com/promfold/promfold/parse"
)

// watchLive scrapes all shards every interval.
func watchLive(ctx context.Context, o options, s *screen, now func() time.Time) error {
	a := &answers{of: map[string]reading{}}
	scraper, err := a.scraper(o)
	if err != nil {
		return err
	}
	w := newWatch()
	return o.Run(ctx, func(int) error {
		// All at once: between two answers an object may move, and then seems to
		// be in two shards or in none.
		if err := scraper.Once(ctx); err != nil || ctx.Err() != nil {
			return err
		}
		r := a.round(o)
		r.at = now()
		return s.show(w.observe("", r))
	})
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
	c := o.Scrape(time.Now)
	c.Accept = parse.AcceptText
	c.OnScrape = func(t scrape.Target, s *aggregate.Scrape) error {
		a.set(t.Name, reading{header: s.Header, body: bytes.Clone(s.Body)})
		return nil
	}
	c.OnError = func(t scrape.Target, err error) { a.set(t.Name, reading{err: err}) }
	return scrape.New(nil, c, scrape.Targets(targets...))
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
