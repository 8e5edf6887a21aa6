package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/promfold/promfold/aggregate/checkpoint"
	"github.com/promfold/promfold/aggregate/expose"
)

// restarts are many small instances that always begin anew.
func restarts(w *world, round int) error {
	for i := range 1000 {
		var b bytes.Buffer
		b.WriteString("# TYPE hostile_total counter\n")
		for j := range 100 {
			fmt.Fprintf(&b, "hostile_total{l=\"%d\"} %d\n", j, 1+(i*7+j*3+round*11)%50)
		}
		fmt.Fprintf(&b, "# TYPE process_start_time_seconds gauge\nprocess_start_time_seconds %d\n", w.now().Unix()-5)
		w.sendAs(fmt.Sprint("h", i), w.now(), b.Bytes())
	}
	return nil
}

// checkpoints has eight writers of one file, each of a text of its own.
func checkpoints(w *world, _ int) error {
	dir, err := os.MkdirTemp("", "faults")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "state")
	var all sync.WaitGroup
	errs := make([]error, 8)
	for i := range errs {
		all.Go(func() {
			want := bytes.Repeat([]byte{'a' + byte(i)}, 1<<16)
			for range 20 {
				errs[i] = errors.Join(errs[i], checkpoint.Write(path, func(w io.Writer) error { _, err := w.Write(want); return err }),
					checkpoint.Read(path, func(r io.Reader) error {
						got, err := io.ReadAll(r)
						if len(got) != 1<<16 || bytes.Count(got, got[:1]) != len(got) {
							err = errors.Join(err, errors.New("a mixed file"))
						}
						return err
					}))
			}
		})
	}
	all.Wait()
	w.seen = "each reads a whole file"
	return errors.Join(errs...)
}

// noFile saves to what is no file; that a full disk leaves the old one is a test of
// package checkpoint.
func noFile(w *world, _ int) error {
	for _, path := range []string{os.DevNull, os.TempDir()} {
		w.sent++
		err := checkpoint.Write(path, w.fleet.Save)
		if err == nil {
			return fmt.Errorf("a checkpoint in %s is taken for saved", path)
		}
		if w.refused++; w.refused == 1 {
			w.seen = "error: " + shortened(err.Error(), 90)
		}
	}
	return nil
}

// parallelScrapes asks an exposition of many groups many times at once.
func parallelScrapes(w *world, round int) error {
	var b bytes.Buffer
	b.WriteString("# TYPE hostile_total counter\n")
	for i := range 20_000 {
		fmt.Fprintf(&b, "hostile_total{l=\"%d\"} %d\n", i, i*round)
	}
	w.send(b.Bytes())
	e := expose.New(w.fleet, func() time.Time { return w.now() })
	if err := e.Counter("hostile_total", "", w.views.hostile); err != nil {
		return err
	}
	var all sync.WaitGroup
	var mu sync.Mutex
	codes := map[int]int{}
	for range 64 {
		all.Go(func() {
			rec := &discard{header: http.Header{}}
			e.ServeHTTP(rec, httptest.NewRequest(http.MethodGet, "/metrics", nil))
			mu.Lock()
			defer mu.Unlock()
			codes[max(rec.code, http.StatusOK)]++
		})
	}
	all.Wait()
	w.seen = fmt.Sprintf("%d are answered, %d get 503", codes[http.StatusOK], codes[http.StatusServiceUnavailable])
	return nil
}

// discard is a client that reads everything and keeps nothing.
type discard struct {
	header http.Header
	code   int
}

func (d *discard) Header() http.Header         { return d.header }
func (d *discard) Write(b []byte) (int, error) { return len(b), nil }
func (d *discard) WriteHeader(code int)        { d.code = code }
