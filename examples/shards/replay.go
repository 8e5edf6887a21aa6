package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"github.com/promfold/promfold/internal/recording"
)

var shardTarget = regexp.MustCompile(`^ksm-\d+$`)

// replay shows the rounds of each scenario, in their order.
func replay(ctx context.Context, dir fs.FS, o options, s *screen) error {
	all, err := recording.Manifest(dir)
	if err != nil {
		return err
	}
	var scenarios []string
	for _, r := range all {
		if !slices.Contains(scenarios, r.Scenario) && (o.Scenarios == nil || slices.Contains(o.Scenarios, r.Scenario)) {
			scenarios = append(scenarios, r.Scenario)
		}
	}
	for _, name := range scenarios {
		w := newWatch()
		for _, r := range rounds(all, name) {
			if ctx.Err() != nil {
				return nil
			}
			r, err := r.read(dir)
			if err != nil {
				return err
			}
			if err := s.show(w.observe(name, r)); err != nil {
				return err
			}
		}
	}
	return nil
}

// recordedRound holds the answers of a round, before they are read.
type recordedRound struct {
	shards    []recording.Scrape
	telemetry map[string]recording.Scrape
	pods      *recording.Scrape
}

// rounds returns the steps of a scenario.
func rounds(all []recording.Scrape, scenario string) (list []*recordedRound) {
	var steps []int
	by := map[int]*recordedRound{}
	for _, r := range all {
		if r.Scenario != scenario {
			continue
		}
		if by[r.Step] == nil {
			steps = append(steps, r.Step)
			by[r.Step] = &recordedRound{telemetry: map[string]recording.Scrape{}}
		}
		x := by[r.Step]
		shard, isTelemetry := strings.CutSuffix(r.Target, "-telemetry")
		switch {
		case shardTarget.MatchString(r.Target) && r.Format == "text":
			x.shards = append(x.shards, r)
		case isTelemetry && r.Format == "text":
			x.telemetry[shard] = r
		case r.Target == "api-pods" && r.Status == http.StatusOK:
			x.pods = &r
		}
	}
	slices.Sort(steps)
	for _, step := range steps {
		if len(by[step].shards) > 0 {
			list = append(list, by[step])
		}
	}
	return list
}

func (x *recordedRound) read(dir fs.FS) (round, error) {
	var out round
	slices.SortFunc(x.shards, func(a, b recording.Scrape) int { return strings.Compare(a.Target, b.Target) })
	for _, r := range x.shards {
		if r.At().After(out.at) {
			out.at = r.At()
		}
		reading := reading{shard: r.Target, header: r.Header()}
		reading.body, reading.err = r.Body(dir)
		if t, ok := x.telemetry[r.Target]; ok {
			if body, err := t.Body(dir); err == nil {
				reading.telemetry, reading.about = body, t.Header()
			}
		}
		out.readings = append(out.readings, reading)
	}
	if x.pods != nil {
		body, err := x.pods.Body(dir)
		if err != nil {
			return round{}, err
		}
		if out.stored, err = readPods(body); err != nil {
			return round{}, fmt.Errorf("%s: %w", x.pods.File, err)
		}
	}
	return out, nil
}

// readPods reads the list of pods of an API server.
func readPods(body []byte) (*stored, error) {
	var list struct {
		Kind  string
		Items []struct{ Metadata struct{ UID string } }
	}
	if err := json.Unmarshal(body, &list); err != nil {
		return nil, err
	}
	if list.Kind != "PodList" {
		return nil, fmt.Errorf("%q is not a list of pods", list.Kind)
	}
	s := &stored{pods: len(list.Items), uids: map[string]bool{}}
	for _, p := range list.Items {
		s.uids[p.Metadata.UID] = true
	}
	return s, nil
}
