package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"time"

	"github.com/promfold/promfold/examples/internal/example"
	"github.com/promfold/promfold/examples/resourcemetrics/internal/usage"
	"github.com/promfold/promfold/internal/recording"
)

// replayed is what a recording told so far.
type replayed struct {
	options
	cluster  usage.Cluster
	compared compared
	pods     map[usage.Name]string // what was missing of each; empty: nothing was
	remarks  []remark
}

// remark is that something became known or unknown.
type remark struct {
	Time time.Time `json:"time"`
	Text string    `json:"text"`
}

func newReplayed(o options) *replayed {
	return &replayed{
		options: o, cluster: usage.Cluster{Resolution: o.resolution}, pods: map[usage.Name]string{},
		compared: compared{resolution: o.resolution, bodies: map[string]map[int64]body{}},
	}
}

// replay reads the answers of kubelets, and compares with those of metrics-server.
func (r *replayed) replay(ctx context.Context, dir fs.FS) error {
	all, err := recording.Manifest(dir)
	if err != nil {
		return err
	}
	all = r.Choose(all, func(s recording.Scrape) bool {
		return s.Path == "/metrics/resource" || strings.HasPrefix(s.Path, recordedAPI)
	})
	if len(all) == 0 {
		return errors.New("the recording has no answers to /metrics/resource")
	}
	return example.Each(ctx, all, func(_ int, s recording.Scrape) error { return r.take(dir, s) })
}

func (r *replayed) take(dir fs.FS, s recording.Scrape) error {
	body, err := s.Body(dir)
	if s.Path != "/metrics/resource" {
		if err != nil {
			return err
		}
		var list recordedList
		if err := json.Unmarshal(body, &list); err != nil {
			return fmt.Errorf("%s: %w", s.File, err)
		}
		r.note(s.At())
		return r.compared.with(&r.cluster, s.At(), list)
	}
	node := strings.TrimSuffix(s.Target, "-resource")
	if err == nil {
		if err := r.compared.remember(node, s, body); err != nil {
			return err
		}
		err = r.cluster.Read(node, s.At(), s.Header(), body)
	} else {
		r.cluster.Failed(node)
	}
	if err != nil {
		r.remarks = append(r.remarks, remark{s.At(), fmt.Sprintf("node %s: %s", node, err)})
	}
	return nil
}

// note remarks the pods that became incomplete or complete, once all kubelets of
// a round answered. One that is new is incomplete in any case.
func (r *replayed) note(at time.Time) {
	var complete []string
	for _, name := range r.cluster.Pods() {
		p, err := r.cluster.Pod(name, nil)
		before, known := r.pods[name]
		if err != nil || p.Whys() == before {
			continue
		}
		switch r.pods[name] = p.Whys(); {
		case p.Whys() == "":
			complete = append(complete, name.String())
		case known:
			r.remarks = append(r.remarks, remark{at, fmt.Sprintf("pod %s is incomplete: %s", name, p.Whys())})
		}
	}
	if complete != nil {
		r.remarks = append(r.remarks, remark{at, "complete: " + strings.Join(complete, ", ")})
	}
}
