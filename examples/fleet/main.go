// Fleet adds up the metrics of many instances of one program and names the
// instances behind the numbers: how fast the fleet counts and which instance
// is the hottest, how its latencies are distributed and which instance is the
// slowest, which instances restarted, and which do not answer.
//
//	fleet [flags]               replays the recording inside the program
//	fleet [flags] -replay DIR   replays DIR: manifest.jsonl and gzipped bodies
//	fleet [flags] URL URL URL   scrapes each URL every interval
//
// The flags -counter, -gauge and -histogram each take a SPEC and may be
// repeated:
//
//	metric
//	metric{label="v",label!="v",label=~"re",label!~"re"} by (a, b)
//	max(metric{label="v"}) without (c)
//
// A gauge may have an operation in front. It combines the instances: sum (the
// default), min, max, mean, or consensus for a value that every
// instance repeats.
//
// The exit status is 0 if a target answered, 1 if none did, 2 for bad flags.
package main

import (
	"context"
	"errors"
	"io"

	"github.com/promfold/promfold/examples/internal/example"
	"github.com/promfold/promfold/internal/recording"
)

func main() { example.Main(run) }

// run runs the program until the replay ends, the rounds end, or ctx ends.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	return example.End("fleet", watchAll(ctx, args, stdout, stderr), stderr)
}

func watchAll(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	o, err := parseFlags(args, stderr)
	if err != nil {
		return err
	}
	w, err := newWatch(o, example.NewScreen(o.Output, stdout, stderr))
	if err != nil {
		return example.Usage(err) // a SPEC that the library does not accept
	}
	if len(o.endpoints) > 0 {
		var l *live
		if l, err = newLive(w); err == nil {
			err = l.run(ctx)
		}
	} else {
		err = replay(ctx, o.FS(recording.FS), o, w)
	}
	if err == nil && !w.answered {
		err = errors.New("no target answered")
	}
	return err
}
