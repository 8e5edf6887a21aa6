package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/promfold/promfold/parse"
)

// live asks targets for their metrics, round by round.
type live struct {
	*watch
	endpoints []endpoint
	bodies    []bytes.Buffer // one an endpoint
	client    *http.Client
	interval  time.Duration
	rounds    int // 0: without end
	now       func() time.Time
	census    *census // nil: it is known what to ask
}

func newLive(o options, w *watch) *live {
	l := &live{
		watch: w, endpoints: o.endpoints, bodies: make([]bytes.Buffer, len(o.endpoints)),
		client:   &http.Client{Timeout: o.timeout, Transport: http.DefaultTransport.(*http.Transport).Clone()},
		interval: o.interval, rounds: o.rounds, now: time.Now,
	}
	if len(o.specs) == 0 {
		l.census = &census{}
	}
	names := make([]string, len(l.endpoints))
	for i, e := range l.endpoints {
		names[i] = e.name
	}
	w.expect(names)
	return l
}

func (l *live) run(ctx context.Context) error {
	ticker := time.NewTicker(l.interval)
	defer ticker.Stop()
	return l.follow(ctx, ticker.C)
}

// follow holds a round at once and one at every tick, until their number is
// reached or ctx ends.
func (l *live) follow(ctx context.Context, tick <-chan time.Time) error {
	defer l.client.CloseIdleConnections()
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

// leave makes sure that the last table stays to be read.
func (l *live) leave() error {
	if l.screen.settled() || !l.answered() {
		return nil
	}
	return l.show(true)
}

func (l *live) show(last bool) error {
	at := l.now()
	if at.Before(l.last) {
		at = l.last // the clock was set back
	}
	d, err := l.document(at)
	if err != nil {
		return err
	}
	return l.screen.show(d, l.failing, last)
}

// round asks all targets at once and waits for the last, which the client's
// timeout bounds.
func (l *live) round(ctx context.Context) error {
	type outcome struct {
		at  time.Time
		err error
	}
	outcomes := make([]outcome, len(l.endpoints))
	var all sync.WaitGroup
	for i := range l.endpoints {
		all.Go(func() { outcomes[i].at, outcomes[i].err = l.scrape(ctx, i) })
	}
	all.Wait()
	for i, o := range outcomes {
		if o.err != nil && ctx.Err() != nil {
			continue // we went away, not the target
		}
		l.note(l.endpoints[i].name, o.at, o.err)
	}
	if l.census == nil || !l.answered() {
		return nil
	}
	specs, err := l.census.busiest()
	l.census = nil
	if err != nil {
		return err
	}
	return l.declare(specs)
}

// scrape asks one target and takes in what it says.
func (l *live) scrape(ctx context.Context, i int) (time.Time, error) {
	header, err := l.fetch(ctx, l.endpoints[i].url, matches(l.balanced, l.endpoints[i].name), &l.bodies[i])
	at := l.now()
	if err != nil {
		return at, l.plain(err)
	}
	body := l.bodies[i].Bytes()
	if err = l.observe(l.endpoints[i].name, at, header, body); err == nil && l.census != nil {
		err = l.census.add(body, header.Get("Content-Type"))
	}
	return at, err
}

// fetch gets a body; on a fresh connection where a kept one would always reach
// the same instance.
func (l *live) fetch(ctx context.Context, url string, fresh bool, body *bytes.Buffer) (http.Header, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	request.Header.Set("Accept", parse.Accept)
	request.Close = fresh
	response, err := l.client.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return nil, statusError(response.StatusCode)
	}
	body.Reset()
	return response.Header, readBody(body, response.Body, bodyLimit)
}

// plain says what went wrong without URL and address, which the reader knows.
func (l *live) plain(err error) error {
	var late net.Error
	if errors.As(err, &late) && late.Timeout() {
		return fmt.Errorf("no answer within %s", l.client.Timeout)
	}
	var connection *net.OpError
	if errors.As(err, &connection) {
		return connection.Err
	}
	var request *url.Error
	if errors.As(err, &request) {
		return request.Err
	}
	return err
}

// statusError is an answer that is not 200.
type statusError int

func (s statusError) Error() string {
	return fmt.Sprintf("HTTP status %d %s", int(s), http.StatusText(int(s)))
}
