package main

import (
	"embed"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"strings"
	"time"
)

// files is the recording inside the program; its README says how it was made.
//
//go:embed recording
var files embed.FS

// options are the command line.
type options struct {
	dir       string // of a replay; empty: the recording inside the program
	scenarios []string
	urls      []string // live shards; none: a replay
	telemetry []string // their telemetry ports, in the same order, or none
	store     string   // an API server's metrics
	interval  time.Duration
	timeout   time.Duration
	rounds    int // 0: no limit

	union       string // where to write the union; "-": standard output
	json, check bool
}

const usage = `usage: shards [flags]               replay the recording inside the program
       shards [flags] -replay DIR   replay DIR: manifest.jsonl and gzipped bodies
       shards [flags] URL URL URL   scrape each shard every interval

`

func parseFlags(args []string, stderr io.Writer) (options, error) {
	var o options
	list := func(to *[]string) func(string) error {
		return func(s string) error {
			*to = append(*to, strings.Split(s, ",")...)
			return nil
		}
	}
	fs := flag.NewFlagSet("shards", flag.ContinueOnError)
	fs.SetOutput(io.Discard) // run prints the error, once
	fs.Usage = func() {}
	fs.StringVar(&o.dir, "replay", "", "replay the recorded scrapes in `DIR`")
	fs.Func("scenario", "replay only the scenarios `NAME[,NAME]`", list(&o.scenarios))
	fs.Func("telemetry", "live: the telemetry ports of the shards, `URL[,URL]` in the order of the shards", list(&o.telemetry))
	fs.StringVar(&o.store, "apiserver", "", "live: the `URL` of an API server's metrics, which say how many pods there are")
	fs.DurationVar(&o.interval, "interval", 15*time.Second, "live: the time between rounds")
	fs.DurationVar(&o.timeout, "timeout", 10*time.Second, "live: how long an answer may take")
	fs.IntVar(&o.rounds, "rounds", 0, "live: stop after this many rounds; 0 means no limit")
	fs.StringVar(&o.union, "union", "", "at the end write the union of all shards to `FILE`, as a text exposition; with - write it to the standard output, and nothing else")
	fs.BoolVar(&o.json, "json", false, "print a JSON document each round")
	fs.BoolVar(&o.check, "check", false, "exit with 3 if something is wrong at the end")

	err := fs.Parse(args)
	if errors.Is(err, flag.ErrHelp) {
		fmt.Fprint(stderr, usage)
		fs.SetOutput(stderr)
		fs.PrintDefaults()
	}
	if err != nil {
		return options{}, err
	}
	o.urls = fs.Args()
	return o, o.valid()
}

func (o *options) valid() error {
	for _, text := range append(append([]string{}, o.urls...), o.telemetry...) {
		if u, err := url.Parse(text); err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" {
			return fmt.Errorf("%q is not an http or https URL", text)
		}
	}
	switch {
	case len(o.urls) > 0 && (o.dir != "" || o.scenarios != nil):
		return errors.New("-replay and -scenario select a recording; do not give URLs, too")
	case len(o.telemetry) > 0 && len(o.telemetry) != len(o.urls):
		return errors.New("-telemetry must have one URL for each shard")
	case o.interval <= 0 || o.timeout <= 0 || o.rounds < 0:
		return errors.New("-interval and -timeout must be positive, -rounds must not be negative")
	}
	return nil
}

// source returns the directory to replay.
func (o *options) source() fs.FS {
	if o.dir != "" {
		return os.DirFS(o.dir)
	}
	dir, err := fs.Sub(files, "recording")
	if err != nil {
		panic(err) // the name is valid
	}
	return dir
}
