package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/promfold/promfold/examples/internal/show"
	"github.com/promfold/promfold/internal/recording"
)

// live reads nodes from an API server, and scrapes kubelets.
type live struct {
	*watch
	api, kubelets *http.Client
	now           func() time.Time
}

func newLive(o options, w *watch) (*live, error) {
	api, err := newClient(o, o.ca, false)
	if err != nil {
		return nil, err
	}
	kubelets, err := newClient(o, o.kubeletCA, o.insecure)
	return &live{watch: w, api: api, kubelets: kubelets, now: time.Now}, err
}

func newClient(o options, ca string, insecure bool) (*http.Client, error) {
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.TLSClientConfig = &tls.Config{InsecureSkipVerify: insecure}
	if ca != "" {
		pem, err := os.ReadFile(ca)
		if err != nil {
			return nil, err
		}
		t.TLSClientConfig.RootCAs = x509.NewCertPool()
		if !t.TLSClientConfig.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("%s: no certificate in it", ca)
		}
	}
	return &http.Client{
		Transport: t, Timeout: o.timeout,
		// A redirect could send the token to another host.
		CheckRedirect: func(*http.Request, []*http.Request) error { return errors.New("the server redirects") },
	}, nil
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
			l.scrape(ctx)
		}
		if ctx.Err() != nil {
			return nil
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
	_, text, err := l.get(ctx, l.api, address)
	if err != nil {
		return nil, err
	}
	return readNodes(text)
}

// scrape scrapes all chosen kubelets at once.
func (l *live) scrape(ctx context.Context) {
	var all sync.WaitGroup
	var one sync.Mutex
	for _, d := range l.decisions {
		if !d.Scrape {
			continue
		}
		all.Go(func() {
			header, body, err := l.get(ctx, l.kubelets, "https://"+d.Target+"/metrics")
			one.Lock()
			defer one.Unlock()
			if ctx.Err() == nil {
				l.observe(d.Node, l.now(), header, body, err)
			}
		})
	}
	all.Wait()
}

func (l *live) get(ctx context.Context, client *http.Client, address string) (http.Header, []byte, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, nil, err
	}
	if l.o.tokenFile != "" {
		token, err := os.ReadFile(l.o.tokenFile)
		if err != nil {
			return nil, nil, err
		}
		request.Header.Set("Authorization", "Bearer "+strings.TrimSpace(string(token)))
	}
	response, err := client.Do(request)
	if err != nil {
		var inside *url.Error
		if errors.As(err, &inside) {
			err = inside.Err // without the URL, which the reader knows
		}
		return nil, nil, err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return nil, nil, fmt.Errorf("HTTP status %s", response.Status)
	}
	body, err := recording.ReadBody(response.Body)
	return response.Header, body, err
}
