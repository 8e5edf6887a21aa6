package scrape

import (
	"cmp"
	"errors"
	"fmt"
	"net/url"
	"reflect"
	"strings"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/relabel"

	"github.com/promfold/promfold/aggregate"
)

// Target is an address to fetch. An empty Name is the URL's host and port, with
// path and query unless they are /metrics. The URL of a socket, unix:///run/x.sock,
// reads /metrics there, and its path is the default name. Labels that begin with __ are for
// relabelling; they stand before what the URL says.
type Target struct {
	aggregate.Target
	URL string // http, https or unix; without a path: /metrics; empty: the labels say it

	host string // the name to ask for where the URL has an address
}

// defaultPath is the path of a URL that has none.
const defaultPath = "/metrics"

// endpoint is a target that is ready to be fetched: its name, labels and URL
// are final.
type endpoint struct {
	Target
	interval, timeout time.Duration
	socket            string // the file to connect to; empty: the URL's host
}

// same reports whether nothing changed.
func (e *endpoint) same(o *endpoint) bool { return reflect.DeepEqual(e, o) }

// client returns what its client has to be like.
func (e *endpoint) client() clientKey { return clientKey{e.Balanced, e.host, e.socket} }

// ready relabels a target and fills in what it leaves open; ok is false if a
// rule drops it.
func (c *Config) ready(t Target) (e endpoint, ok bool, err error) {
	u, socket, err := parseTarget(t.URL)
	if err != nil {
		return e, false, err
	}
	b := labels.NewBuilder(t.Labels)
	describeURL(b, u)
	if !relabel.ProcessBuilder(b, c.Relabel...) {
		return e, false, nil
	}
	e = endpoint{Target: t, interval: c.Interval, timeout: c.Timeout, socket: socket}
	if err := e.setTimes(b); err != nil {
		return e, false, err
	}
	before := u.Host
	if err := applyLabels(b, u); err != nil {
		return e, false, err
	}
	if u.Host != before {
		e.host, e.socket = "", ""
	}
	b.Range(func(l labels.Label) {
		if strings.HasPrefix(l.Name, model.ReservedLabelPrefix) {
			b.Del(l.Name)
		}
	})
	e.URL, e.Labels = u.String(), b.Labels()
	if e.Name == "" {
		e.Name = cmp.Or(e.socket, nameOf(u))
	}
	return e, true, nil
}

// socketHost is what a server on a socket is asked as.
const socketHost = "localhost"

// parseTarget reads the URL of a target. That of a socket stands for a server
// behind it.
func parseTarget(s string) (u *url.URL, socket string, err error) {
	if rest, ok := strings.CutPrefix(s, "unix://"); ok {
		if !strings.HasPrefix(rest, "/") {
			return nil, "", fmt.Errorf("%q has no absolute path of a socket", s)
		}
		return &url.URL{Scheme: "http", Host: socketHost, Path: defaultPath}, rest, nil
	}
	u, err = parseURL(s)
	return u, "", err
}

// parseURL reads the URL of a target; an empty one has its host in the labels.
func parseURL(s string) (*url.URL, error) {
	if s == "" {
		return &url.URL{Scheme: "http", Path: defaultPath}, nil
	}
	u, err := url.Parse(s)
	switch {
	case err != nil:
		return nil, errors.New("the URL cannot be read") // url.Error would repeat a password
	case u.Scheme != "http" && u.Scheme != "https", u.Hostname() == "":
		return nil, fmt.Errorf("%q is not an http or https URL", u.Redacted())
	case u.Path == "":
		u.Path = defaultPath
	}
	return u, nil
}

// describeURL sets the labels that stand for a URL, unless they are set.
func describeURL(b *labels.Builder, u *url.URL) {
	set := func(name, value string) {
		if b.Get(name) == "" {
			b.Set(name, value)
		}
	}
	set(model.AddressLabel, u.Host)
	set(model.SchemeLabel, u.Scheme)
	set(model.MetricsPathLabel, u.Path)
	for k, v := range u.Query() {
		set(model.ParamLabelPrefix+k, v[0])
	}
}

// applyLabels changes u to what the labels say.
func applyLabels(b *labels.Builder, u *url.URL) error {
	address, scheme, path := b.Get(model.AddressLabel), b.Get(model.SchemeLabel), b.Get(model.MetricsPathLabel)
	switch {
	case address == "" || strings.ContainsAny(address, "/@?#"):
		return fmt.Errorf("%q is not an address", address)
	case scheme != "http" && scheme != "https":
		return fmt.Errorf("%q is neither http nor https", scheme)
	}
	u.Host, u.Scheme = address, scheme
	if path != u.Path {
		u.Path, u.RawPath = path, ""
		if !strings.HasPrefix(path, "/") {
			u.Path = "/" + path
		}
	}
	query, changed := u.Query(), false
	b.Range(func(l labels.Label) {
		if k, ok := strings.CutPrefix(l.Name, model.ParamLabelPrefix); ok && query.Get(k) != l.Value {
			query[k] = append([]string{l.Value}, query[k][min(1, len(query[k])):]...)
			changed = true
		}
	})
	if changed {
		u.RawQuery = query.Encode()
	}
	return nil
}

// setTimes takes the interval and the timeout from labels that hold them.
func (e *endpoint) setTimes(b *labels.Builder) error {
	for name, d := range map[string]*time.Duration{model.ScrapeIntervalLabel: &e.interval, model.ScrapeTimeoutLabel: &e.timeout} {
		text := b.Get(name)
		if text == "" {
			continue
		}
		x, err := model.ParseDuration(text)
		if err != nil || x == 0 {
			return fmt.Errorf("%s: %q is not a positive duration", name, text)
		}
		*d = time.Duration(x)
	}
	e.timeout = min(e.timeout, e.interval)
	return nil
}

func nameOf(u *url.URL) string {
	if rest := u.RequestURI(); rest != defaultPath {
		return u.Host + rest
	}
	return u.Host
}
