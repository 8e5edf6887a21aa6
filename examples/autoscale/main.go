// Autoscale serves numbers to scale by, with bounds and only while enough of the
// fleet answers: as KEDA's external push scaler. Without a file it plays a demo:
// a fleet that is scaled on its numbers, beside one that is scaled by an adapter
// that takes a failed scrape for 0.
//
//	autoscale                                  plays the demo
//	autoscale -processes                       plays it with processes of this machine, for a minute
//	autoscale -config FILE -grpc ADDRESS       scrapes, and serves KEDA
//
// The exit status is 0, 1 if something failed, 2 for bad flags. Server is the
// same for the API server of a cluster.
package main

import (
	"context"
	"io"
	"os"
	"time"

	"github.com/promfold/promfold/examples/autoscale/internal/worker"
	"github.com/promfold/promfold/examples/internal/example"
)

func main() {
	if len(os.Args) > 1 && os.Args[1] == worker.Role {
		os.Exit(example.End("worker", worker.Work(os.Stdin, os.Stdout, time.Now), os.Stderr)) // its output is read by the program that started it
	}
	example.Main(run)
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	return example.End("autoscale", scale(ctx, args, stdout, stderr), stderr)
}

func scale(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	o, err := parseFlags(args, stderr)
	if err != nil {
		return err
	}
	screen := example.NewScreen(o.Output, stdout, stderr)
	switch {
	case o.config != "":
		return serve(ctx, o, stderr)
	case o.processes:
		ticker := time.NewTicker(2 * time.Second)
		defer ticker.Stop()
		return perform(ctx, &real{every: 2 * time.Second, tick: ticker.C}, o, screen)
	}
	var all []round
	err = play(ctx, &simulated{}, func(list []round) error { all = list; return nil })
	if err != nil {
		return err
	}
	return screen.Show(all, func() []example.Line { return render(all) }, true)
}

// perform plays the demo, and prints each round when it is over.
func perform(ctx context.Context, s stage, o options, screen *example.Screen) error {
	return play(ctx, s, func(all []round) error {
		switch lines := render(all); {
		case o.JSON && len(all) < rounds:
			return nil
		case o.JSON:
			return screen.Show(all, nil, true)
		case len(all) == 1:
			return screen.Print(lines...)
		default:
			return screen.Print(lines[len(lines)-1])
		}
	})
}
