package main

import (
	"context"
	"time"

	"github.com/prometheus/common/config"

	"github.com/promfold/promfold/aggregate"
	"github.com/promfold/promfold/aggregate/scrape"
)

// watchLive scrapes the URL every interval.
func watchLive(ctx context.Context, o options, w *watch) error {
	ticker := time.NewTicker(o.interval)
	defer ticker.Stop()
	return follow(ctx, o, w, ticker.C, time.Now)
}

// follow scrapes at once and at every tick, until the rounds end or ctx ends.
func follow(ctx context.Context, o options, w *watch, tick <-chan time.Time, now func() time.Time) error {
	if err := w.expect(now()); err != nil {
		return err
	}
	var at time.Time // of the latest scrape
	s, err := scrape.New(nil, scrape.Config{
		Interval: max(o.interval, o.timeout), Timeout: o.timeout, HTTP: o.client(), Now: now,
		OnScrape: func(_ scrape.Target, s *aggregate.Scrape) error {
			at = s.Time
			w.observe(at, s.Header, s.Body, nil)
			return nil
		},
		OnError: func(_ scrape.Target, err error) {
			at = now()
			w.observe(at, nil, nil, err)
		},
	}, scrape.Targets(scrape.Target{Target: aggregate.Target{Name: o.name(), Balanced: true}, URL: o.url}))
	if err != nil {
		return err
	}
	for n := 1; ; n++ {
		err := s.Once(ctx)
		if ctx.Err() != nil {
			return nil // the interrupt failed the scrape, not the balancer
		}
		if err == nil && w.scrapes > 0 {
			err = w.show(at)
		}
		if err != nil || n == o.rounds {
			return err
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick:
		}
	}
}

// client returns the settings of the HTTP client.
func (o *options) client() config.HTTPClientConfig {
	c := config.DefaultHTTPClientConfig
	c.ProxyFromEnvironment = true
	c.BearerTokenFile = o.tokenFile
	c.TLSConfig = config.TLSConfig{CAFile: o.ca, CertFile: o.cert, KeyFile: o.key, InsecureSkipVerify: o.insecure}
	return c
}
