package main

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/promfold/promfold/examples/internal/example"
)

// options are the command line.
type options struct {
	example.Replay
	example.Live
	example.Output
	endpoints []endpoint // live targets; none: a replay
	globs     []string
	balancers []balancer
	specs     []spec // counters, gauges, histograms
	levels    []float64
	window    time.Duration // sinceStart, or how far to look back
}

// sinceStart is the window that begins with the first scrape.
const sinceStart time.Duration = 0

// endpoint is a live target: its name and its URL.
type endpoint struct{ name, url string }

// balancer selects targets that are load balancers.
type balancer struct {
	glob      string
	instances int // behind each of them; 0: unknown
}

const usage = `usage: fleet [flags]               replay the recording inside the program
       fleet [flags] -replay DIR   replay DIR: manifest.jsonl and gzipped bodies
       fleet [flags] URL URL URL   scrape each URL every interval

SPEC is  metric{label="v",label!="v",label=~"re",label!~"re"} by (a,b)
The braces and by (or without) are optional. For a gauge an operation may
stand in front, one of sum, min, max, mean, consensus:
max(metric{label="v"}) by (a)

What the columns mean stands in examples/fleet/README.md.

`

func parseFlags(args []string, stderr io.Writer) (options, error) {
	o := options{Live: example.Live{Interval: 5 * time.Second}, levels: []float64{0.5, 0.99}, window: -1}
	var given [len(kinds)][]spec
	fs := example.NewFlags("fleet", usage)
	o.Replay.AddTo(fs)
	o.Live.AddTo(fs)
	o.Output.AddTo(fs)
	fs.Func("target", "replay the targets that match one of `GLOB[,GLOB]` (default: text from /metrics, not through a balancer)", o.addGlobs)
	fs.Func("balanced", "the targets that match GLOB are load balancers with N instances behind each: `GLOB[=N][,GLOB[=N]]`; without N, or with N = 0, the number is unknown; a GLOB that contains = needs =N", o.addBalancers)
	for k, name := range kinds {
		fs.Func(name, "show the "+name+" of `SPEC`; may be repeated", func(s string) error {
			sp, err := parseSpec(kind(k), s)
			given[k] = append(given[k], sp)
			return err
		})
	}
	fs.Func("q", "quantiles of histograms, `q[,q]` from 0 to 1 (default 0.5,0.99)", o.setLevels)
	fs.Func("window", "the `duration` to look back, or all (default: 5m live, all in a replay)", o.setWindow)
	err := fs.Parse(args, stderr, func(urls []string) (err error) {
		o.specs = slices.Concat(given[:]...)
		if o.endpoints, err = endpoints(urls); err != nil {
			return err
		}
		return o.complete()
	})
	return o, err
}

// complete sets the defaults that depend on other flags.
func (o *options) complete() error {
	live := len(o.endpoints) > 0
	switch {
	case live && o.Dir != "":
		return errors.New("-replay and URLs exclude each other")
	case live && (o.globs != nil || o.Scenarios != nil):
		return errors.New("-target and -scenario select from a recording; all URLs are scraped")
	}
	if o.window < 0 {
		o.window = sinceStart
		if live {
			o.window = 5 * time.Minute
		}
	}
	return o.Live.Complete()
}

func (o *options) addGlobs(s string) error {
	for glob := range strings.SplitSeq(s, ",") {
		if _, err := path.Match(glob, ""); err != nil {
			return fmt.Errorf("%q: %w", glob, err)
		}
		o.globs = append(o.globs, glob)
	}
	return nil
}

func (o *options) addBalancers(s string) error {
	for text := range strings.SplitSeq(s, ",") {
		b := balancer{glob: text}
		if i := strings.LastIndexByte(text, '='); i >= 0 {
			n, err := strconv.Atoi(text[i+1:])
			if err != nil || n < 0 {
				return fmt.Errorf("%q: after = comes a number of instances, 0 if it is unknown", text)
			}
			b = balancer{text[:i], n}
		}
		if _, err := path.Match(b.glob, ""); err != nil {
			return fmt.Errorf("%q: %w", b.glob, err)
		}
		o.balancers = append(o.balancers, b)
	}
	return nil
}

func matches(glob, target string) bool {
	ok, _ := path.Match(glob, target) // the flags refuse a bad glob
	return ok
}

func (o *options) setLevels(s string) error {
	o.levels = nil
	for part := range strings.SplitSeq(s, ",") {
		q, err := strconv.ParseFloat(strings.TrimSpace(part), 64)
		if err != nil || !(q >= 0 && q <= 1) {
			return fmt.Errorf("%q is not a number from 0 to 1", part)
		}
		if !slices.Contains(o.levels, q) {
			o.levels = append(o.levels, q)
		}
	}
	return nil
}

func (o *options) setWindow(s string) error {
	if s == "all" {
		o.window = sinceStart
		return nil
	}
	d, err := time.ParseDuration(s)
	switch {
	case err != nil:
		return errors.New("neither a duration nor all")
	case d < time.Second:
		return errors.New("shorter than 1s")
	}
	o.window = d
	return nil
}

// endpoints names the target of each URL by host and port, and by the rest too
// if several URLs share those. A URL given twice is scraped once.
func endpoints(urls []string) ([]endpoint, error) {
	parsed := make([]*url.URL, 0, len(urls))
	sharing := map[string]int{}
	seen := map[string]bool{}
	for _, raw := range urls {
		u, err := example.URL(raw)
		if err != nil {
			return nil, err
		}
		if key := address(u) + u.RequestURI(); !seen[key] {
			seen[key] = true
			sharing[address(u)]++
			parsed = append(parsed, u)
		}
	}
	list := make([]endpoint, len(parsed))
	for i, u := range parsed {
		list[i] = endpoint{name: address(u), url: u.String()}
		if sharing[address(u)] > 1 {
			list[i].name += u.RequestURI()
		}
	}
	return list, nil
}

func address(u *url.URL) string {
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
	}
	return net.JoinHostPort(strings.ToLower(u.Hostname()), port)
}
