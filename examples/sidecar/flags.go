package main

import (
	"errors"
	"io"
	"log/slog"
	"path"
	"slices"
	"time"

	"github.com/promfold/promfold/examples/internal/example"
)

// options are the command line.
type options struct {
	example.Live
	example.Output
	urls, files []string // of workers; none: the program starts its own
	listen      string
	state       string // empty: nothing is kept
	pair        string // the other sidecar; empty: none
	kill        int    // own workers: how many rounds until the next is killed; 0: never
	logger      *slog.Logger
	now         func() time.Time
}

const usage = `usage: sidecar [flags]              merge four workers of its own, one of them killed and replaced now and then
       sidecar [flags] URL FILE …   merge the workers at URLs, and in file_sd files (.json, .yml, .yaml)

`

// demonstration is how many rounds the program's own workers run by default.
const demonstration = 12

func parseFlags(args []string, stderr io.Writer) (options, error) {
	o := options{Live: example.Live{Interval: time.Second, Rounds: -1}, now: time.Now}
	fs := example.NewFlags("sidecar", usage)
	o.Live.AddTo(fs)
	o.Output.AddTo(fs)
	fs.StringVar(&o.listen, "listen", "127.0.0.1:0", "serve the merged metrics at `HOST:PORT`; port 0 is a free one")
	fs.StringVar(&o.state, "state", "", "keep the totals in `FILE`, and go on from it")
	fs.StringVar(&o.pair, "pair", "", "another sidecar of the same workers, at `URL`, which has a -pair of its own: either may die")
	fs.IntVar(&o.kill, "kill", 3, "own workers: kill one every so many rounds; 0 means never")
	err := fs.Parse(args, stderr, o.complete)
	o.logger = slog.New(slog.NewTextHandler(stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	return o, err
}

// complete takes the arguments, and sets the defaults that depend on them.
func (o *options) complete(args []string) error {
	for _, arg := range args {
		if slices.Contains([]string{".json", ".yml", ".yaml"}, path.Ext(arg)) {
			o.files = append(o.files, arg)
		} else if err := example.Target(arg); err != nil {
			return err
		} else {
			o.urls = append(o.urls, arg)
		}
	}
	if o.Rounds < 0 { // not given
		o.Rounds = 0
		if len(args) == 0 {
			o.Rounds = demonstration
		}
	}
	if o.pair != "" {
		if len(args) == 0 {
			return errors.New("-pair needs the URLs of the workers of both")
		}
		if _, err := example.URL(o.pair); err != nil {
			return err
		}
	}
	if o.kill < 0 {
		return errors.New("-kill must not be negative")
	}
	return o.Live.Complete()
}
