package main

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"sync"
	"time"

	"github.com/prometheus/common/config"

	"github.com/promfold/promfold/aggregate"
	"github.com/promfold/promfold/aggregate/scrape"
	"github.com/promfold/promfold/examples/internal/show"
	"github.com/promfold/promfold/internal/recording"
)

// live reads nodes from an API server, and scrapes kubelets.
type live struct {
	*watch
	api      *http.Client
	kubelets *scrape.Scraper
	now      func() time.Time
	mu       sync.Mutex // over watch, while kubelets are scraped
}

func newLive(o options, w *watch) (*live, error) {
	l := &live{watch: w, now: time.Now}
	var err error
	if l.api, err = config.NewClientFromConfig(o.client(o.ca, false), "kubelets"); err != nil {
		return nil, err
	}
	l.api.Timeout = o.timeout
	l.kubelets, err = scrape.New(nil, scrape.Config{
		Interval: max(o.interval, o.timeout), Timeout: o.timeout, HTTP: o.client(o.kubeletCA, o.insecure),
		Now: func() time.Time { return l.now() },
		OnScrape: func(t scrape.Target, s *aggregate.Scrape) error {
			l.mu.Lock()
			defer l.mu.Unlock()
			l.observe(t.Name, s.Time, s.Header, s.Body, nil)
			return nil
		},
		OnError: func(t scrape.Target, err error) {
			l.mu.Lock()
			defer l.mu.Unlock()
			l.observe(t.Name, l.now(), nil, nil, err)
		},
	}, l.targets)
	return l, err
}

// client returns the settings of an HTTP client. It follows no redirect, which
// could send the token to another host.
func (o *options) client(ca string, insecure bool) config.HTTPClientConfig {
	return config.HTTPClientConfig{
		EnableHTTP2: true, ProxyConfig: config.ProxyConfig{ProxyFromEnvironment: true}, BearerTokenFile: o.tokenFile,
		TLSConfig: config.TLSConfig{CAFile: ca, InsecureSkipVerify: insecure},
	}
}

// targets is a source of the chosen kubelets.
func (l *live) targets(_ context.Context, set func([]scrape.Target)) error {
	var list []scrape.Target
	for _, d := range l.decisions {
		if d.Scrape {
			list = append(list, scrape.Target{Target: aggregate.Target{Name: d.Node}, URL: "https://" + d.Target})
		}
	}
	set(list)
	return nil
}

// watchLive decides once, or with -scrape every interval.
func watchLive(ctx context.Context, o options, w *watch) error {
	l, err := newLive(o, w)
	if err != nil {
		return err
	}
	ticker := time.NewTicker(o.interval)
	defer ticker.Stop()
	return l.follow(ctx, ticker.C)
}

// follow runs a round at once and one at every tick, until the rounds end or
// ctx ends.
func (l *live) follow(ctx context.Context, tick <-chan time.Time) error {
	for n := 1; ; n++ {
		nodes, err := l.nodes(ctx)
		if ctx.Err() != nil {
			return nil // the interrupt failed the request, not the server
		}
		switch {
		case err == nil:
			if err := l.plan(nodes, l.now()); err != nil {
				return err
			}
		case l.decisions == nil:
			return err
		default:
			fmt.Fprintf(l.stderr, "kubelets: the nodes are those of the round before: %s\n", show.Text(err.Error()))
		}
		if l.o.scrape {
			err = l.kubelets.Once(ctx)
		}
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			fmt.Fprintf(l.stderr, "kubelets: %s\n", show.Text(err.Error()))
		}
		if err := l.show(); err != nil || !l.o.scrape || n == l.o.rounds {
			return err
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick:
		}
	}
}

func (l *live) nodes(ctx context.Context) ([]node, error) {
	if l.o.nodes != "" {
		text, err := os.ReadFile(l.o.nodes)
		if err != nil {
			return nil, err
		}
		return readNodes(text)
	}
	address, err := url.JoinPath(l.o.apiserver, "/api/v1/nodes")
	if err != nil {
		return nil, err
	}
	text, err := l.get(ctx, address)
	if err != nil {
		return nil, err
	}
	return readNodes(text)
}

// get reads what the API server has at an address.
func (l *live) get(ctx context.Context, address string) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, err
	}
	response, err := l.api.Do(request)
	if err != nil {
		return nil, err.(*url.Error).Err // without the URL, which the reader knows
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return nil, &scrape.StatusError{Code: response.StatusCode}
	}
	return recording.ReadBody(response.Body)
}
