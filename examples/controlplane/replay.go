package main

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/klauspost/compress/zstd"

	"github.com/promfold/promfold/aggregate"
	"github.com/promfold/promfold/internal/recording"
)

// step is the time between two moments of a recording. API servers were scraped
// as often, the others less often.
const step = 5 * time.Second

// mostPlayed is the longest recording that is played: there is a page for each step.
const mostPlayed = 24 * time.Hour

// recordings are the directories of a whole control plane.
var recordings = []string{"apiserver-ha", "etcd", "controllers-ha"}

// recorded is a scrape of a recording, and the directory that it is in.
type recordedScrape struct {
	recording.Scrape
	dir fs.FS
}

// inside returns the recording in the program. Successive bodies differ little,
// so they are small only when they are compressed together.
func inside() (fs.FS, error) {
	d, err := zstd.NewReader(nil)
	if err != nil {
		return nil, err
	}
	defer d.Close()
	files, err := d.DecodeAll(archive, nil)
	if err != nil {
		return nil, err
	}
	return zip.NewReader(bytes.NewReader(files), int64(len(files)))
}

// replay plays the scrapes in the order of their times.
func (w *watcher) replay(ctx context.Context, each func(*Page) error) error {
	scrapes, err := w.recorded()
	if err != nil {
		return err
	}
	begin := scrapes[0].At()
	if end := scrapes[len(scrapes)-1].At(); end.After(begin.Add(mostPlayed)) {
		return fmt.Errorf("the recording goes from %s to %s, longer than %v: is a time wrong?", begin.UTC().Format(time.RFC3339), end.UTC().Format(time.RFC3339), mostPlayed)
	}
	targets := w.targets(scrapes)
	if err := w.board.fleet.SetTargets(begin, targets...); err != nil {
		return err
	}
	for _, t := range targets {
		w.board.audit.knows(t.Name)
	}
	if a := w.board.audit; a != nil {
		if err := a.start(begin, true); err != nil {
			return err
		}
	}
	moment := begin.Add(step / 2)
	for i, x := range scrapes {
		if ctx.Err() != nil {
			return nil
		}
		for x.At().After(moment) {
			if err := w.take(moment, each); err != nil {
				return err
			}
			moment = moment.Add(step)
		}
		w.screen.Progress(i+1, len(scrapes))
		w.ingest(x)
	}
	return w.take(moment, each)
}

func (w *watcher) ingest(x recordedScrape) {
	f := w.board.fleet
	body, err := x.Body(x.dir)
	if err == nil {
		err = empty(x.Header(), body)
	}
	w.board.audit.take(x.Target, x.At())
	if err == nil {
		var r aggregate.Report
		if r, err = f.Ingest(aggregate.Scrape{Target: x.Target, Time: x.At(), Header: x.Header(), Body: body}); err == nil {
			w.board.still.note(r, x.At())
		}
	}
	if err != nil && !errors.Is(err, aggregate.ErrConflict) {
		f.ScrapeFailed(x.Target, x.At(), err) // a late one changes nothing
	}
	w.note(x.Target, x.At(), err)
}

// recorded returns the scrapes to play, by time.
func (w *watcher) recorded() ([]recordedScrape, error) {
	var root fs.FS = os.DirFS(w.o.Dir)
	if w.o.Dir == "" {
		var err error
		if root, err = inside(); err != nil {
			return nil, err
		}
	}
	dirs := recordings
	if _, err := fs.Stat(root, "manifest.jsonl"); err == nil {
		dirs = []string{"."}
	}
	var list []recordedScrape
	for _, name := range dirs {
		dir, err := fs.Sub(root, path.Clean(name))
		if err != nil {
			return nil, err
		}
		all, err := recording.Manifest(dir)
		if err != nil {
			return nil, fmt.Errorf("%s has neither manifest.jsonl nor %s: %w", w.o.Dir, strings.Join(recordings, ", "), err)
		}
		for _, s := range w.o.Choose(all, w.selected) {
			list = append(list, recordedScrape{s, dir})
		}
	}
	if len(list) == 0 {
		return nil, fmt.Errorf("no scrape is selected")
	}
	slices.SortStableFunc(list, func(a, b recordedScrape) int { return a.At().Compare(b.At()) })
	return list, nil
}

// selected leaves out other formats and paths. API servers are played directly
// or through the balancer.
func (w *watcher) selected(s recording.Scrape) bool {
	if s.Format != "text" && s.Format != "" || s.Path != "/metrics" {
		return false
	}
	return recorded(s.Target) != apiServers || s.ThroughLB == w.o.balanced
}

func (w *watcher) targets(scrapes []recordedScrape) (list []aggregate.Target) {
	for _, x := range scrapes {
		if !slices.ContainsFunc(list, func(t aggregate.Target) bool { return t.Name == x.Target }) {
			list = append(list, w.target(x.Target, recorded(x.Target), x.ThroughLB))
		}
	}
	return list
}
