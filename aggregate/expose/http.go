package expose

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"

	"github.com/klauspost/compress/gzhttp"
	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
)

// ServeHTTP serves the families in the format the client prefers, text where it
// does not say, compressed if it takes gzip or zstd. Those who ask while families
// are gathered share the next gathering. Beyond 32 requests at once the answer
// is 503; a client that does not read what it asked for is one of them until the
// server's WriteTimeout.
func (e *Exposition) ServeHTTP(w http.ResponseWriter, r *http.Request) { e.door.serve(e.Gather, w, r) }

const maxRequests = 32 // at once; a Prometheus asks once a scrape

// door is where clients come in.
type door struct {
	places chan struct{}
	turn   chan struct{} // of one gathering at a time

	mu   sync.Mutex
	next *gathered // has not begun; nil if nobody waits
}

// gathered is what one gathering gave to all who waited for it.
type gathered struct {
	done     chan struct{} // closed at the end
	families []*dto.MetricFamily
	err      error
}

func newDoor() *door {
	return &door{places: make(chan struct{}, maxRequests), turn: make(chan struct{}, 1)}
}

var errPanicked = errors.New("expose: gathering panicked")

// gather returns families that were gathered after the call, for one client or
// for many. They must not be changed.
func (d *door) gather(ctx context.Context, gather func() ([]*dto.MetricFamily, error)) ([]*dto.MetricFamily, error) {
	d.mu.Lock()
	if d.next == nil {
		d.next = &gathered{done: make(chan struct{}), err: errPanicked}
	}
	g := d.next
	d.mu.Unlock()
	select {
	case d.turn <- struct{}{}:
		defer func() { <-d.turn }()
	case <-g.done:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	select {
	case <-g.done:
		return g.families, g.err
	default:
	}
	d.mu.Lock()
	d.next = nil // it was g: who comes now is of the next one
	d.mu.Unlock()
	defer close(g.done)
	g.families, g.err = gather()
	return g.families, g.err
}

// serve answers a request. No client waits here for another one's connection.
func (d *door) serve(gather func() ([]*dto.MetricFamily, error), w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "method not allowed", http.StatusMethodNotAllowed)
		return
	}
	select {
	case d.places <- struct{}{}:
		defer func() { <-d.places }()
	default:
		w.Header().Set("Retry-After", "1")
		http.Error(w, "expose: too many requests at once", http.StatusServiceUnavailable)
		return
	}
	families, err := d.gather(r.Context(), gather)
	switch {
	case r.Context().Err() != nil:
		return // nobody reads it
	case errors.Is(err, errUnpublished):
		http.Error(w, err.Error(), http.StatusServiceUnavailable)
		return
	case err != nil:
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	show(families, w, r)
}

// show writes families to a client that is there.
func show(families []*dto.MetricFamily, w http.ResponseWriter, r *http.Request) {
	format := expfmt.NegotiateAccept(r.Header, offered()...)
	w.Header().Set("Content-Type", string(format))
	w.Header().Add("Vary", "Accept")
	if all := r.Header.Values("Accept-Encoding"); len(all) > 1 { // gzhttp reads the first line alone
		r = r.Clone(r.Context())
		r.Header.Set("Accept-Encoding", strings.Join(all, ","))
	}
	gzhttp.GzipHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodHead {
			return
		}
		// What fails now is the connection; the client sees that it was cut.
		_ = write(w, families, format)
	})).ServeHTTP(w, r)
}
