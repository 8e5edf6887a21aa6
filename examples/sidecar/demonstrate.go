package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/promfold/promfold/aggregate"
	"github.com/promfold/promfold/aggregate/scrape"
	"github.com/promfold/promfold/parse"
)

// workersAtOnce is how many workers the program starts.
const workersAtOnce = 4

// demonstrate merges workers of its own, and compares the totals with what the
// workers know.
func demonstrate(ctx context.Context, o options, tick <-chan time.Time, stdout, stderr io.Writer) (err error) {
	dir, err := os.MkdirTemp("", "sidecar")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	if o.state == "" {
		o.state = filepath.Join(dir, "state")
	}
	c := newCrew(dir)
	s, err := newSidecar(o.state, c.config(o), c.targets)
	if err != nil {
		return err
	}
	defer c.stop()
	for range workersAtOnce {
		if err := c.hire(); err != nil {
			return err
		}
	}
	return offer(ctx, o.listen, s, stderr, func(ctx context.Context) error {
		fmt.Fprint(stdout, title)
		var b board
		err := rounds(ctx, o.rounds, tick, func(n int) error {
			if o.kill > 0 && n > 1 && (n-1)%o.kill == 0 {
				if err := c.replace(); err != nil {
					return err
				}
			}
			if err := s.round(ctx); err != nil {
				return err
			}
			if err := b.read(s, c); err != nil {
				return err
			}
			_, err := fmt.Fprintf(stdout, "%s  %s\n", time.Now().Format(time.TimeOnly), &b)
			return err
		})
		if err == nil {
			fmt.Fprintf(stdout, "\n%s\n", b.summary())
		}
		return err
	})
}

// crew are the workers, and what of each was scraped.
type crew struct {
	dir    string
	living []*worker
	dead   []*worker

	mu      sync.Mutex
	read    map[string]float64 // by worker: its counter in the latest body
	scraped map[string]float64 // the same of the bodies that the fleet took in
}

func newCrew(dir string) *crew {
	return &crew{dir: dir, read: map[string]float64{}, scraped: map[string]float64{}}
}

// config returns how the crew is scraped.
func (c *crew) config(o options) scrape.Config {
	return scrape.Config{
		Interval: o.interval, Timeout: o.timeout, Logger: o.logger,
		OnScrape: func(t scrape.Target, s *aggregate.Scrape) error {
			samples, err := parse.Samples(s.Header, s.Body)
			c.mu.Lock()
			defer c.mu.Unlock()
			c.read[t.Name] = sum(samples)
			return err
		},
		OnReport: func(t scrape.Target, _ aggregate.Report) {
			c.mu.Lock()
			defer c.mu.Unlock()
			c.scraped[t.Name] = c.read[t.Name]
		},
	}
}

func sum(samples []parse.Sample) (total float64) {
	for _, s := range samples {
		if s.Name == handled {
			total += s.Value
		}
	}
	return total
}

// targets is a source of the living.
func (c *crew) targets(_ context.Context, set func([]scrape.Target)) error {
	list := make([]scrape.Target, len(c.living))
	for i, w := range c.living {
		list[i] = scrape.Target{Target: aggregate.Target{Name: w.name}, URL: w.url}
	}
	set(list)
	return nil
}

func (c *crew) hire() error {
	w, err := startWorker(c.dir, fmt.Sprintf("worker-%d", len(c.living)+len(c.dead)+1))
	if err == nil {
		c.living = append(c.living, w)
	}
	return err
}

// replace kills the oldest worker and starts another.
func (c *crew) replace() error {
	w := c.living[0]
	w.kill()
	c.living, c.dead = c.living[1:], append(c.dead, w)
	return c.hire()
}

func (c *crew) stop() {
	for _, w := range c.living {
		w.kill()
	}
	c.living, c.dead = nil, append(c.dead, c.living...)
}

// counted returns what workers counted, and how much of it was scraped.
func (c *crew) counted(list []*worker) (truth, scraped float64, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, w := range list {
		n, err := w.counted()
		if err != nil {
			return 0, 0, err
		}
		truth += float64(n)
		scraped += c.scraped[w.name]
	}
	return truth, scraped, nil
}

// board compares the merged total with the truth.
type board struct {
	merged, truth   float64
	lost, pending   float64 // after the last scrape of a dead worker; of a living one
	sum             float64 // of the living, as who adds up their counters sees it
	falls           int     // how often that fell
	workers, killed int
}

const title = "          workers  killed    merged     truth = merged + lost + not scraped yet   sum of the living\n"

// read asks everybody for their numbers, between two scrapes. The error says
// what of the merged total is wrong.
func (b *board) read(s *sidecar, c *crew) error {
	before := *b
	families, err := s.published.Gather()
	if err != nil {
		return err
	}
	b.merged = 0
	for _, f := range families {
		if f.GetName() == handled {
			for _, m := range f.Metric {
				b.merged += m.Counter.GetValue()
			}
		}
	}
	dead, known, err := c.counted(c.dead)
	if err != nil {
		return err
	}
	b.lost = dead - known
	living, sum, err := c.counted(c.living)
	if err != nil {
		return err
	}
	b.truth, b.pending, b.sum = dead+living, living-sum, sum
	b.workers, b.killed = len(c.living), len(c.dead)
	if b.sum < before.sum {
		b.falls++
	}
	switch {
	case b.merged < before.merged:
		return fmt.Errorf("the merged total fell from %.0f to %.0f", before.merged, b.merged)
	case b.merged != known+sum:
		return fmt.Errorf("%.0f were scraped, %.0f merged", known+sum, b.merged)
	}
	return nil
}

// String returns the numbers as one line under the title.
func (b *board) String() string {
	mark := ""
	if b.falls > 0 {
		mark = fmt.Sprintf("  fell %d×", b.falls)
	}
	return fmt.Sprintf("%7d  %6d  %8.0f  %8.0f            %6.0f  %15.0f  %18.0f%s", b.workers, b.killed, b.merged, b.truth, b.lost, b.pending, b.sum, mark)
}

func (b *board) summary() string {
	return fmt.Sprintf("%d workers were killed. The merged total never fell; the sum of the living fell %d times.\n"+
		"Of %.0f requests %.0f are merged, %.0f were lost with their workers, %.0f are not scraped yet.",
		b.killed, b.falls, b.truth, b.merged, b.lost, b.pending)
}
