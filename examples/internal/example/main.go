package example

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/promfold/promfold/examples/internal/printable"
)

// The exit statuses of every example.
const (
	Answered = 0
	Silent   = 1 // nothing answered, or something failed
	BadUsage = 2 // bad flags
	Wrong    = 3 // the answer is that something is wrong, and a flag asks for this status
)

// ErrWrong ends a program with the status Wrong. What is wrong was printed.
var ErrWrong = errors.New("something is wrong")

// grace is how long a program may take to end after an interrupt: a read that
// hangs must not keep it.
const grace = 20 * time.Second

// Main runs a program until it ends or is interrupted, and ends the process with
// its status. What the program prints is printable.
func Main(run func(ctx context.Context, args []string, stdout, stderr io.Writer) int) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends the program at once
	stdout, stderr := printable.To(os.Stdout), printable.To(os.Stderr)
	os.Exit(within(ctx, stderr, func() int { return run(ctx, os.Args[1:], stdout, stderr) }))
}

// within returns what run returns, or Silent if it does not in the grace after ctx.
func within(ctx context.Context, stderr io.Writer, run func() int) int {
	status := make(chan int, 1)
	go func() { status <- run() }()
	select {
	case s := <-status:
		return s
	case <-ctx.Done():
	}
	select {
	case s := <-status:
		return s
	case <-time.After(grace):
		fmt.Fprintf(stderr, "interrupted, and not ended after %s: something hangs\n", grace)
		return Silent
	}
}

// usageError is an error of the command line.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

// Usage marks an error, which may be nil, as one of the command line.
func Usage(err error) error {
	if err == nil {
		return nil
	}
	return usageError{err}
}

// End prints why a program failed, and returns its exit status.
func End(name string, err error, stderr io.Writer) int {
	switch {
	case err == nil, errors.Is(err, flag.ErrHelp):
		return Answered
	case errors.Is(err, ErrWrong):
		return Wrong
	}
	fmt.Fprintf(stderr, "%s: %s\n", name, Text(err.Error()))
	if errors.As(err, &usageError{}) {
		fmt.Fprintf(stderr, "%s: -help lists the flags\n", name)
		return BadUsage
	}
	return Silent
}
