package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/promfold/promfold/examples/autoscale/internal/worker"
)

// stage is where the demo plays.
type stage interface {
	now() time.Time
	interval() time.Duration        // between scrapes, and between decisions
	pass(ctx context.Context) error // lets an interval pass
	start() (replica, error)
}

// replica is a process that counts requests.
type replica interface {
	serve(rate float64, hangs bool) error // from now on
	restart() error                       // its process is killed, and another one begins
	scrape(ctx context.Context) ([]byte, error)
	end()
}

// simulated is a stage without processes, in a time of its own.
type simulated struct {
	second   int64
	replicas []*pretended
}

func (s *simulated) now() time.Time          { return time.Unix(1_000_000_000+s.second, 0) }
func (s *simulated) interval() time.Duration { return 15 * time.Second }
func (s *simulated) start() (replica, error) {
	r := &pretended{stage: s, began: s.now()}
	s.replicas = append(s.replicas, r)
	return r, nil
}

func (s *simulated) pass(context.Context) error {
	s.second += int64(s.interval().Seconds())
	for _, r := range s.replicas {
		r.count += r.rate * s.interval().Seconds()
	}
	return nil
}

type pretended struct {
	stage       *simulated
	began       time.Time
	rate, count float64
	hangs       bool
}

func (r *pretended) serve(rate float64, hangs bool) error {
	r.rate, r.hangs = rate, hangs
	return nil
}

func (r *pretended) restart() error {
	r.began, r.count = r.stage.now(), 0
	return nil
}

func (r *pretended) scrape(context.Context) ([]byte, error) {
	if r.hangs {
		return nil, context.DeadlineExceeded
	}
	return worker.Body(r.began, r.count, 0), nil
}

func (r *pretended) end() { r.rate = 0 }

// real is a stage of processes of this machine.
type real struct {
	every time.Duration
	tick  <-chan time.Time
}

func (s *real) now() time.Time          { return time.Now() }
func (s *real) interval() time.Duration { return s.every }
func (s *real) pass(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-s.tick:
		return nil
	}
}

func (s *real) start() (replica, error) {
	p, err := worker.Start()
	return &process{stage: s, Process: p}, err
}

// process is a replica that is a process.
type process struct {
	stage *real
	*worker.Process
}

func (p *process) serve(rate float64, hangs bool) error {
	word := "answer"
	if hangs {
		word = "hang"
	}
	return errors.Join(p.Tell("rate %v", rate), p.Tell(word))
}

func (p *process) restart() (err error) {
	p.Kill()
	p.Process, err = worker.Start()
	return err
}

func (p *process) scrape(ctx context.Context) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, p.stage.every/4)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, p.URL, nil)
	if err != nil {
		return nil, err
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("status %s", answer.Status)
	}
	return io.ReadAll(answer.Body)
}

func (p *process) end() { p.Kill() }
