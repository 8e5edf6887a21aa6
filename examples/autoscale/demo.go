package main

import (
	"context"
	"fmt"
	"math"
	"time"
)

const (
	target   = 100.0
	capacity = 120.0 // requests a second that a replica can do
	rounds   = 28
	grows    = 16 // the round from which there is more traffic
)

// round is what the demo shows of one moment.
type round struct {
	Second int     `json:"second"`
	Load   float64 `json:"load"` // requests a second that come in
	What   string  `json:"what,omitempty"`
	Here   side    `json:"here"`
	Naive  side    `json:"naive"`
}

// side is one of the two fleets.
type side struct {
	Seen     *float64 `json:"seen,omitempty"` // nil: not known
	Why      string   `json:"why,omitempty"`
	Replicas int      `json:"replicas"` // wanted after this round
	Load     float64  `json:"load"`     // of each replica, in requests a second
}

// script is what happens, by round.
func script(n int) (load float64, what string, failing bool) {
	switch load = 400; {
	case n >= 3 && n <= 6:
		return load, "a replica is replaced", false
	case n >= 9 && n <= 12:
		return load, "half of the scrapes fail", true
	case n >= grows:
		return 900, "more traffic", false
	}
	return load, "", false
}

// hpa is what a HorizontalPodAutoscaler wants: the total divided by the target of
// one replica, unless that is within a tenth of what there is.
func hpa(replicas int, total float64) int {
	if ratio := total / (target * float64(replicas)); math.Abs(ratio-1) <= 0.1 {
		return replicas
	}
	return max(1, int(math.Ceil(total/target)))
}

// play plays the demo, and calls seen after each round with those until then.
func play(ctx context.Context, s stage, seen func([]round) error) error {
	here, naive := newScaledHere(s), newScaledNaively(s)
	defer here.resize(0)
	defer naive.resize(0)
	var all []round
	for n := range rounds {
		load, what, failing := script(n)
		x := round{Second: int(s.interval().Seconds()) * n, Load: load, What: what}
		for _, f := range []*fleet{&here.fleet, &naive.fleet} {
			if n == 0 {
				if err := f.resize(4); err != nil {
					return err
				}
			}
			if err := f.begin(n, load, failing); err != nil {
				return err
			}
		}
		if err := s.pass(ctx); err != nil {
			return err
		}
		var err error
		if x.Here, err = here.decide(ctx, load); err != nil {
			return err
		}
		if x.Naive, err = naive.decide(ctx, load); err != nil {
			return err
		}
		all = append(all, x)
		if err := seen(all); err != nil {
			return err
		}
	}
	return nil
}

// fleet is a fleet of replicas, which share the load nearly evenly.
type fleet struct {
	stage    stage
	replicas []member
	made     int
}

type member struct {
	replica
	name  string
	share float64 // of the load, beside the others'
}

// resize starts or ends replicas, the newest first.
func (f *fleet) resize(n int) error {
	for len(f.replicas) < n {
		r, err := f.stage.start()
		if err != nil {
			return err
		}
		f.made++
		f.replicas = append(f.replicas, member{r, fmt.Sprintf("web-%d", f.made), 1 + float64(f.made%4)/20})
	}
	for _, r := range f.replicas[n:] {
		r.end()
	}
	f.replicas = f.replicas[:n]
	return nil
}

// begin begins a round: in some of them a replica is replaced, or every second one
// does not answer.
func (f *fleet) begin(n int, load float64, failing bool) error {
	if i := n - 3; i >= 0 && i < 4 && i < len(f.replicas) {
		if err := f.replicas[i].restart(); err != nil {
			return err
		}
	}
	var shares float64
	for _, r := range f.replicas {
		shares += r.share
	}
	for i, r := range f.replicas {
		if err := r.serve(load*r.share/shares, failing && i%2 == 1); err != nil {
			return err
		}
	}
	return nil
}

// reading is what a scrape of a replica brought.
type reading struct {
	name string
	at   time.Time
	body []byte
	err  error
}

// read scrapes all replicas at once.
func (f *fleet) read(ctx context.Context) []reading {
	list := make([]reading, len(f.replicas))
	done := make(chan struct{})
	for i, r := range f.replicas {
		go func() {
			list[i] = reading{name: r.name, at: f.stage.now()}
			list[i].body, list[i].err = r.scrape(ctx)
			done <- struct{}{}
		}()
	}
	for range list {
		<-done
	}
	return list
}
