// Picker chooses the replica of an inference service that should get the next
// request: the one with the fewest requests waiting, and of those the one whose
// cache is emptiest. Each replica is read every 50 ms. A replica that fails, or
// whose values are old, is never taken for an idle one.
//
//	picker [flags]               100 replicas of its own, beside the same with expfmt
//	picker [flags] URL URL URL   the replicas at URLs
//
// Without arguments it reads bodies of 575 lines shaped as vLLM's, for a second
// with package parse and then for a second with expfmt, on as many replicas as two
// cores carry, and prints the CPU time of both. The bodies come from memory, so
// no network and no server is measured.
//
// The exit status is 0, or 1 if no replica answered, 2 for bad flags.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"
	"time"

	"github.com/promfold/promfold/aggregate"
	"github.com/promfold/promfold/aggregate/scrape"
	"github.com/promfold/promfold/examples/internal/example"
)

const usage = `usage: picker [flags]               100 replicas of its own, beside the same with expfmt
       picker [flags] URL URL URL   the replicas at URLs

`

// options are the command line.
type options struct {
	example.Live
	example.Output
	replicas int // of its own
	length   time.Duration
	urls     []string
}

func parseFlags(args []string, stderr io.Writer) (options, error) {
	o := options{Live: example.Live{Interval: 50 * time.Millisecond}}
	fs := example.NewFlags("picker", usage)
	o.Live.AddTo(fs)
	o.Output.AddTo(fs)
	fs.IntVar(&o.replicas, "replicas", 100, "how many replicas of its own")
	fs.DurationVar(&o.length, "for", time.Second, "how long each of both reads replicas of its own")
	err := fs.Parse(args, stderr, func(urls []string) error {
		for _, url := range urls {
			if err := example.Target(url); err != nil {
				return err
			}
			if !slices.Contains(o.urls, url) {
				o.urls = append(o.urls, url)
			}
		}
		if o.replicas < 2 || o.length <= 0 {
			return errors.New("-replicas must be 2 at least, -for positive")
		}
		return o.Live.Complete()
	})
	return o, err
}

func main() { example.Main(run) }

func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	o, err := parseFlags(args, stderr)
	screen := example.NewScreen(o.Output, stdout, stderr)
	switch {
	case err != nil:
	case len(o.urls) > 0:
		err = watch(ctx, o, screen)
	default:
		err = compare(ctx, o, screen)
	}
	return example.End("picker", err, stderr)
}

// choice is what is printed of a round.
type choice struct {
	At      time.Time      `json:"at"`
	Replica string         `json:"replica"`
	Waiting example.Number `json:"waiting"`
	Cache   example.Number `json:"cache"`
	AgeMS   float64        `json:"age_ms"`
	Usable  int            `json:"usable"`
	Known   int            `json:"replicas"`
}

func (c *choice) lines() []example.Line {
	return []example.Line{{
		example.Normal(c.At.Format("15:04:05.000") + "  "), example.Bold(c.Replica),
		example.Normal(fmt.Sprintf("  %.0f waiting, cache %.0f %%, %.0f ms old, one of %d of %d", c.Waiting, 100*c.Cache, c.AgeMS, c.Usable, c.Known)),
	}}
}

// watch prints each round which replica of those at URLs it picks.
func watch(ctx context.Context, o options, screen *example.Screen) error {
	p := newPicker(o.Interval)
	var mu sync.Mutex
	reading := map[string]*replica{}
	targets := make([]scrape.Target, len(o.urls))
	for i, url := range o.urls {
		targets[i] = scrape.Target{Target: aggregate.Target{Name: url}, URL: url}
		reading[url] = p.add(url)
	}
	c := o.Scrape(time.Now)
	c.OnScrape = func(t scrape.Target, s *aggregate.Scrape) error {
		mu.Lock()
		defer mu.Unlock()
		return reading[t.Name].read(s.Time, s.Header, s.Body)
	}
	c.OnError = func(t scrape.Target, err error) {
		mu.Lock()
		defer mu.Unlock()
		reading[t.Name].fail(err)
	}
	s, err := scrape.New(nil, c, scrape.Targets(targets...))
	if err != nil {
		return err
	}
	picked := false
	err = o.Run(ctx, func(n int) error {
		if err := s.Once(ctx); err != nil || ctx.Err() != nil {
			return err
		}
		x, ok := p.pick(time.Now())
		picked = picked || ok
		if !ok {
			screen.Say("no replica can be used: " + p.why())
			return nil
		}
		return screen.Show(&x, x.lines, n == o.Rounds)
	})
	if err == nil && !picked {
		err = errors.New("no replica answered")
	}
	return err
}
