package main

import (
	"context"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/promfold/promfold/aggregate"
	"github.com/promfold/promfold/examples/autoscale/internal/scaling"
)

const (
	interval = 15 // seconds between scrapes, and between decisions
	target   = 100.0
	capacity = 120.0 // requests a second that a replica can do
	grows    = 16    // the round from which there is more traffic
)

// demoMetrics is what the fleet of the demo is scaled by.
const demoMetrics = "metrics: [{name: requests, select: http_requests_total, scaleBy: rate, window: 15s, target: 100}]"

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

// replica is a process that counts requests.
type replica struct {
	name    string
	started int
	share   float64 // of the load, beside the others'
	count   float64
}

// fleet is a fleet of replicas, which share the load evenly.
type fleet struct {
	replicas []*replica
	made     int
}

// resize starts or ends replicas, the newest first.
func (f *fleet) resize(n, now int) {
	for len(f.replicas) < n {
		f.made++
		f.replicas = append(f.replicas, &replica{name: fmt.Sprintf("web-%d", f.made), started: now - f.made%5, share: 1 + float64(f.made%4)/20})
	}
	f.replicas = f.replicas[:n]
}

// work has an interval pass. The balancer is not quite even.
func (f *fleet) work(load float64) {
	var shares float64
	for _, r := range f.replicas {
		shares += r.share
	}
	for _, r := range f.replicas {
		r.count += interval * load * r.share / shares
	}
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

// play plays the demo.
func play() ([]round, error) {
	here, err := newScaledHere()
	if err != nil {
		return nil, err
	}
	naive := scaledNaively{last: map[string]float64{}}
	here.resize(4, -60)
	naive.resize(4, -60)
	var rounds []round
	for n := range 28 {
		now := n * interval
		load, what, failing := script(n)
		x := round{Second: now, Load: load, What: what}
		if n >= 3 && n <= 6 {
			here.replace(n-3, now)
			naive.replace(n-3, now)
		}
		if x.Here, err = here.round(now, load, failing); err != nil {
			return nil, err
		}
		x.Naive = naive.round(now, load, failing)
		rounds = append(rounds, x)
	}
	return rounds, nil
}

// replace restarts the i-th replica, if there is one: it counts from 0 again.
func (f *fleet) replace(i, now int) {
	if i < len(f.replicas) {
		f.replicas[i].started, f.replicas[i].count = now-interval, 0
	}
}

// fails reports whether the scrape of the i-th replica fails, where half of them do.
func fails(i int, failing bool) bool { return failing && i%2 == 1 }

// scaledHere is scaled by this program's numbers.
type scaledHere struct {
	fleet
	watch *aggregate.Fleet
	set   *scaling.Set
}

func moment(s int) time.Time { return time.Unix(1_000_000_000+int64(s), 0) }

func newScaledHere() (*scaledHere, error) {
	config, err := scaling.Read(strings.NewReader(demoMetrics))
	if err != nil {
		return nil, err
	}
	f, err := aggregate.NewFleet(aggregate.Config{Window: 2 * time.Minute, Since: moment(-1)})
	if err != nil {
		return nil, err
	}
	set, err := scaling.New(f, config)
	return &scaledHere{watch: f, set: set}, err
}

func (s *scaledHere) round(now int, load float64, failing bool) (side, error) {
	s.work(load)
	var targets []aggregate.Target
	for _, r := range s.replicas {
		targets = append(targets, aggregate.Target{Name: r.name})
	}
	if err := s.watch.SetTargets(moment(now), targets...); err != nil {
		return side{}, err
	}
	for i, r := range s.replicas {
		var err error
		if fails(i, failing) {
			err = s.watch.ScrapeFailed(r.name, moment(now), context.DeadlineExceeded)
		} else {
			_, err = s.watch.Ingest(aggregate.Scrape{Target: r.name, Time: moment(now), Body: fmt.Appendf(nil,
				"# TYPE process_start_time_seconds gauge\nprocess_start_time_seconds %d\n# TYPE http_requests_total counter\nhttp_requests_total %v\n",
				moment(r.started).Unix(), r.count)})
		}
		if err != nil {
			return side{}, err
		}
	}
	x := side{Load: load / float64(len(s.replicas)), Replicas: len(s.replicas)}
	number, err := s.set.One(moment(now), "requests")
	if err != nil {
		x.Why = err.Error()
		return x, nil
	}
	x.Seen, x.Replicas = &number.Value, hpa(len(s.replicas), number.Value)
	s.resize(x.Replicas, now)
	return x, nil
}

// scaledNaively is scaled by an adapter that adds what grew, and takes a failed
// scrape, and a counter that fell, for 0.
type scaledNaively struct {
	fleet
	last map[string]float64
}

func (s *scaledNaively) round(now int, load float64, failing bool) side {
	s.work(load)
	x := side{Load: load / float64(len(s.replicas)), Replicas: len(s.replicas)}
	first := len(s.last) == 0
	var total float64
	for i, r := range s.replicas {
		if fails(i, failing) {
			continue
		}
		total += max(0, r.count-s.last[r.name]) / interval // a new replica began at 0
		s.last[r.name] = r.count
	}
	if !first {
		x.Seen, x.Replicas = &total, hpa(len(s.replicas), total)
		s.resize(x.Replicas, now)
	}
	return x
}
