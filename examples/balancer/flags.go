package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/promfold/promfold/internal/recording"
)

// options are the command line.
type options struct {
	dir      string // of a replay; empty: the recording inside the program
	target   string // of a replay
	scenario string // of a replay; empty: all
	url      string // live; empty: a replay
	expect   int    // instances behind the balancer; 0: unknown

	metric string
	by     []string
	match  []*labels.Matcher
	window time.Duration

	interval, timeout    time.Duration
	rounds               int // 0: no limit
	tokenFile            string
	ca, cert, key        string
	insecure, jsonOutput bool
}

const usage = `usage: balancer [flags]                            replay the recording inside the program
       balancer [flags] -replay DIR -target NAME   replay the scrapes of one target in DIR
       balancer [flags] URL                        scrape URL every interval

`

// recordedInstances is the number of instances behind the balancer of the
// recording inside the program.
const recordedInstances = 3

func parseFlags(args []string, stderr io.Writer) (options, error) {
	o := options{by: []string{"verb"}}
	fs := flag.NewFlagSet("balancer", flag.ContinueOnError)
	fs.SetOutput(io.Discard) // run prints the error, once
	fs.Usage = func() {}
	fs.StringVar(&o.dir, "replay", "", "replay the recorded scrapes in `DIR`: manifest.jsonl and gzipped bodies")
	fs.StringVar(&o.target, "target", "lb", "replay: the `NAME` of the balancer")
	fs.StringVar(&o.scenario, "scenario", "", "replay: this scenario `NAME` only")
	fs.IntVar(&o.expect, "expect", -1, "the number of instances behind the balancer; 0 means unknown (default: 0, or 3 for the recording inside the program)")
	fs.StringVar(&o.metric, "metric", "apiserver_request_total", "the `counter` to show")
	fs.Func("by", "group by `LABEL[,LABEL]` (default verb)", func(s string) error {
		o.by = strings.FieldsFunc(s, func(r rune) bool { return r == ',' || r == ' ' })
		return nil
	})
	fs.Func("match", "only series with `LABEL=VALUE`, !=, =~ or !~; may be repeated", func(s string) error {
		m, err := parseMatcher(s)
		o.match = append(o.match, m)
		return err
	})
	fs.DurationVar(&o.window, "window", time.Minute, "the `duration` over which rates are computed")
	fs.DurationVar(&o.interval, "interval", 5*time.Second, "live: the time between rounds")
	fs.DurationVar(&o.timeout, "timeout", 10*time.Second, "live: how long an answer may take")
	fs.IntVar(&o.rounds, "rounds", 0, "live: stop after this many rounds; 0 means no limit")
	fs.StringVar(&o.tokenFile, "token-file", "", "live: send the bearer token in `FILE`, which is read for each request")
	fs.StringVar(&o.ca, "ca", "", "live: trust the certificates in `FILE`")
	fs.StringVar(&o.cert, "cert", "", "live: the client certificate in `FILE`")
	fs.StringVar(&o.key, "key", "", "live: its key in `FILE`")
	fs.BoolVar(&o.insecure, "insecure", false, "live: do not verify the server's certificate")
	fs.BoolVar(&o.jsonOutput, "json", false, "print a JSON document each round, or one at the end of a replay")

	err := fs.Parse(args)
	if errors.Is(err, flag.ErrHelp) {
		fmt.Fprint(stderr, usage)
		fs.SetOutput(stderr)
		fs.PrintDefaults()
	}
	if err != nil {
		return options{}, err
	}
	return o, o.complete(fs.Args())
}

// complete takes the arguments, and sets the defaults that depend on other
// flags.
func (o *options) complete(args []string) error {
	switch {
	case len(args) > 1:
		return errors.New("more than one URL; the fleet example scrapes several")
	case len(args) == 1 && o.dir != "":
		return errors.New("-replay and a URL exclude each other")
	case o.window < time.Second || o.interval <= 0 || o.timeout <= 0 || o.rounds < 0:
		return errors.New("-window must be a second at least, -interval and -timeout positive, -rounds not negative")
	case (o.cert == "") != (o.key == ""):
		return errors.New("-cert and -key go together")
	}
	if len(args) == 1 {
		o.url = args[0]
		u, err := url.Parse(o.url)
		if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" {
			return fmt.Errorf("%q is not an http or https URL", o.url)
		}
	}
	if o.expect < 0 {
		o.expect = 0
		if o.url == "" && o.dir == "" {
			o.expect = recordedInstances
		}
	}
	return nil
}

// name returns the name of the balancer.
func (o *options) name() string {
	if u, err := url.Parse(o.url); err == nil && o.url != "" {
		return u.Host
	}
	return o.target
}

// source returns the directory to replay.
func (o *options) source() fs.FS {
	if o.dir == "" {
		return recording.FS
	}
	return os.DirFS(o.dir)
}

// selector returns the PromQL selector of the series to show.
func (o *options) selector() string {
	matchers := make([]string, len(o.match))
	for i, m := range o.match {
		matchers[i] = m.String()
	}
	return o.metric + "{" + strings.Join(matchers, ",") + "}"
}

// parseMatcher reads LABEL=VALUE, or the same with !=, =~ or !~. The value is
// not quoted.
func parseMatcher(s string) (*labels.Matcher, error) {
	at := strings.IndexAny(s, "=!")
	if at <= 0 {
		return nil, fmt.Errorf("%q has no LABEL=VALUE", s)
	}
	for _, op := range []struct {
		text string
		kind labels.MatchType
	}{{"!=", labels.MatchNotEqual}, {"=~", labels.MatchRegexp}, {"!~", labels.MatchNotRegexp}, {"=", labels.MatchEqual}} {
		if value, ok := strings.CutPrefix(s[at:], op.text); ok {
			return labels.NewMatcher(op.kind, s[:at], value)
		}
	}
	return nil, fmt.Errorf("%q: one of = != =~ !~ must follow the label", s)
}
