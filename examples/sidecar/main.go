// Sidecar merges what several local processes count into one exposition, as if
// they were one process: the workers of a pod, of which each scrape through a
// shared port would meet another one. Its totals never fall when a worker ends
// or is replaced, and go on when the sidecar itself is killed.
//
//	sidecar [flags]              four workers of its own, one of them killed and replaced now and then
//	sidecar [flags] URL FILE …   the workers at URLs, and in file_sd files (.json, .yml, .yaml)
//
// Without arguments it prints each round what is merged, beside the truth that
// the workers keep in files which outlive them. What a worker counted after its
// last scrape is lost when it is killed; nothing else is.
//
// The merged exposition is at /metrics, as text, OpenMetrics or protobuf. With
// -state it is saved before it is shown, so a sidecar that was killed never
// showed more than it knows when it is back.
//
// The exit status is 0, or 1 if something failed or the totals were wrong, 2 for
// bad flags.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/promfold/promfold/aggregate/scrape"
	"github.com/promfold/promfold/examples/internal/show"
)

const (
	exitRight = 0
	exitWrong = 1
	exitUsage = 2
)

func main() {
	if path := os.Getenv(workerVariable); path != "" {
		os.Exit(work(path))
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends the program at once
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// run runs the program until the rounds end or ctx ends.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	o, err := parseFlags(args, stderr)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return exitRight
	case err != nil:
		fmt.Fprintf(stderr, "sidecar: %s\nsidecar: -help lists the flags\n", show.Text(err.Error()))
		return exitUsage
	}
	o.logger = slog.New(slog.NewTextHandler(stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	ticker := time.NewTicker(o.interval)
	defer ticker.Stop()
	if len(o.urls)+len(o.files) > 0 {
		err = serve(ctx, o, ticker.C, stderr)
	} else {
		err = demonstrate(ctx, o, ticker.C, stdout, stderr)
	}
	if err != nil {
		fmt.Fprintf(stderr, "sidecar: %s\n", show.Text(err.Error()))
		return exitWrong
	}
	return exitRight
}

// serve merges the workers of the arguments.
func serve(ctx context.Context, o options, tick <-chan time.Time, stderr io.Writer) error {
	config := scrape.Config{Interval: o.interval, Timeout: o.timeout, Logger: o.logger}
	s, err := newSidecar(o.state, config, scrape.URLs(o.urls...), scrape.Files(o.files...))
	if err != nil {
		return err
	}
	return offer(ctx, o.listen, s, stderr, func(ctx context.Context) error {
		return rounds(ctx, o.rounds, tick, func(int) error { return s.round(ctx) })
	})
}

// rounds calls do at once and at every tick, until the rounds end (0: never) or
// ctx ends.
func rounds(ctx context.Context, n int, tick <-chan time.Time, do func(round int) error) error {
	for i := 1; ; i++ {
		err := do(i)
		if ctx.Err() != nil {
			return nil // an interrupt is no failure
		}
		if err != nil || i == n {
			return err
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick:
		}
	}
}

// offer serves what the sidecar published while do runs.
func offer(ctx context.Context, address string, s *sidecar, stderr io.Writer, do func(context.Context) error) error {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", s.published)
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	ended := make(chan error, 1)
	go func() {
		ended <- server.Serve(listener)
		cancel()
	}()
	fmt.Fprintf(stderr, "sidecar: the merged metrics are at http://%s/metrics\n", listener.Addr())
	err = do(ctx)
	server.Close()
	if failed := <-ended; !errors.Is(failed, http.ErrServerClosed) {
		err = errors.Join(err, failed)
	}
	return err
}
