package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/promfold/promfold/internal/recording"
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
	client, w := &http.Client{Timeout: o.timeout}, newWatch()
	for n := 1; ; n++ {
		r := scrape(ctx, client, o)
		if ctx.Err() != nil {
			return nil // the interrupt failed the scrapes, not the shards
		}
		r.at = now()
		if err := s.show(w.observe("", r)); err != nil {
			return err
		}
		if n == o.rounds {
			return nil
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick:
		}
	}
}

// scrape scrapes all at once. Between two answers an object may move, and then
// seems to be in two shards or in none, so they should be close in time.
func scrape(ctx context.Context, client *http.Client, o options) round {
	r := round{readings: make([]reading, len(o.urls))}
	var all sync.WaitGroup
	for i, address := range o.urls {
		x := &r.readings[i]
		x.shard = address
		all.Go(func() { x.header, x.body, x.err = get(ctx, client, address) })
		if o.telemetry != nil {
			all.Go(func() { x.about, x.telemetry, _ = get(ctx, client, o.telemetry[i]) })
		}
	}
	if o.store != "" {
		all.Go(func() {
			if header, body, err := get(ctx, client, o.store); err == nil {
				r.stored = storedPods(header, body)
			}
		})
	}
	all.Wait()
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

func get(ctx context.Context, client *http.Client, address string) (http.Header, []byte, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, nil, err
	}
	request.Header.Set("Accept", "text/plain;version=0.0.4")
	response, err := client.Do(request)
	if err != nil {
		return nil, nil, plain(err, client.Timeout)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return nil, nil, fmt.Errorf("HTTP status %s", response.Status)
	}
	body, err := recording.ReadBody(response.Body)
	return response.Header, body, err
}

// plain returns an error without the URL, which the reader knows.
func plain(err error, timeout time.Duration) error {
	var late net.Error
	if errors.As(err, &late) && late.Timeout() {
		return fmt.Errorf("no answer within %s", timeout)
	}
	var request *url.Error
	if errors.As(err, &request) {
		return request.Err
	}
	return err
}
