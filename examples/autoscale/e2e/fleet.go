package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/promfold/promfold/examples/autoscale/internal/worker"
)

// podFleet keeps a process for each running pod of the deployment web, as its
// container would be, and a file that says where they are.
type podFleet struct {
	kube kube
	file string

	mu      sync.Mutex
	workers map[string]*worker.Process
	order   []string
	load    float64 // requests a second, shared by all
	hangs   bool    // every second one
}

func newPodFleet(k kube, file string) *podFleet {
	return &podFleet{kube: k, file: file, workers: map[string]*worker.Process{}}
}

// follow follows the pods until ctx ends, and ends all processes.
func (f *podFleet) follow(ctx context.Context) {
	tick := time.NewTicker(500 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			f.mu.Lock()
			defer f.mu.Unlock()
			for _, w := range f.workers {
				w.Kill()
			}
			return
		case <-tick.C:
			if err := f.round(); err != nil {
				fmt.Fprintln(os.Stderr, "the processes of pods:", err)
			}
		}
	}
}

func (f *podFleet) round() error {
	var pods podList
	if err := f.kube.get("/api/v1/namespaces/default/pods?labelSelector=app%3Dweb", &pods); err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	running := map[string]bool{}
	changed := false
	for _, p := range pods.Items {
		if p.Status.Phase != "Running" || p.Metadata.DeletionTimestamp != nil {
			continue
		}
		running[p.Metadata.Name] = true
		if f.workers[p.Metadata.Name] == nil {
			w, err := worker.Start()
			if err != nil {
				return err
			}
			f.workers[p.Metadata.Name], changed = w, true
			f.order = append(f.order, p.Metadata.Name)
		}
	}
	var order []string
	for _, name := range f.order {
		if running[name] {
			order = append(order, name)
			continue
		}
		f.workers[name].Kill()
		delete(f.workers, name)
		changed = true
	}
	f.order = order
	f.tell()
	if changed {
		return f.write()
	}
	return nil
}

// tell shares the load.
func (f *podFleet) tell() {
	for i, name := range f.order {
		word := "answer"
		if f.hangs && i%2 == 1 {
			word = "hang"
		}
		w := f.workers[name]
		_ = w.Tell("rate %v", f.load/float64(len(f.order))) // one that ended is missed in the next scrape
		_ = w.Tell(word)
	}
}

// set changes what happens.
func (f *podFleet) set(load float64, hangs bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.load, f.hangs = load, hangs
	f.tell()
}

// queue has the first process say that so many wait.
func (f *podFleet) queue(n int) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.order) == 0 {
		return errors.New("there is no process")
	}
	return f.workers[f.order[0]].Tell("queue %d", n)
}

// write writes the file, as file_sd has it.
func (f *podFleet) write() error {
	type group struct {
		Targets []string          `json:"targets"`
		Labels  map[string]string `json:"labels"`
	}
	list := []group{}
	for _, name := range f.order {
		address, _, _ := strings.Cut(strings.TrimPrefix(f.workers[name].URL, "http://"), "/")
		list = append(list, group{[]string{address}, map[string]string{"namespace": "default", "pod": name}})
	}
	text, err := json.Marshal(list)
	if err != nil {
		return err
	}
	if err := os.WriteFile(f.file+".new", text, 0o600); err != nil {
		return err
	}
	return os.Rename(f.file+".new", f.file)
}
