package main

import (
	"embed"
	"errors"
	"io"
	"slices"
	"time"

	"github.com/promfold/promfold/examples/internal/example"
)

// files is the recording inside the program; its README says how it was made.
//
//go:embed recording
var files embed.FS

// options are the command line.
type options struct {
	example.Replay
	example.Live
	example.Output
	urls      []string // live shards; none: a replay
	telemetry []string // their telemetry ports, in the same order, or none
	store     string   // an API server's metrics
	union     string   // where to write the union; "-": standard output
	check     bool
}

const usage = `usage: shards [flags]               replay the recording inside the program
       shards [flags] -replay DIR   replay DIR: manifest.jsonl and gzipped bodies
       shards [flags] URL URL URL   scrape each shard every interval

`

func parseFlags(args []string, stderr io.Writer) (options, error) {
	o := options{Live: example.Live{Interval: 15 * time.Second}}
	fs := example.NewFlags("shards", usage)
	o.Replay.AddTo(fs)
	o.Live.AddTo(fs)
	o.Output.AddTo(fs)
	fs.List(&o.telemetry, "telemetry", "live: the telemetry ports of the shards, `URL[,URL]` in the order of the shards")
	fs.StringVar(&o.store, "apiserver", "", "live: the `URL` of an API server's metrics, which say how many pods there are")
	fs.StringVar(&o.union, "union", "", "at the end write the union of all shards to `FILE`, as a text exposition; with - write it to the standard output, and nothing else")
	fs.BoolVar(&o.check, "check", false, "exit with 3 if something is wrong at the end")
	err := fs.Parse(args, stderr, o.complete)
	return o, err
}

func (o *options) complete(urls []string) error {
	o.urls = urls
	for _, text := range slices.Concat(o.urls, o.telemetry) {
		if _, err := example.URL(text); err != nil {
			return err
		}
	}
	switch {
	case len(o.urls) > 0 && o.Given():
		return errors.New("-replay and -scenario select a recording; do not give URLs, too")
	case len(o.telemetry) > 0 && len(o.telemetry) != len(o.urls):
		return errors.New("-telemetry must have one URL for each shard")
	}
	return o.Live.Complete()
}
