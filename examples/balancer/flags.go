package main

import (
	"errors"
	"fmt"
	"io"
	"net/url"
	"strings"
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/promfold/promfold/examples/internal/example"
)

// options are the command line.
type options struct {
	example.Replay
	example.Live
	example.Output
	target string // of a replay
	url    string // live; empty: a replay
	expect int    // instances behind the balancer; 0: unknown

	metric string
	by     []string
	match  []*labels.Matcher
	window time.Duration
}

const usage = `usage: balancer [flags]                            replay the recording inside the program
       balancer [flags] -replay DIR -target NAME   replay the scrapes of one target in DIR
       balancer [flags] URL                        scrape URL every interval

`

// recordedInstances is the number of instances behind the balancer of the
// recording inside the program.
const recordedInstances = 3

func parseFlags(args []string, stderr io.Writer) (options, error) {
	o := options{Live: example.Live{Interval: 5 * time.Second}, by: []string{"verb"}}
	fs := example.NewFlags("balancer", usage)
	o.Replay.AddTo(fs)
	o.Live.AddTo(fs)
	o.Output.AddTo(fs)
	fs.StringVar(&o.target, "target", "lb", "replay: the `NAME` of the balancer")
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
	err := fs.Parse(args, stderr, o.complete)
	return o, err
}

// complete takes the arguments, and sets the defaults that depend on other
// flags.
func (o *options) complete(args []string) error {
	switch {
	case len(args) > 1:
		return errors.New("more than one URL; the fleet example scrapes several")
	case len(args) == 1 && o.Given():
		return errors.New("-replay and -scenario select a recording; a URL and they exclude each other")
	case o.window < time.Second:
		return errors.New("-window must be a second at least")
	}
	if len(args) == 1 {
		o.url = args[0]
		if _, err := example.URL(o.url); err != nil {
			return err
		}
	}
	if o.expect < 0 {
		o.expect = 0
		if o.url == "" && o.Dir == "" {
			o.expect = recordedInstances
		}
	}
	return o.Live.Complete()
}

// name returns the name of the balancer.
func (o *options) name() string {
	if u, err := url.Parse(o.url); err == nil && o.url != "" {
		return u.Host
	}
	return o.target
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
