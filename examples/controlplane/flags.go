package main

import (
	_ "embed"
	"errors"
	"fmt"
	"io"
	"math"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/promfold/promfold/examples/internal/example"
)

// archive is the recording inside the program; its README says how it was made.
//
//go:embed recording/recording.zip.zst
var archive []byte

// options are the command line.
type options struct {
	example.Replay
	example.Live
	example.Output
	settings
	endpoints []endpoint // live; none: a replay
	balanced  bool
	listen    string
	text      bool
	moments   []time.Duration // since the beginning of the recording, to print
	speed     float64         // of the playback
	keep      time.Duration   // of the past, live
}

// endpoint is a URL to scrape.
type endpoint struct {
	url       string
	component component
	balanced  bool
}

const usage = `usage: controlplane [flags]               play the recording inside the program
       controlplane [flags] -replay DIR   play DIR: manifest.jsonl and gzipped bodies
       controlplane [flags] URL URL URL   watch API servers, of any path

`

func parseFlags(args []string, stderr io.Writer) (options, error) {
	o := options{Live: example.Live{Interval: 5 * time.Second}, speed: 5}
	o.window, o.slo, o.keep = time.Minute, time.Second, 15*time.Minute
	fs := example.NewFlags("controlplane", usage)
	o.Replay.AddTo(fs)
	o.Live.AddTo(fs)
	o.Output.AddTo(fs)
	var members, managers []string
	fs.List(&members, "etcd", "live: the metrics of etcd's members, `URL[,URL]`")
	fs.List(&managers, "controllers", "live: the metrics of controller managers and schedulers, `URL[,URL]`")
	fs.BoolVar(&o.balanced, "balanced", false, "the URLs are load balancers, each scrape may reach another server; in a replay, play what came through the balancer")
	fs.IntVar(&o.expected, "expected", 0, "how many servers are behind the balancer (default: not known)")
	fs.StringVar(&o.listen, "listen", "127.0.0.1:8090", "serve the page on `HOST:PORT`")
	fs.BoolVar(&o.text, "text", false, "print the page as text, and serve nothing")
	fs.Func("at", "with -json or -text: the moments of a recording to print, `DURATION[,DURATION]` since its beginning (default: its end)", o.addMoments)
	fs.DurationVar(&o.window, "window", o.window, "the time that rates and quantiles are about")
	fs.DurationVar(&o.slo, "slo", o.slo, "what a request for one object may take")
	fs.Float64Var(&o.speed, "speed", o.speed, "of the playback, in seconds of the recording a second")
	fs.DurationVar(&o.keep, "keep", o.keep, "live: how much of the past the page can show")
	fs.List(&o.logs, "audit", "the audit log of a server, `[SERVER=]FILE[,…]`: JSON lines, followed through rotation; of a recording a server may have several; SERVER is the name the page has for it")
	fs.Func("client-limit", "what a client may ask, `CLIENT=CALLS` a second, as its rate limit says; CLIENT is its user agent (without its version, which the page leaves off, or as it is sent), its account or its program; may be repeated", o.addLimit)
	err := fs.Parse(args, stderr, func(urls []string) error {
		if err := o.addEndpoints(urls, members, managers); err != nil {
			return err
		}
		return o.complete()
	})
	return o, err
}

// complete sets the defaults that depend on other flags.
func (o *options) complete() error {
	switch {
	case len(o.endpoints) > 0 && o.Given():
		return errors.New("-replay and -scenario select a recording; do not give URLs, too")
	case o.expected > 0 && !o.balanced:
		return errors.New("-expected goes with -balanced")
	case slices.ContainsFunc(o.logs, func(s string) bool { return s == "" || strings.HasSuffix(s, "=") }):
		return errors.New("-audit is [SERVER=]FILE")
	case len(o.endpoints) > 0 && o.moments != nil:
		return errors.New("-at selects moments of a recording")
	case o.moments != nil && !o.JSON && !o.text:
		return errors.New("-at goes with -json or -text; in the page, move the slider")
	case o.window < time.Second || o.slo <= 0 || o.keep < time.Minute || !positive(o.speed) || o.expected < 0:
		return errors.New("-window must be at least 1s, -keep 1m, -slo and -speed more than 0, -expected not negative")
	case o.JSON && o.text:
		return errors.New("-json and -text exclude each other")
	}
	if len(o.endpoints) == 0 && o.Dir == "" {
		o.skew = time.Second // the recording inside was made on the machine of the servers
	}
	return o.Live.Complete()
}

func (o *options) addEndpoints(urls, members, managers []string) error {
	for _, list := range []struct {
		urls []string
		of   component
	}{{urls, ""}, {members, etcd}, {managers, controllers}} {
		for _, text := range list.urls {
			if err := example.Target(text); err != nil {
				return err
			}
			u, err := url.Parse(text)
			if err != nil {
				return err
			}
			if (u.Path == "/" || u.Path == "") && u.RawQuery == "" && u.Scheme != "unix" {
				u.Path = "/metrics" // a slash alone is no path
				text = u.String()
			}
			if slices.ContainsFunc(o.endpoints, func(e endpoint) bool { return e.url == text }) {
				return fmt.Errorf("%s is given twice", text)
			}
			e := endpoint{url: text, component: list.of, balanced: o.balanced && list.of == ""}
			if e.component == "" {
				e.component = guess(u)
			}
			// Those of EKS are behind the cluster's balancer.
			e.balanced = e.balanced || strings.Contains(u.Path, "/metrics.eks.amazonaws.com/")
			o.endpoints = append(o.endpoints, e)
		}
	}
	return nil
}

func (o *options) addMoments(s string) error {
	for part := range strings.SplitSeq(s, ",") {
		d, err := time.ParseDuration(part)
		if err != nil || d < 0 {
			return fmt.Errorf("%q is not a duration since the beginning", part)
		}
		o.moments = append(o.moments, d)
	}
	return nil
}

// positive reports whether x is a number above 0.
func positive(x float64) bool { return x > 0 && !math.IsInf(x, 1) }

func (o *options) addLimit(s string) error {
	i := max(0, strings.LastIndex(s, "=")) // an account may hold one
	client := s[:i]
	calls, err := strconv.ParseFloat(strings.TrimPrefix(s[i:], "="), 64)
	if err != nil || !positive(calls) || client == "" {
		return errors.New("not CLIENT=CALLS")
	}
	if o.limits == nil {
		o.limits = map[string]float64{}
	}
	o.limits[client] = calls
	return nil
}
