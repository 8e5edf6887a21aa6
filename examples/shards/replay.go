package main

import (
	"bufio"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"
)

// recorded is a line of a manifest: one answer, its body gzipped in a file
// beside it. The names of the targets say what they are: ksm-0 is a shard,
// ksm-0-telemetry its other port, api-pods the API's list of pods.
type recorded struct {
	File        string `json:"file"` // empty: the scrape failed
	Scenario    string `json:"scenario"`
	Step        int    `json:"step"`
	Time        int64  `json:"time"` // when the whole body was here, Unix ms
	Target      string `json:"target"`
	ContentType string `json:"content_type"`
	Format      string `json:"format"`
	Status      int    `json:"status"`
	Notes       string `json:"notes"`
}

var shardTarget = regexp.MustCompile(`^ksm-\d+$`)

// bodyLimit bounds a body, decompressed.
const bodyLimit = 64 << 20

// replay judges the rounds of each scenario, in their order.
func replay(ctx context.Context, dir fs.FS, o options, s *screen) error {
	all, err := readManifest(dir)
	if err != nil {
		return err
	}
	var scenarios []string
	for _, r := range all {
		if !slices.Contains(scenarios, r.Scenario) && (o.scenarios == nil || slices.Contains(o.scenarios, r.Scenario)) {
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

func readManifest(dir fs.FS) (list []recorded, err error) {
	file, err := dir.Open("manifest.jsonl")
	if err != nil {
		return nil, err
	}
	defer file.Close()
	for d := json.NewDecoder(bufio.NewReader(file)); ; {
		var r recorded
		switch err := d.Decode(&r); err {
		case nil:
			list = append(list, r)
		case io.EOF:
			return list, nil
		default:
			return nil, fmt.Errorf("manifest.jsonl: entry %d: %w", len(list)+1, err)
		}
	}
}

// recordedRound are a round's answers, not read yet.
type recordedRound struct {
	shards    []recorded
	telemetry map[string]recorded
	pods      *recorded
}

// rounds are the steps of a scenario.
func rounds(all []recorded, scenario string) (list []*recordedRound) {
	var steps []int
	by := map[int]*recordedRound{}
	for _, r := range all {
		if r.Scenario != scenario {
			continue
		}
		if by[r.Step] == nil {
			steps = append(steps, r.Step)
			by[r.Step] = &recordedRound{telemetry: map[string]recorded{}}
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
	slices.SortFunc(x.shards, func(a, b recorded) int { return strings.Compare(a.Target, b.Target) })
	for _, r := range x.shards {
		at := time.UnixMilli(r.Time)
		if at.After(out.at) {
			out.at = at
		}
		reading := reading{shard: r.Target, at: at, contentType: r.ContentType}
		reading.body, reading.err = r.body(dir)
		if t, ok := x.telemetry[r.Target]; ok {
			if body, err := t.body(dir); err == nil {
				reading.telemetry, reading.about = body, t.ContentType
			}
		}
		out.readings = append(out.readings, reading)
	}
	if x.pods != nil {
		body, err := x.pods.body(dir)
		if err != nil {
			return round{}, err
		}
		if out.stored, err = readPods(body); err != nil {
			return round{}, fmt.Errorf("%s: %w", x.pods.File, err)
		}
	}
	return out, nil
}

// readPods reads the API's list of pods.
func readPods(body []byte) (*stored, error) {
	var list struct {
		Kind  string
		Items []struct{ Metadata struct{ UID string } }
	}
	if err := json.Unmarshal(body, &list); err != nil {
		return nil, err
	}
	if list.Kind != "PodList" {
		return nil, fmt.Errorf("a %q is no list of pods", list.Kind)
	}
	s := &stored{pods: len(list.Items), uids: map[string]bool{}}
	for _, p := range list.Items {
		s.uids[p.Metadata.UID] = true
	}
	return s, nil
}

func (r *recorded) body(dir fs.FS) ([]byte, error) {
	switch {
	case r.Status != 0 && r.Status != http.StatusOK:
		return nil, fmt.Errorf("HTTP status %d", r.Status)
	case r.File == "" && r.Notes != "":
		return nil, errors.New(r.Notes)
	case r.File == "":
		return nil, errors.New("no answer")
	}
	file, err := dir.Open(r.File)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	zip, err := gzip.NewReader(file)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", r.File, err)
	}
	return readAll(zip)
}

// readAll reads all of a body, unless it is longer than the limit.
func readAll(from io.Reader) ([]byte, error) {
	body, err := io.ReadAll(io.LimitReader(from, bodyLimit+1))
	if err == nil && len(body) > bodyLimit {
		return nil, fmt.Errorf("a body of more than %d bytes", bodyLimit)
	}
	return body, err
}
