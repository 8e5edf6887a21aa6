package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

const (
	interval = time.Second // of scrapes, states and totals
	patience = time.Minute // a machine may be busy
)

// trial is tiers with so many leaves, beside one Collector.
type trial struct {
	ctx       context.Context
	cancel    context.CancelFunc
	collector string
	verbose   bool
	folder    string
	ports     ports
	fleet     *targets

	rootAddress string // where the root takes states in
	one, root   *process
	leaves      []*process
	shares      [][]int // targets, by leaf
	see         [2]*watcher
	watching    sync.WaitGroup
	round       int

	leavesKilled, rootsKilled int
}

func newTrial(ctx context.Context, collector string, n, leaves int, verbose bool) (*trial, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	folder, err := os.MkdirTemp("", "e2e-tiers")
	if err != nil {
		return nil, err
	}
	x := &trial{collector: collector, verbose: verbose, folder: folder, ports: ports{20000}, leaves: make([]*process, leaves), shares: make([][]int, leaves)}
	x.ctx, x.cancel = context.WithTimeout(ctx, 10*time.Minute)
	x.fleet = &targets{ctx: x.ctx, self: self}
	x.rootAddress = x.ports.take()
	x.see = [2]*watcher{{name: "one", address: x.ports.take(), most: totals{}}, {name: "root", address: x.ports.take(), most: totals{}}}
	for i := range n {
		x.shares[i%leaves] = append(x.shares[i%leaves], i)
	}
	return x, nil
}

// end ends everything that was started.
func (x *trial) end() {
	x.cancel()
	x.watching.Wait()
	for _, p := range append([]*process{x.one, x.root}, x.leaves...) {
		if p != nil {
			p.kill()
		}
	}
	x.fleet.end()
	_ = os.RemoveAll(x.folder)
}

func (x *trial) looks() int64 { return x.see[0].looks.Load() + x.see[1].looks.Load() }

// start starts one Collector with a configuration of the folder tiers.
func (x *trial) start(config string, variables ...string) (*process, error) {
	variables = append(variables, "STATE="+filepath.Join(x.folder, "state"), "INTERVAL="+interval.String(), "ROOT="+x.rootAddress)
	return start(x.ctx, "Everything is ready", x.verbose, variables, x.collector, "--config", filepath.Join("tiers", config+".yaml"))
}

func (x *trial) startRoot() (err error) {
	if x.root, err = x.start("root", "SHOW="+x.see[1].address); err != nil {
		return err
	}
	return x.root.wait(x.ctx)
}

func (x *trial) startLeaf(i int) (err error) {
	x.leaves[i], err = x.start("leaf", fmt.Sprintf("LEAF=leaf-%d", i), "TARGETS="+x.file(leafName(i)))
	return err
}

func (x *trial) file(name string) string { return filepath.Join(x.folder, name+".json") }
func leafName(i int) string              { return fmt.Sprintf("leaf-%d", i) }

// share writes the targets of a Collector where it looks for them.
func (x *trial) share(name string, list []int) error {
	addresses := []string{}
	for _, i := range list {
		addresses = append(addresses, x.fleet.addresses[i])
	}
	b, err := json.Marshal([]map[string][]string{{"targets": addresses}})
	if err != nil {
		return err
	}
	next := x.file(name) + ".next"
	return errors.Join(os.WriteFile(next, b, 0o600), os.Rename(next, x.file(name)))
}

// move gives the share of one leaf to another.
func (x *trial) move(from, to int) error {
	x.shares[to] = append(x.shares[to], x.shares[from]...)
	x.shares[from] = nil
	return errors.Join(x.share(leafName(from), nil), x.share(leafName(to), x.shares[to]))
}

// open starts the Collectors and then the targets.
func (x *trial) open() error {
	var err error
	if x.one, err = x.start("one", "SHOW="+x.see[0].address, "TARGETS="+x.file("one")); err != nil {
		return err
	}
	if err := x.startRoot(); err != nil {
		return err
	}
	for i := range x.leaves {
		if err := x.startLeaf(i); err != nil {
			return err
		}
	}
	for _, p := range append([]*process{x.one}, x.leaves...) {
		if err := p.wait(x.ctx); err != nil {
			return err
		}
	}
	if err := x.fleet.startAll(sizeOf(x.shares), &x.ports); err != nil {
		return err
	}
	var all []int
	for i, list := range x.shares {
		all = append(all, list...)
		if err := x.share(leafName(i), list); err != nil {
			return err
		}
	}
	for _, w := range x.see {
		x.watching.Go(func() { w.watch(x.ctx) })
	}
	return x.share("one", all)
}

func sizeOf(shares [][]int) (n int) {
	for _, list := range shares {
		n += len(list)
	}
	return n
}

// settle lets the targets work once more, and waits until the totals of both
// Collectors are what the targets counted, and each other's.
func (x *trial) settle(what string) error {
	x.round++
	if err := x.fleet.work(x.round); err != nil {
		return err
	}
	began := time.Now()
	for {
		why, err := x.compare()
		if err != nil {
			return fmt.Errorf("%s: %w", what, err)
		}
		if why == "" {
			fmt.Printf("%d leaves, %s: equal after %v\n", len(x.leaves), what, time.Since(began).Round(100*time.Millisecond))
			return nil
		}
		if time.Since(began) > patience {
			return fmt.Errorf("%s: after %v: %s", what, patience, why)
		}
		select {
		case <-x.ctx.Done():
			return x.ctx.Err()
		case <-time.After(200 * time.Millisecond):
		}
	}
}

// compare returns how the totals differ yet; a total that fell, or that is more
// than the targets counted, is an error.
func (x *trial) compare() (string, error) {
	var seen [2]totals
	for i, w := range x.see {
		w.mu.Lock()
		wrong := w.wrong
		w.mu.Unlock()
		if len(wrong) > 0 {
			return "", errors.New(wrong[0])
		}
		if got, most := w.total(), x.fleet.handled().Total(); got > float64(most) {
			return "", fmt.Errorf("%s: %v requests, of %d", w.name, got, most)
		}
		t, err := totalsOf(x.ctx, w.address)
		if err != nil {
			return err.Error(), nil
		}
		seen[i] = t
		if list := t.differences(x.fleet.scraped()); len(list) > 0 {
			return w.name + ": " + strings.Join(list, "; "), nil
		}
	}
	if !maps.Equal(seen[0], seen[1]) {
		return fmt.Sprintf("one shows %v, and the root %v", seen[0], seen[1]), nil
	}
	return "", nil
}
