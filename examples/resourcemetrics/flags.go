package main

import (
	"embed"
	"fmt"
	"io"
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
	example.Output
	resolution time.Duration
}

const usageText = `usage: resourcemetrics [flags]               replay the recording inside the program
       resourcemetrics [flags] -replay DIR   replay DIR

`

func parseFlags(args []string, stderr io.Writer) (options, error) {
	var o options
	fs := example.NewFlags("resourcemetrics", usageText)
	o.Replay.AddTo(fs)
	o.Output.AddTo(fs)
	fs.DurationVar(&o.resolution, "resolution", 15*time.Second, "the interval between scrapes")
	err := fs.Parse(args, stderr, func(rest []string) error {
		switch {
		case len(rest) > 0:
			return fmt.Errorf("unexpected argument %q", rest[0])
		case o.resolution <= 0:
			return fmt.Errorf("-resolution must be positive")
		}
		return nil
	})
	return o, err
}
