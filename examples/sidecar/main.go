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
// A worker may also listen on a socket: unix:///run/worker-1.sock.
//
// With -pair each of two sidecars that watch the same workers names the other
// one. Both have to know the workers by the same names, as they do if they are
// given the same addresses. They exchange what they know before they show it, so
// either may die, and Prometheus may read now one and now the other as one
// target: no counter falls. What they exchange is at /state, for everybody who
// reaches the port.
//
// The merged exposition is at /metrics, as text, OpenMetrics or protobuf. With
// -state it is saved before it is shown, so a sidecar that was killed never
// showed more than it knows when it is back.
//
// A round that fails after the first one, because a list of workers cannot be
// read or the disk is full, is logged, and shows nothing new. The exit status is
// 0, or 1 if the first round failed or the totals were wrong, 2 for bad flags.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/promfold/promfold/aggregate/scrape"
	"github.com/promfold/promfold/examples/internal/example"
)

func main() {
	if path := os.Getenv(workerVariable); path != "" {
		os.Exit(work(path))
	}
	example.Main(run)
}

// run runs the program until the rounds end or ctx ends.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	o, err := parseFlags(args, stderr)
	switch {
	case err != nil:
	case len(o.urls)+len(o.files) > 0:
		err = serve(ctx, o, stderr)
	default:
		err = demonstrate(ctx, o, stdout, stderr)
	}
	return example.End("sidecar", err, stderr)
}

// config returns the settings of the scraper.
func (o *options) config() scrape.Config {
	c := o.Scrape(o.now)
	c.Logger = o.logger
	return c
}

// sources returns the sources of the workers of the arguments.
func (o *options) sources() []scrape.Source {
	return []scrape.Source{scrape.URLs(o.urls...), scrape.Files(o.files...)}
}

// serve merges the workers of the arguments.
func serve(ctx context.Context, o options, stderr io.Writer) error {
	s, err := newSidecar(ctx, o, o.config(), o.sources()...)
	if err != nil {
		return err
	}
	return offer(ctx, o.listen, s, stderr, func(ctx context.Context) error {
		return o.Run(ctx, func(n int) error {
			err := s.round(ctx)
			if err == nil || ctx.Err() != nil || n == 1 { // what fails at once is a wrong argument
				return err
			}
			o.logger.Error("round failed", "err", err)
			return nil
		})
	})
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
	mux.HandleFunc("GET /metrics", s.serveMetrics)
	mux.HandleFunc("GET "+statePath, s.serveState)
	mux.HandleFunc("POST "+statePath, s.serveState)
	server := &http.Server{Handler: mux, ReadTimeout: time.Minute, WriteTimeout: time.Minute, IdleTimeout: 10 * time.Minute}
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
