package main

import (
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
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

// digests are what a browser has, by the ID of the element.
type digests map[string][sha256.Size]byte

// message returns the update to page i. What sent holds already is left out; it
// is set to what the browser has afterwards.
func (v view) message(i int, s state, sent digests) (message, error) {
	screen := v.screen(i, s)
	parts, err := screen.fragments()
	m := message{Now: screen.Now, First: screen.First, Last: screen.Last, Previous: screen.Previous, Next: screen.Next, Rows: parts["rows"], Parts: map[string]string{}}
	delete(parts, "rows")
	for id, html := range parts {
		digest := sha256.Sum256([]byte(html))
		if sent == nil || sent[id] != digest {
			m.Parts[id] = html
		}
		if sent != nil {
			sent[id] = digest
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
	for sent := (digests{}); ; {
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
func (v view) send(rw http.ResponseWriter, body io.Writer, i int, s state, sent digests) bool {
	m, err := v.message(i, s, sent)
	if err != nil {
		return false
	}
	text, err := json.Marshal(m)
	if err != nil {
		return false
	}
	patient(rw)
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
