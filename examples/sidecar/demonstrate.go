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
	"github.com/promfold/promfold/examples/internal/example"
	"github.com/promfold/promfold/parse"
)

// workersAtOnce is how many workers the program starts.
const workersAtOnce = 4

// demonstrate merges workers of its own, and compares the totals with what the
// workers know.
func demonstrate(ctx context.Context, o options, stdout, stderr io.Writer) (err error) {
	dir, err := os.MkdirTemp("", "worker-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	if o.state == "" {
		o.state = filepath.Join(dir, "state")
	}
	c := newCrew(dir)
	s, err := newSidecar(ctx, o, c.config(o), c.targets)
	if err != nil {
		return err
	}
	b, err := begin(s)
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
		screen := example.NewScreen(o.Output, stdout, stderr)
		err := o.Run(ctx, func(n int) error {
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
			if o.JSON {
				return screen.Show(b, nil, false)
			}
			return screen.Print(b.lines(n)...)
		})
		if err == nil && !o.JSON {
			err = screen.Print(b.summary()...)
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
	config := o.config()
	config.OnScrape = func(t scrape.Target, s *aggregate.Scrape) error {
		samples, err := parse.Samples(s.Header, s.Body)
		c.mu.Lock()
		defer c.mu.Unlock()
		c.read[t.Name] = sum(samples)
		return err
	}
	config.OnReport = func(t scrape.Target, _ aggregate.Report) {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.scraped[t.Name] = max(c.scraped[t.Name], c.read[t.Name]) // two sidecars may scrape it
	}
	return config
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

// hire starts a worker. Its name tells it from those of a program before, of the
// same state.
func (c *crew) hire() error {
	w, err := startWorker(c.dir, fmt.Sprintf("%s-%d", filepath.Base(c.dir), len(c.living)+len(c.dead)+1))
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
	Workers int     `json:"workers"`
	Killed  int     `json:"killed"`
	Merged  float64 `json:"merged"`
	Before  float64 `json:"merged_before"`   // by a program whose state this one goes on from
	Truth   float64 `json:"truth"`           // with that
	Lost    float64 `json:"lost"`            // after the last scrape of a dead worker
	Pending float64 `json:"not_scraped_yet"` // after that of a living one
	Sum     float64 `json:"sum_of_the_living"`
	Falls   int     `json:"falls_of_the_sum"`
}

// begin returns a board of nothing but what the sidecar knows already.
func begin(s *sidecar) (*board, error) {
	if err := s.publish(); err != nil {
		return nil, err
	}
	total, err := s.merged()
	return &board{Merged: total, Before: total}, err
}

// merged returns the total of the workers' counter that is shown.
func (s *sidecar) merged() (total float64, err error) {
	families, err := s.published.Gather()
	for _, f := range families {
		if f.GetName() == handled {
			for _, m := range f.Metric {
				total += m.Counter.GetValue()
			}
		}
	}
	return total, err
}

// read asks everybody for their numbers, between two scrapes. The error says
// what of the merged total is wrong.
func (b *board) read(s *sidecar, c *crew) error {
	before := *b
	total, err := s.merged()
	if err != nil {
		return err
	}
	b.Merged = total
	dead, known, err := c.counted(c.dead)
	if err != nil {
		return err
	}
	b.Lost = dead - known
	living, sum, err := c.counted(c.living)
	if err != nil {
		return err
	}
	b.Truth, b.Pending, b.Sum = b.Before+dead+living, living-sum, sum
	b.Workers, b.Killed = len(c.living), len(c.dead)
	if b.Sum < before.Sum {
		b.Falls++
	}
	switch {
	case b.Merged < before.Merged:
		return fmt.Errorf("the merged total fell from %.0f to %.0f", before.Merged, b.Merged)
	case b.Merged != b.Before+known+sum:
		return fmt.Errorf("%.0f were scraped, %.0f merged", b.Before+known+sum, b.Merged)
	}
	return nil
}

// lines returns the numbers as a row, under the titles in the first round.
func (b *board) lines(n int) []example.Line {
	var out []example.Line
	if n == 1 {
		title := "          workers  killed    merged     truth = merged + lost + not scraped yet   sum of the living"
		out = append(out, example.Line{example.Dim(title)})
	}
	row := example.Line{
		example.Normal(fmt.Sprintf("%s  %7d  %6d  ", time.Now().Format(time.TimeOnly), b.Workers, b.Killed)), example.Bold(fmt.Sprintf("%8.0f", b.Merged)),
		example.Normal(fmt.Sprintf("  %8.0f            %6.0f  %15.0f  %18.0f", b.Truth, b.Lost, b.Pending, b.Sum)),
	}
	if b.Falls > 0 {
		row = append(row, example.Notice(fmt.Sprintf("  fell %d×", b.Falls)))
	}
	return append(out, row)
}

func (b *board) summary() []example.Line {
	return []example.Line{
		nil,
		{example.Normal(fmt.Sprintf("%d workers were killed. The merged total never fell; the sum of the living fell %d times.", b.Killed, b.Falls))},
		{example.Normal(fmt.Sprintf("Of %.0f requests %.0f are merged, %.0f were lost with their workers, %.0f are not scraped yet.", b.Truth, b.Merged, b.Lost, b.Pending))},
	}
}
