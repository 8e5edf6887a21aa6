package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/promfold/promfold/internal/recording"
)

// watchLive scrapes the URL every interval.
func watchLive(ctx context.Context, o options, w *watch) error {
	client, err := newClient(o)
	if err != nil {
		return err
	}
	ticker := time.NewTicker(o.interval)
	defer ticker.Stop()
	return follow(ctx, client, o, w, ticker.C, time.Now)
}

// follow scrapes at once and at every tick, until the rounds end or ctx ends.
func follow(ctx context.Context, client *http.Client, o options, w *watch, tick <-chan time.Time, now func() time.Time) error {
	if err := w.expect(now()); err != nil {
		return err
	}
	for n := 1; ; n++ {
		header, body, err := fetch(ctx, client, o)
		if ctx.Err() != nil {
			return nil // the interrupt failed the scrape, not the balancer
		}
		at := now()
		w.observe(at, header, body, err)
		if w.scrapes > 0 {
			if err := w.show(at); err != nil {
				return err
			}
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

// newClient returns a client that opens a connection for each request and
// speaks HTTP/1.1 on it, since a kept connection always reaches the same
// instance.
func newClient(o options) (*http.Client, error) {
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.DisableKeepAlives = true
	t.Protocols = new(http.Protocols)
	t.Protocols.SetHTTP1(true)
	t.TLSClientConfig = &tls.Config{InsecureSkipVerify: o.insecure}
	if o.ca != "" {
		pem, err := os.ReadFile(o.ca)
		if err != nil {
			return nil, err
		}
		t.TLSClientConfig.RootCAs = x509.NewCertPool()
		if !t.TLSClientConfig.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("%s: no certificate in it", o.ca)
		}
	}
	if o.cert != "" {
		pair, err := tls.LoadX509KeyPair(o.cert, o.key)
		if err != nil {
			return nil, err
		}
		t.TLSClientConfig.Certificates = []tls.Certificate{pair}
	}
	return &http.Client{
		Transport: t, Timeout: o.timeout,
		// A redirect could send the token to another host.
		CheckRedirect: func(*http.Request, []*http.Request) error { return errors.New("the server redirects") },
	}, nil
}

func fetch(ctx context.Context, client *http.Client, o options) (http.Header, []byte, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, o.url, nil)
	if err != nil {
		return nil, nil, err
	}
	request.Header.Set("Accept", "text/plain;version=0.0.4")
	if o.tokenFile != "" {
		token, err := os.ReadFile(o.tokenFile)
		if err != nil {
			return nil, nil, err
		}
		request.Header.Set("Authorization", "Bearer "+strings.TrimSpace(string(token)))
	}
	response, err := client.Do(request)
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
