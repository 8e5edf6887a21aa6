package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"path"
	"slices"
	"time"
)

// options are the command line.
type options struct {
	urls, files       []string // of workers; none: the program starts its own
	listen            string
	state             string // empty: nothing is kept
	interval, timeout time.Duration
	rounds            int // 0: no limit
	logger            *slog.Logger
	kill              int // own workers: how many rounds until the next is killed; 0: never
}

const usage = `usage: sidecar [flags]              merge four workers of its own, one of them killed and replaced now and then
       sidecar [flags] URL FILE …   merge the workers at URLs, and in file_sd files (.json, .yml, .yaml)

`

// demonstration is how many rounds the program's own workers run by default.
const demonstration = 12

func parseFlags(args []string, stderr io.Writer) (options, error) {
	var o options
	fs := flag.NewFlagSet("sidecar", flag.ContinueOnError)
	fs.SetOutput(io.Discard) // run prints the error, once
	fs.Usage = func() {}
	fs.StringVar(&o.listen, "listen", "127.0.0.1:0", "serve the merged metrics at `HOST:PORT`; port 0 is a free one")
	fs.StringVar(&o.state, "state", "", "keep the totals in `FILE`, and go on from it")
	fs.DurationVar(&o.interval, "interval", time.Second, "the time between rounds")
	fs.DurationVar(&o.timeout, "timeout", 0, "how long a worker may take (default: the interval, at most 10s)")
	fs.IntVar(&o.rounds, "rounds", -1, "stop after this many rounds; 0 means no limit (default: 0, or 12 with workers of its own)")
	fs.IntVar(&o.kill, "kill", 3, "own workers: kill one every so many rounds; 0 means never")

	err := fs.Parse(args)
	if errors.Is(err, flag.ErrHelp) {
		fmt.Fprint(stderr, usage)
		fs.SetOutput(stderr)
		fs.PrintDefaults()
	}
	if err != nil {
		return options{}, err
	}
	for _, arg := range fs.Args() {
		if slices.Contains([]string{".json", ".yml", ".yaml"}, path.Ext(arg)) {
			o.files = append(o.files, arg)
		} else {
			o.urls = append(o.urls, arg)
		}
	}
	return o, o.complete(fs.NArg() == 0)
}

// complete sets the defaults that depend on other flags.
func (o *options) complete(own bool) error {
	if o.interval <= 0 || o.timeout < 0 || o.timeout > o.interval || o.kill < 0 {
		return errors.New("-interval must be positive, -timeout at most the interval, -kill not negative")
	}
	if o.rounds < 0 {
		o.rounds = 0
		if own {
			o.rounds = demonstration
		}
	}
	return nil
}
