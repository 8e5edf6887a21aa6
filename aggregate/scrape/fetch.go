package scrape

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"sync"
	"time"

	"github.com/prometheus/common/config"

	"github.com/promfold/promfold/parse"
)

// StatusError is the error of a response whose status is not 200.
type StatusError struct{ Code int }

// Error returns the status with its text.
func (e *StatusError) Error() string {
	return fmt.Sprintf("HTTP status %d %s", e.Code, http.StatusText(e.Code))
}

// HTTPStatusCode returns the status: below 500 the target is alive, though it
// answers with no metrics.
func (e *StatusError) HTTPStatusCode() int { return e.Code }

// timeoutError says that a target took too long. The fleet takes such a target
// for slow, not for dead.
type timeoutError struct{ after time.Duration }

func (e timeoutError) Error() string { return fmt.Sprintf("no answer within %s", e.after) }
func (timeoutError) Timeout() bool   { return true }

// redirectError says why a redirect is not followed. The target answered.
type redirectError string

func (e redirectError) Error() string     { return string(e) }
func (redirectError) HTTPStatusCode() int { return http.StatusFound }

const errRedirect = redirectError("redirect refused")

const maxRedirects = 10

// fetcher gets bodies. It is safe for concurrent use.
type fetcher struct {
	config  config.HTTPClientConfig
	accept  string
	maxBody int64
	tokens  *tokens
	mu      sync.Mutex
	clients map[clientKey]*http.Client
}

// clientKey is what clients differ in.
type clientKey struct {
	fresh  bool   // a new HTTP/1.1 connection for each request
	host   string // host and port whose certificate is expected; empty: the URL's
	socket string // to connect to; empty: the URL's host
}

// client returns the client for a target, which keeps its connections.
func (f *fetcher) client(key clientKey) (*http.Client, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if c := f.clients[key]; c != nil {
		return c, nil
	}
	c, options := f.config, []config.HTTPClientOption{config.WithUserAgent("promfold")}
	if key.fresh {
		options = append(options, config.WithKeepAlivesDisabled(), config.WithHTTP2Disabled())
	}
	if key.host != "" && c.TLSConfig.ServerName == "" {
		c.TLSConfig.ServerName = (&url.URL{Host: key.host}).Hostname()
	}
	if key.socket != "" {
		c.ProxyConfig = config.ProxyConfig{}
	}
	if key.socket != "" || c.OAuth2 != nil {
		options = append(options, config.WithDialContextFunc(f.dialer(key.socket)))
	}
	client, err := config.NewClientFromConfig(c, "promfold", options...)
	if err != nil {
		return nil, err
	}
	if c.FollowRedirects {
		client.CheckRedirect = f.checkRedirect
	}
	f.clients[key] = client
	return client, nil
}

// scraping marks the context of a scrape.
type scraping struct{}

// dialer returns how a client connects: to targets, and, where the context is not that
// of a scrape, to servers of tokens.
func (f *fetcher) dialer(socket string) func(ctx context.Context, network, address string) (net.Conn, error) {
	var d net.Dialer
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		switch {
		case ctx.Value(scraping{}) == nil:
			return f.tokens.dial(network, address)
		case socket != "":
			return d.DialContext(ctx, "unix", socket)
		}
		return d.DialContext(ctx, network, address)
	}
}

// keep drops the clients that are not used any more.
func (f *fetcher) keep(used map[clientKey]bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for key, c := range f.clients {
		if !used[key] {
			c.CloseIdleConnections()
			delete(f.clients, key)
		}
	}
}

// close closes the connections that are idle.
func (f *fetcher) close() {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, c := range f.clients {
		c.CloseIdleConnections()
	}
}

func (f *fetcher) checkRedirect(to *http.Request, via []*http.Request) error {
	from := via[0].URL
	switch {
	case len(via) >= maxRedirects:
		return fmt.Errorf("%w: the %dth in a row", errRedirect, maxRedirects)
	case !f.hasCredentials():
		return nil
	case to.URL.Host != from.Host && to.URL.Host != via[0].Host: // of an address that was looked up, the name
		return fmt.Errorf("%w: %s would get the credentials for %s", errRedirect, to.URL.Host, from.Host)
	case from.Scheme == "https" && to.URL.Scheme != "https":
		return fmt.Errorf("%w: the credentials would leave TLS", errRedirect)
	}
	return nil
}

func (f *fetcher) hasCredentials() bool {
	c := &f.config
	return c.BasicAuth != nil || c.Authorization != nil || c.OAuth2 != nil || c.HTTPHeaders != nil ||
		c.BearerToken != "" || c.BearerTokenFile != ""
}

// fetch reads the answer of a target into body, as it was sent: compressed. The
// error does not name the target, which the reader knows.
func (f *fetcher) fetch(ctx context.Context, e *endpoint, body *bytes.Buffer) (http.Header, error) {
	client, err := f.client(e.client())
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(context.WithValue(ctx, scraping{}, true), e.timeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, e.URL, nil)
	if err != nil {
		return nil, plain(err)
	}
	request.Host = cmp.Or(e.host, request.Host)
	request.Header.Set("Accept", f.accept)
	request.Header.Set("Accept-Encoding", parse.AcceptEncoding)
	request.Header.Set("X-Prometheus-Scrape-Timeout-Seconds", strconv.FormatFloat(e.timeout.Seconds(), 'f', -1, 64))
	header, err := f.get(client, request, body)
	switch {
	case err == nil:
		return header, nil
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return nil, timeoutError{e.timeout}
	}
	return nil, plain(err)
}

func (f *fetcher) get(client *http.Client, request *http.Request, body *bytes.Buffer) (http.Header, error) {
	response, err := client.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return nil, &StatusError{response.StatusCode}
	}
	if response.ContentLength > f.maxBody {
		return nil, f.tooLong()
	}
	n, err := body.ReadFrom(io.LimitReader(response.Body, f.maxBody+1))
	if err == nil && n > f.maxBody {
		err = f.tooLong()
	}
	return response.Header, err
}

func (f *fetcher) tooLong() error {
	return fmt.Errorf("%w: more than %d bytes were sent", parse.ErrLimit, f.maxBody)
}

// plain returns an error without URL and address.
func plain(err error) error {
	var request *url.Error
	if errors.As(err, &request) {
		err = request.Err
	}
	var connection *net.OpError
	if errors.As(err, &connection) && connection.Op != "remote error" { // that is an alert of TLS
		err = connection.Err
	}
	return err
}
