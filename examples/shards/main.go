// Shards joins the shards of a kube-state-metrics: it exposes the disjoint union
// of what they expose, and reports whether that is complete. The UID of a pod
// proves which shard of how many must expose it, so the bodies alone show wrong
// settings. The program tells overlaps and gaps apart, and shards that are
// frozen, silent or listing again, and names objects. It withholds a total that
// could be wrong.
//
//	shards [flags]                 replays the recording inside the program
//	shards [flags] -replay DIR     replays DIR: manifest.jsonl and gzipped bodies
//	shards [flags] URL URL URL     scrapes each shard every interval
//
// The exit status is 0 if a shard answered, 1 if none did, 2 for bad flags, and
// with -check 3 if something is wrong at the end.
package main

import (
	"context"
	"io"
	"time"

	"github.com/promfold/promfold/examples/internal/example"
)

func main() { example.Main(run) }

// run runs the program until the replay ends, the rounds end, or ctx ends.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	return example.End("shards", watchShards(ctx, args, stdout, stderr), stderr)
}

func watchShards(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	o, err := parseFlags(args, stderr)
	if err != nil {
		return err
	}
	s := newScreen(o, stdout, stderr)
	if len(o.urls) > 0 {
		err = watchLive(ctx, o, s, time.Now)
	} else {
		err = replay(ctx, o.FS(example.Sub(files, "recording")), o, s)
	}
	if err == nil {
		err = s.end()
	}
	if err == nil && o.check && s.wrong {
		err = example.ErrWrong
	}
	return err
}
