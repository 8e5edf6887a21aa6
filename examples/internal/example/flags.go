package example

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/common/config"

	"github.com/promfold/promfold/aggregate/scrape"
)

// Flags are the flags of a program.
type Flags struct {
	*flag.FlagSet
	usage string
}

// NewFlags returns no flags yet. The usage stands before their list.
func NewFlags(name, usage string) *Flags {
	f := &Flags{flag.NewFlagSet(name, flag.ContinueOnError), usage}
	f.SetOutput(io.Discard) // End prints the error, once
	f.Usage = func() {}
	return f
}

// Parse parses flags that stand before, between and after the arguments. Then it
// calls complete with the arguments, which sets what depends on several flags.
// Asked for help, it prints the usage to stderr and returns flag.ErrHelp.
func (f *Flags) Parse(args []string, stderr io.Writer, complete func(rest []string) error) error {
	var rest []string
	for {
		err := f.FlagSet.Parse(args)
		if errors.Is(err, flag.ErrHelp) {
			fmt.Fprint(stderr, f.usage)
			f.SetOutput(stderr)
			f.PrintDefaults()
			return err
		}
		if err != nil {
			return Usage(err)
		}
		if f.NArg() == 0 {
			return Usage(complete(rest))
		}
		rest, args = append(rest, f.Arg(0)), f.Args()[1:]
	}
}

// List is a flag of comma-separated values that may be repeated.
func (f *Flags) List(to *[]string, name, usage string) {
	f.Func(name, usage, func(s string) error {
		*to = append(*to, strings.Split(s, ",")...)
		return nil
	})
}

// URL reads an http or https URL.
func URL(s string) (*url.URL, error) {
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" {
		return nil, fmt.Errorf("%q is not an http or https URL", s)
	}
	return u, nil
}

// Target checks the URL of a target, which may be that of a socket.
func Target(s string) error {
	if strings.HasPrefix(s, "unix:///") {
		return nil
	}
	_, err := URL(s)
	return err
}

// Live are the options of a live run. What they hold before AddTo are defaults.
type Live struct {
	Interval, Timeout time.Duration
	Rounds            int              // 0: no limit
	Tick              <-chan time.Time // begins a round; nil: the interval does
	tokenFile         string
	ca, cert, key     string
	insecure          bool
}

// AddTo adds the flags.
func (l *Live) AddTo(f *Flags) {
	f.DurationVar(&l.Interval, "interval", l.Interval, "live: the time between rounds")
	f.DurationVar(&l.Timeout, "timeout", l.Timeout, "live: how long an answer may take (default: the interval, at most 10s)")
	f.IntVar(&l.Rounds, "rounds", l.Rounds, "live: stop after this many rounds; 0 means no limit")
	f.StringVar(&l.tokenFile, "token-file", "", "live: send the bearer token in `FILE`, which is read for each request")
	f.StringVar(&l.ca, "ca", "", "live: trust the certificates in `FILE`")
	f.StringVar(&l.cert, "cert", "", "live: the client certificate in `FILE`")
	f.StringVar(&l.key, "key", "", "live: its key in `FILE`")
	f.BoolVar(&l.insecure, "insecure", false, "live: do not verify the certificates of servers")
}

// Complete sets the default timeout.
func (l *Live) Complete() error {
	switch {
	case l.Interval <= 0 || l.Timeout < 0 || l.Rounds < 0:
		return errors.New("-interval must be positive, -timeout and -rounds must not be negative")
	case (l.cert == "") != (l.key == ""):
		return errors.New("-cert and -key go together")
	}
	if l.Timeout == 0 {
		l.Timeout = min(l.Interval, 10*time.Second)
	}
	return nil
}

// HTTP returns the settings of the HTTP client.
func (l *Live) HTTP() config.HTTPClientConfig {
	c := config.DefaultHTTPClientConfig
	c.ProxyFromEnvironment = true
	c.BearerTokenFile = l.tokenFile
	c.TLSConfig = config.TLSConfig{CAFile: l.ca, CertFile: l.cert, KeyFile: l.key, InsecureSkipVerify: l.insecure}
	return c
}

// Scrape returns the settings of a scraper that a round calls.
func (l *Live) Scrape(now func() time.Time) scrape.Config {
	return scrape.Config{Interval: max(l.Interval, l.Timeout), Timeout: l.Timeout, HTTP: l.HTTP(), Now: now}
}

// Output are the options of what is printed.
type Output struct {
	JSON  bool
	Color string // auto, always, never
	Width int    // 0: that of the terminal
}

// AddTo adds the flags.
func (o *Output) AddTo(f *Flags) {
	f.BoolVar(&o.JSON, "json", false, "print a JSON document each round, or one at the end of a replay")
	o.Color = "auto"
	f.Func("color", "colour: always, never, or auto, which is on a terminal unless NO_COLOR is set (default auto)", func(s string) error {
		if s != "auto" && s != "always" && s != "never" {
			return errors.New("neither auto nor always nor never")
		}
		o.Color = s
		return nil
	})
	f.Func("width", "cut tables to so many `characters` (default: those of the terminal; elsewhere no limit)", func(s string) error {
		n, err := strconv.Atoi(s)
		if err != nil || n < 1 {
			return errors.New("not a positive number")
		}
		o.Width = n
		return nil
	})
}

// Replay are the options of a replay.
type Replay struct {
	Dir       string // empty: the recording inside the program
	Scenarios []string
}

// AddTo adds the flags.
func (r *Replay) AddTo(f *Flags) {
	f.StringVar(&r.Dir, "replay", "", "replay the recorded scrapes in `DIR`: manifest.jsonl and gzipped bodies")
	f.List(&r.Scenarios, "scenario", "replay only the scenarios `NAME[,NAME]`")
}

// Given reports whether a flag asks for a replay.
func (r *Replay) Given() bool { return r.Dir != "" || r.Scenarios != nil }

// Sub returns a directory inside the program.
func Sub(files fs.FS, dir string) fs.FS {
	sub, err := fs.Sub(files, dir)
	if err != nil {
		panic(err) // the name is valid
	}
	return sub
}
