// Autoscale serves numbers to scale by, with bounds and only while enough of the
// fleet answers: as KEDA's external push scaler. Without a file it plays a demo:
// a fleet that is scaled on its numbers, beside one that is scaled by an adapter
// that takes a failed scrape for 0.
//
//	autoscale                                  plays the demo
//	autoscale -config FILE -grpc ADDRESS       scrapes, and serves KEDA
//
// The exit status is 0, 1 if something failed, 2 for bad flags.
package main

import (
	"context"
	"io"

	"github.com/promfold/promfold/examples/internal/example"
)

func main() { example.Main(run) }

func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	return example.End("autoscale", scale(ctx, args, stdout, stderr), stderr)
}

func scale(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	o, err := parseFlags(args, stderr)
	if err != nil {
		return err
	}
	if o.config != "" {
		return serve(ctx, o, stderr)
	}
	rounds, err := play()
	if err != nil {
		return err
	}
	return example.NewScreen(o.Output, stdout, stderr).Show(rounds, func() []example.Line { return render(rounds) }, true)
}
