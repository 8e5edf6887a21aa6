package main

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/promfold/promfold/examples/internal/example"
	"github.com/promfold/promfold/parse"
)

// The families that a choice needs: five gauges and a histogram.
const (
	waitingName   = "vllm:num_requests_waiting"
	runningName   = "vllm:num_requests_running"
	cacheName     = "vllm:kv_cache_usage_perc"
	swappedName   = "vllm:num_requests_swapped"
	loraName      = "vllm:lora_requests_info"
	firstByteName = "vllm:time_to_first_token_seconds"
)

var wanted = []string{waitingName, runningName, cacheName, swappedName, loraName, firstByteName}

// load is what a replica said of itself.
type load struct {
	waiting, running, cache, swapped float64
	loras                            int
	slow, all                        float64 // first tokens that took more than a second; all of them
	heard                            gauges
	at                               time.Time // of its oldest gauge that has a time of its own; zero: none has
}

// gauges are those of a load that were there.
type gauges struct{ waiting, running, cache bool }

// complete are the gauges that a choice needs.
var complete = gauges{true, true, true}

// add takes in a sample of a wanted family.
func (l *load) add(name string, value float64) {
	switch name {
	case waitingName:
		l.waiting += value
		l.heard.waiting = true
	case runningName:
		l.running += value
		l.heard.running = true
	case cacheName:
		l.cache = max(l.cache, value)
		l.heard.cache = true
	case swappedName:
		l.swapped += value
	case loraName:
		l.loras++
	}
}

// replica is one replica, with its latest load.
type replica struct {
	name   string
	body   parse.Reader // the latest
	load   load
	at     time.Time // of the load; zero: none yet
	failed error     // the latest read did; nil if it did not
}

// picker chooses among replicas.
type picker struct {
	replicas []*replica
	oldest   time.Duration // the oldest load that counts
}

// maxIntervals is the age of the oldest load that counts, in intervals.
const maxIntervals = 3

func newPicker(interval time.Duration) *picker { return &picker{oldest: maxIntervals * interval} }

func (p *picker) add(name string) *replica {
	r := &replica{name: name}
	r.body.Keep = func(f *parse.Family) bool { return slices.Contains(wanted, f.Name) }
	p.replicas = append(p.replicas, r)
	return r
}

// read takes in what a replica answered.
func (r *replica) read(at time.Time, header http.Header, body []byte) error {
	if err := r.body.Read(header, body); err != nil {
		r.fail(err)
		return err
	}
	var l load
	for s := range r.body.Samples() {
		switch {
		case s.Role == parse.Bucket && s.Bound == 1:
			l.slow -= s.Value
		case s.Role == parse.Count:
			l.slow += s.Value
			l.all += s.Value
		case s.Role == parse.Value:
			l.add(s.Name, s.Value)
			if !s.Time.IsZero() && (l.at.IsZero() || s.Time.Before(l.at)) {
				l.at = s.Time
			}
		}
	}
	r.set(at, l)
	return nil
}

// set takes in a load. One that lacks a gauge, or where one is no number, is no
// load: a queue that is not there is not empty.
func (r *replica) set(at time.Time, l load) {
	switch {
	case l.heard != complete:
		r.failed = fmt.Errorf("not all of %s, %s, %s are there", waitingName, runningName, cacheName)
	case !(l.waiting >= 0 && l.running >= 0 && l.cache >= 0): // NaN, too
		r.failed = fmt.Errorf("%g waiting, %g running, %g of the cache", l.waiting, l.running, l.cache)
	default:
		r.load, r.at, r.failed = l, at, nil
		if !l.at.IsZero() && l.at.Before(at) { // a cache answers for the replica
			r.at = l.at
		}
	}
}

// fail notes that a replica did not answer, or not well.
func (r *replica) fail(err error) { r.failed = err }

// usable reports whether the load counts.
func (r *replica) usable(now time.Time, oldest time.Duration) bool {
	return r.failed == nil && !r.at.IsZero() && now.Sub(r.at) <= oldest
}

// pick returns the least loaded replica: fewest waiting, then the emptiest cache,
// then the fewest running; ties go to the first. ok is false if none is usable.
func (p *picker) pick(now time.Time) (c choice, ok bool) {
	var best *replica
	for _, r := range p.replicas {
		if !r.usable(now, p.oldest) {
			continue
		}
		c.Usable++
		if best == nil || r.load.less(&best.load) {
			best = r
		}
	}
	if best == nil {
		return choice{}, false
	}
	c.At, c.Replica, c.Known = now, best.name, len(p.replicas)
	c.Waiting, c.Cache = example.Number(best.load.waiting), example.Number(best.load.cache)
	c.AgeMS = float64(now.Sub(best.at).Microseconds()) / 1000
	return c, true
}

// less compares loads. A cache that is nearly full makes the next request wait.
func (l *load) less(o *load) bool {
	const full = 0.95
	for _, x := range [][2]float64{{flag(l.cache > full), flag(o.cache > full)}, {l.waiting, o.waiting}, {l.cache, o.cache}, {l.running, o.running}} {
		if x[0] != x[1] {
			return x[0] < x[1]
		}
	}
	return false
}

func flag(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

var errOld = errors.New("its load is old")

// why says why no replica is usable.
func (p *picker) why() string {
	var list []string
	for _, r := range p.replicas {
		err := r.failed
		if err == nil {
			err = errOld
		}
		list = append(list, r.name+": "+err.Error())
	}
	return strings.Join(list, "; ")
}
