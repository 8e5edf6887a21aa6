package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strconv"
	"time"

	"github.com/promfold/promfold/examples/collector/internal/target"
)

// beTarget is what a process does that is a target. It ends with its input: a
// target does not outlive who started it.
func beTarget(address, started string) error {
	ms, err := strconv.ParseInt(started, 10, 64)
	if err != nil {
		return err
	}
	t := target.New(time.UnixMilli(ms))
	mux := http.NewServeMux()
	mux.Handle("/metrics", t)
	mux.HandleFunc("/work", func(_ http.ResponseWriter, r *http.Request) {
		n, _ := strconv.ParseUint(r.URL.Query().Get("n"), 10, 32)
		t.Work(n)
	})
	mux.HandleFunc("/freeze", func(w http.ResponseWriter, _ *http.Request) { _ = json.NewEncoder(w).Encode(t.Freeze()) })
	mux.HandleFunc("/counts", func(w http.ResponseWriter, _ *http.Request) { _ = json.NewEncoder(w).Encode(t.Counts()) })
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		os.Exit(0)
	}()
	l, err := net.Listen("tcp", address)
	if err != nil {
		return err
	}
	fmt.Println("listens at", address)
	return http.Serve(l, mux)
}

// targets are the targets, and what they counted.
type targets struct {
	ctx       context.Context
	self      string // this program
	running   []*process
	started   []time.Time
	addresses []string
	processes int

	ended  target.Counts // of processes that ended
	seen   target.Counts // of it, what a scrape showed
	lost   uint64        // requests that no scrape showed
	latest []target.Counts
}

// startAll starts n targets.
func (f *targets) startAll(n int, p *ports) error {
	f.running, f.started, f.latest = make([]*process, n), make([]time.Time, n), make([]target.Counts, n)
	for range n {
		f.addresses = append(f.addresses, p.take())
	}
	for i := range n {
		if err := f.start(i); err != nil {
			return err
		}
	}
	return nil
}

// start starts the process of a target.
func (f *targets) start(i int) error {
	f.started[i] = time.Now()
	p, err := start(f.ctx, "listens at", false, nil, f.self, targetRole, f.addresses[i], fmt.Sprint(f.started[i].UnixMilli()))
	if err != nil {
		return err
	}
	f.running[i], f.latest[i] = p, target.Counts{}
	f.processes++
	return p.wait(f.ctx)
}

// work lets all targets count.
func (f *targets) work(round int) error {
	for i := range f.running {
		if err := f.workOf(i, uint64(37+i*11+round*5)); err != nil {
			return err
		}
	}
	return nil
}

func (f *targets) workOf(i int, n uint64) error {
	if err := f.ask(i, fmt.Sprintf("work?n=%d", n), nil); err != nil {
		return err
	}
	return f.ask(i, "counts", &f.latest[i])
}

// shortest is how long a target lives at least. Start times that are nearer to
// each other than two seconds are two readings of one.
const shortest = 2500 * time.Millisecond

// restart kills a target and starts another process in its place. What it
// counts after it is frozen is lost: no scrape shows it.
func (f *targets) restart(i int, unseen uint64) error {
	select {
	case <-f.ctx.Done():
		return f.ctx.Err()
	case <-time.After(time.Until(f.started[i].Add(shortest))):
	}
	var shown map[string]target.Counts
	if err := f.ask(i, "freeze", &shown); err != nil {
		return err
	}
	if unseen > 0 {
		if err := f.workOf(i, unseen); err != nil {
			return err
		}
	}
	var seen target.Counts
	for _, c := range shown {
		seen = seen.Max(c)
	}
	f.running[i].kill()
	f.ended, f.seen = f.ended.Add(f.latest[i]), f.seen.Add(seen)
	f.lost += f.latest[i].Total() - seen.Total()
	return f.start(i)
}

// handled returns what all processes counted.
func (f *targets) handled() target.Counts { return f.plus(f.ended) }

// scraped returns what scrapes showed of ended processes, and what those that
// run counted.
func (f *targets) scraped() target.Counts { return f.plus(f.seen) }

func (f *targets) plus(c target.Counts) target.Counts {
	for _, d := range f.latest {
		c = c.Add(d)
	}
	return c
}

func (f *targets) ask(i int, path string, to any) error {
	request, err := http.NewRequestWithContext(f.ctx, http.MethodGet, "http://"+f.addresses[i]+"/"+path, nil)
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if to == nil {
		_, err = io.Copy(io.Discard, response.Body)
		return err
	}
	return json.NewDecoder(response.Body).Decode(to)
}

func (f *targets) end() {
	for _, p := range f.running {
		if p != nil {
			p.kill()
		}
	}
}
