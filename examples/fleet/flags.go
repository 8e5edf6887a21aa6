package main

import (
	"flag"
	"fmt"
	"io"
	"net"
	"net/url"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/promfold/promfold/aggregate"
)

// options are the command line.
type options struct {
	dir       string     // of a replay; empty: the recording in the program
	endpoints []endpoint // live targets; none: a replay
	globs     []string
	balanced  []string // globs of targets that are load balancers
	scenarios []string
	specs     []spec // counters, gauges, histograms
	levels    []float64
	window    time.Duration // or aggregate.All
	interval  time.Duration
	timeout   time.Duration
	rounds    int // 0: without end
	json      bool
}

// endpoint is a live target and the name of the instance behind it.
type endpoint struct{ name, url string }

const usage = `usage: fleet [flags]               replay the recording in the program
       fleet [flags] -replay DIR   replay DIR: manifest.jsonl and gzipped bodies
       fleet [flags] URL URL URL   ask each URL every interval

SPEC is  metric{label="v",label!="v",label=~"re",label!~"re"} by (a,b)
braces and by (or without) may be left out; for gauges an operation may stand
in front, one of sum, min, max, mean, fact:  max(metric{label="v"}) by (a)

`

func parseFlags(args []string, stderr io.Writer) (options, error) {
	o := options{levels: []float64{0.5, 0.99}}
	var given [3][]spec
	fs := flag.NewFlagSet("fleet", flag.ContinueOnError)
	fs.SetOutput(io.Discard) // errors are said once, by run
	fs.Usage = func() {}
	fs.StringVar(&o.dir, "replay", "", "replay the recorded scrapes in `DIR`")
	fs.Func("target", "replay the targets that match one of `GLOB[,GLOB]` (default: text from /metrics, not through a balancer)", o.setGlobs)
	fs.Func("balanced", "the targets that match one of `GLOB[,GLOB]` are load balancers: tell the instances behind them apart", func(s string) (err error) {
		o.balanced, err = appendGlobs(o.balanced, s)
		return err
	})
	fs.Func("scenario", "replay these scenarios only: `NAME[,NAME]`", func(s string) error {
		o.scenarios = append(o.scenarios, strings.Split(s, ",")...)
		return nil
	})
	for k, name := range kinds {
		fs.Func(name, "ask for a "+name+" as `SPEC` says; may be repeated", func(s string) error {
			sp, err := parseSpec(kind(k), s)
			given[k] = append(given[k], sp)
			return err
		})
	}
	fs.Func("q", "quantiles of histograms, `q[,q]` from 0 to 1 (default 0.5,0.99)", o.setLevels)
	fs.Func("window", "the `duration` to look back, or all (default 5m live, all in a replay)", o.setWindow)
	fs.DurationVar(&o.interval, "interval", 5*time.Second, "live: the time from round to round")
	fs.DurationVar(&o.timeout, "timeout", 0, "live: how long a target may take (default: the interval, at most 10s)")
	fs.IntVar(&o.rounds, "rounds", 0, "live: end after so many rounds; 0: never")
	fs.BoolVar(&o.json, "json", false, "print a JSON document a round, or one at the end of a replay")

	urls, err := parseAll(fs, args)
	if err == flag.ErrHelp {
		fmt.Fprint(stderr, usage)
		fs.SetOutput(stderr)
		fs.PrintDefaults()
	}
	if err != nil {
		return options{}, err
	}
	for _, specs := range given {
		o.specs = append(o.specs, specs...)
	}
	if o.endpoints, err = endpoints(urls); err != nil {
		return options{}, err
	}
	return o, o.complete()
}

// parseAll lets flags stand after arguments too.
func parseAll(fs *flag.FlagSet, args []string) (rest []string, err error) {
	for {
		if err := fs.Parse(args); err != nil {
			return nil, err
		}
		if fs.NArg() == 0 {
			return rest, nil
		}
		rest, args = append(rest, fs.Arg(0)), fs.Args()[1:]
	}
}

// complete fills in the defaults that depend on other flags.
func (o *options) complete() error {
	live := len(o.endpoints) > 0
	switch {
	case live && o.dir != "":
		return fmt.Errorf("-replay and URLs exclude each other")
	case live && (o.globs != nil || o.scenarios != nil):
		return fmt.Errorf("-target and -scenario choose from a recording, URLs are all asked")
	case o.interval <= 0 || o.timeout < 0 || o.rounds < 0:
		return fmt.Errorf("-interval has to be positive, -timeout and -rounds must not be negative")
	}
	if o.timeout == 0 {
		o.timeout = min(o.interval, 10*time.Second)
	}
	if o.window == 0 {
		o.window = aggregate.All
		if live {
			o.window = 5 * time.Minute
		}
	}
	return nil
}

func (o *options) setGlobs(s string) (err error) {
	o.globs, err = appendGlobs(o.globs, s)
	return err
}

func appendGlobs(globs []string, s string) ([]string, error) {
	for _, glob := range strings.Split(s, ",") {
		if _, err := path.Match(glob, ""); err != nil {
			return nil, fmt.Errorf("%q: %w", glob, err)
		}
		globs = append(globs, glob)
	}
	return globs, nil
}

func matches(globs []string, target string) bool {
	return slices.ContainsFunc(globs, func(glob string) bool {
		ok, _ := path.Match(glob, target) // checked by appendGlobs
		return ok
	})
}

func (o *options) setLevels(s string) error {
	o.levels = nil
	for _, part := range strings.Split(s, ",") {
		q, err := strconv.ParseFloat(strings.TrimSpace(part), 64)
		if err != nil || !(q >= 0 && q <= 1) {
			return fmt.Errorf("%q is no number from 0 to 1", part)
		}
		o.levels = append(o.levels, q)
	}
	return nil
}

func (o *options) setWindow(s string) error {
	if s == "all" {
		o.window = aggregate.All
		return nil
	}
	d, err := time.ParseDuration(s)
	switch {
	case err != nil:
		return fmt.Errorf("neither a duration nor all")
	case d < time.Second:
		return fmt.Errorf("shorter than 1s")
	}
	o.window = d
	return nil
}

// endpoints names the instance behind each URL: by host and port, and by the
// rest as well where several URLs share those. A URL given twice is asked once.
func endpoints(urls []string) ([]endpoint, error) {
	parsed := make([]*url.URL, 0, len(urls))
	sharing := map[string]int{}
	seen := map[string]bool{}
	for _, raw := range urls {
		u, err := url.Parse(raw)
		if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" {
			return nil, fmt.Errorf("%q is no http or https URL", raw)
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
