package main

import (
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/common/model"

	"github.com/promfold/promfold/internal/recording"
	"github.com/promfold/promfold/parse"
)

// A scrape is one answer, or a failure: then samples is nil.
type scrape struct {
	target  string
	at      time.Time
	started time.Time // of the process
	samples []parse.Sample
}

// scrapes are in the order in which they ended.
type scrapes []scrape

type recorded struct {
	source       string
	began        time.Time // a second before the first scrape
	direct, both scrapes   // of the instances; and through the balancer
}

// balancer is the name of the target that several processes answer for.
const balancer = "lb"

// load reads a recording, and moves it so that it begins when the program does:
// the Collector's components compare start times with their own.
func load(dir string) (*recorded, error) {
	r := &recorded{source: dir, began: time.Now()}
	var files fs.FS = recording.FS
	if _, err := os.Stat(path.Join(dir, "apiserver-ha/manifest.jsonl")); err == nil {
		files = os.DirFS(path.Join(dir, "apiserver-ha"))
	} else {
		r.source = "internal/recording"
	}
	manifest, err := recording.Manifest(files)
	if err != nil {
		return nil, err
	}
	var moved time.Duration
	for _, m := range manifest {
		if m.Format != "text" && m.File != "" || m.Path != "/metrics" || m.Scenario != "apiserver-ha" {
			continue
		}
		if moved == 0 {
			moved = r.began.Add(time.Second).Sub(m.At())
		}
		s := scrape{target: m.Target, at: m.At().Add(moved)}
		if m.File != "" {
			if err := s.read(files, &m, moved); err != nil {
				return nil, err
			}
		}
		r.both = append(r.both, s)
	}
	slices.SortStableFunc(r.both, func(a, b scrape) int { return a.at.Compare(b.at) })
	r.direct = r.both.of(func(s *scrape) bool { return s.target != balancer })
	return r, nil
}

const startName = "process_start_time_seconds"

func (s *scrape) read(files fs.FS, m *recording.Scrape, moved time.Duration) error {
	body, err := m.Body(files)
	if err != nil {
		return err
	}
	if s.samples, err = parse.Samples(m.Header(), body); err != nil {
		return err
	}
	for i := range s.samples {
		if x := &s.samples[i]; x.Name == startName {
			x.Value += moved.Seconds()
			s.started = time.UnixMilli(int64(x.Value * 1000))
		}
	}
	return nil
}

// of returns the scrapes that are wanted.
func (list scrapes) of(wanted func(*scrape) bool) (made scrapes) {
	for i := range list {
		if wanted(&list[i]) {
			made = append(made, list[i])
		}
	}
	return made
}

// step returns the time at which a share of the recording is over.
func (list scrapes) step(share float64) time.Time {
	return list[int(share*float64(len(list)))].at
}

// withoutBounds returns the scrapes, those of one target without every second
// bound of histograms.
func (list scrapes) withoutBounds(target string) scrapes {
	made := slices.Clone(list)
	for i := range made {
		if made[i].target != target {
			continue
		}
		n := 0
		made[i].samples = slices.DeleteFunc(slices.Clone(made[i].samples), func(x parse.Sample) bool {
			if x.Role != parse.Bucket {
				n = 0
				return false
			}
			n++
			return n%2 == 0 && x.Labels.Get(model.BucketLabel) != "+Inf"
		})
	}
	return made
}

// The metrics whose totals are compared.
const (
	requests  = "apiserver_request_total"
	durations = "apiserver_request_duration_seconds"
)

// growths is what the series of processes grew by, scrape by scrape.
type growths struct {
	began  time.Time
	latest map[string]map[string]float64 // by process and series
}

// of returns by how much each sample of a scrape grew, in the order of the
// samples. Of a process that ran before the recording, the first values count
// nothing.
func (g *growths) of(s *scrape, name string) (total float64, each []float64) {
	if g.latest == nil {
		g.latest, g.began = map[string]map[string]float64{}, s.at
	}
	process := s.target + s.started.String()
	known, ok := g.latest[process]
	if !ok {
		known = map[string]float64{}
		g.latest[process] = known
	}
	old := !ok && !s.started.After(g.began)
	for i := range s.samples {
		x := &s.samples[i]
		each = append(each, 0)
		if x.Name != name {
			continue
		}
		key := x.Labels.String()
		if !old {
			each[i] = x.Value - known[key]
		}
		known[key] = x.Value
		total += each[i]
	}
	return total, each
}

// truth returns what a counter grew by in all scrapes.
func (list scrapes) truth(name string) (sum float64) {
	var g growths
	for i := range list {
		x, _ := g.of(&list[i], name)
		sum += x
	}
	return sum
}

// without returns the scrapes without those of a target while they are unwanted.
func (list scrapes) without(target string, unwanted func(time.Time) bool) scrapes {
	return list.of(func(s *scrape) bool { return s.target != target || !unwanted(s.at) })
}

// isInstance reports whether a target's name ends so.
func (s *scrape) isAny(names ...string) bool {
	return slices.ContainsFunc(names, func(name string) bool { return strings.HasSuffix(s.target, name) })
}
