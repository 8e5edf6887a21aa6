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

// live scrapes targets round by round.
type live struct {
	*watch
	endpoints []endpoint
	client    *http.Client
	interval  time.Duration
	rounds    int // 0: no limit
	now       func() time.Time
	census    *census // nil once the views are declared
}

func newLive(o options, w *watch) *live {
	l := &live{
		watch: w, endpoints: o.endpoints,
		client:   &http.Client{Timeout: o.timeout, Transport: http.DefaultTransport.(*http.Transport).Clone()},
		interval: o.interval, rounds: o.rounds, now: time.Now,
	}
	if len(o.specs) == 0 {
		l.census = &census{}
	}
	return l
}

func (l *live) run(ctx context.Context) error {
	ticker := time.NewTicker(l.interval)
	defer ticker.Stop()
	return l.follow(ctx, ticker.C)
}

// follow runs a round at once and one at every tick, until the rounds end or
// ctx ends.
func (l *live) follow(ctx context.Context, tick <-chan time.Time) error {
	defer l.client.CloseIdleConnections()
	names := make([]string, len(l.endpoints))
	for i, e := range l.endpoints {
		names[i] = e.name
	}
	if err := l.expect(l.now(), names); err != nil {
		return err
	}
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

// leave prints the last table once more where a live one was cut to the height
// of the terminal.
func (l *live) leave() error {
	if l.screen.settled() || !l.answered {
		return nil
	}
	return l.show(true)
}

func (l *live) show(last bool) error {
	d, err := l.document(l.now())
	if err != nil {
		return err
	}
	return l.screen.show(d, l.failing, last)
}

// round scrapes all targets at once and waits for the last of them, at most for
// the client's timeout.
func (l *live) round(ctx context.Context) error {
	type outcome struct {
		at  time.Time
		err error
	}
	outcomes := make([]outcome, len(l.endpoints))
	var all sync.WaitGroup
	for i := range l.endpoints {
		all.Go(func() { outcomes[i].at, outcomes[i].err = l.scrape(ctx, l.endpoints[i]) })
	}
	all.Wait()
	for i, o := range outcomes {
		if o.err != nil && ctx.Err() != nil {
			continue // the interrupt failed the scrape, not the target
		}
		l.note(l.endpoints[i].name, o.at, o.err)
	}
	if l.census == nil || !l.answered {
		return nil
	}
	specs, err := l.census.busiest()
	l.census = nil
	if err != nil {
		return err
	}
	return l.declare(specs)
}

// scrape fetches one target and takes in its body.
func (l *live) scrape(ctx context.Context, e endpoint) (time.Time, error) {
	header, body, err := l.fetch(ctx, e)
	at := l.now()
	if err != nil {
		return at, l.plain(err)
	}
	if err = l.ingest(e.name, at, header, body); err == nil && l.census != nil {
		err = l.census.add(header, body)
	}
	return at, err
}

// fetch gets a body. It opens a new connection to a load balancer, since a kept
// one always reaches the same instance.
func (l *live) fetch(ctx context.Context, e endpoint) (http.Header, []byte, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, e.url, nil)
	if err != nil {
		return nil, nil, err
	}
	request.Header.Set("Accept", parse.Accept)
	_, request.Close = l.balanced(e.name)
	response, err := l.client.Do(request)
	if err != nil {
		return nil, nil, err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return nil, nil, fmt.Errorf("HTTP status %s", response.Status)
	}
	body, err := recording.ReadBody(response.Body)
	return response.Header, body, err
}

// plain returns an error without URL and address, which the reader knows. It
// keeps what the fleet asks of an error: whether it was a timeout.
func (l *live) plain(err error) error {
	var late net.Error
	if errors.As(err, &late) && late.Timeout() {
		return timeoutError{l.client.Timeout}
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

// timeoutError says that a target took too long. The fleet takes such a target
// for slow, not for dead.
type timeoutError struct{ after time.Duration }

func (e timeoutError) Error() string { return fmt.Sprintf("no answer within %s", e.after) }
func (timeoutError) Timeout() bool   { return true }
