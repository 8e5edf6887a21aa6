package main

import (
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

// message is an update of a page: what changed, by the ID of the element.
type message struct {
	Now      int64             `json:"now"` // Unix ms, as the others
	First    int64             `json:"first"`
	Last     int64             `json:"last"`
	Previous string            `json:"previous"` // addresses
	Next     string            `json:"next"`
	Rows     string            `json:"rows"` // the IDs of all that are shown, in order
	Parts    map[string]string `json:"parts"`
}

// message returns the update to page i. What sent holds already is left out; it
// is set to what the browser has afterwards.
func (v view) message(i int, s state, sent map[string]string) (message, error) {
	screen := v.screen(i, s)
	parts, err := screen.fragments()
	m := message{Now: screen.Now, First: screen.First, Last: screen.Last, Previous: screen.Previous, Next: screen.Next, Rows: parts["rows"], Parts: map[string]string{}}
	delete(parts, "rows")
	for id, html := range parts {
		if sent == nil || sent[id] != html {
			m.Parts[id] = html
		}
		if sent != nil {
			sent[id] = html
		}
	}
	return m, err
}

// events sends a page after the other. One who asks for a moment gets those
// that follow it, at the speed of the playback; else the newest, as it comes.
func (w site) events(ctx context.Context, rw http.ResponseWriter, r *http.Request) {
	v, i, s, ok := w.found(rw, r)
	if !ok {
		return
	}
	body, done := compressed(rw, r, "text/event-stream")
	defer done()
	newest := s.At.IsZero() && len(w.o.endpoints) > 0
	last := v.pages[i].At.Add(-1) // of what was sent
	for sent := map[string]string{}; ; {
		v := w.history.view()
		i := v.after(last)
		if newest {
			i = max(i, len(v.pages)-1)
		}
		switch {
		case i < len(v.pages):
			if last = v.pages[i].At; !v.send(rw, body, i, s, sent) {
				return
			}
			if !newest && i+1 < len(v.pages) {
				pace := v.pages[i+1].At.Sub(last).Seconds() / w.o.speed
				if !wait(ctx, r, nil, time.Duration(pace*float64(time.Second))) {
					return
				}
			}
		case v.ended:
			fmt.Fprint(body, "event: end\ndata: {}\n\n")
			return
		case !wait(ctx, r, v.changed, time.Hour):
			return
		}
	}
}

// send sends page i as an event, and reports whether it was taken.
func (v view) send(rw http.ResponseWriter, body io.Writer, i int, s state, sent map[string]string) bool {
	m, err := v.message(i, s, sent)
	if err != nil {
		return false
	}
	text, err := json.Marshal(m)
	if err != nil {
		return false
	}
	if _, err := fmt.Fprintf(body, "data: %s\n\n", text); err != nil {
		return false
	}
	if z, ok := body.(*gzip.Writer); ok && z.Flush() != nil {
		return false
	}
	return http.NewResponseController(rw).Flush() == nil
}

// wait waits for a change, at most for a time, and reports whether to go on.
func wait(ctx context.Context, r *http.Request, changed <-chan struct{}, most time.Duration) bool {
	t := time.NewTimer(most)
	defer t.Stop()
	select {
	case <-changed:
	case <-t.C:
	case <-ctx.Done():
		return false
	case <-r.Context().Done():
		return false
	}
	return true
}

// compressed returns a body that is compressed if the browser takes that, and
// what ends it.
func compressed(rw http.ResponseWriter, r *http.Request, contentType string) (io.Writer, func()) {
	rw.Header().Set("Content-Type", contentType)
	rw.Header().Set("Vary", "Accept-Encoding")
	if !strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		return rw, func() {}
	}
	rw.Header().Set("Content-Encoding", "gzip")
	z := gzip.NewWriter(rw)
	return z, func() { z.Close() }
}
