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

func newLive(w *watch) (*live, error) {
	l := &live{watch: w, now: time.Now}
	var err error
	if l.api, err = config.NewClientFromConfig(w.o.client(), "kubelets"); err != nil {
		return nil, err
	}
	l.api.Timeout = w.o.Timeout
	c := w.o.Scrape(func() time.Time { return l.now() })
	c.HTTP.FollowRedirects = false
	c.HTTP.TLSConfig.CAFile = w.o.kubeletCA
	c.OnScrape = func(t scrape.Target, s *aggregate.Scrape) error {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.observe(t.Name, s.Time, s.Header, s.Body, nil)
		return nil
	}
	c.OnError = func(t scrape.Target, err error) {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.observe(t.Name, l.now(), nil, nil, err)
	}
	l.kubelets, err = scrape.New(nil, c, l.targets)
	return l, err
}

// client returns the settings of the client of the API server. It follows no
// redirect, which could send the token to another host.
func (o *options) client() config.HTTPClientConfig {
	c := o.HTTP()
	c.FollowRedirects = false
	c.TLSConfig.InsecureSkipVerify = false
	return c
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

// run decides once, or with -scrape every interval.
func (l *live) run(ctx context.Context) error {
	if !l.o.scrape {
		l.o.Rounds = 1
	}
	return l.o.Run(ctx, func(n int) error { return l.round(ctx, n == l.o.Rounds) })
}

func (l *live) round(ctx context.Context, last bool) error {
	nodes, err := l.nodes(ctx)
	switch {
	case err == nil:
		if err := l.plan(nodes, l.now()); err != nil {
			return err
		}
	case l.decisions == nil || ctx.Err() != nil:
		return err
	default:
		l.screen.Say(fmt.Sprintf("kubelets: the nodes are those of the round before: %s", err))
	}
	if l.o.scrape {
		err := l.kubelets.Once(ctx)
		if ctx.Err() != nil {
			return err
		}
		if err != nil {
			l.screen.Say(fmt.Sprintf("kubelets: %s", err))
		}
	}
	return l.show(last)
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
