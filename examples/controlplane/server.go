package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/promfold/promfold/examples/internal/example"
)

// policy is the Content-Security-Policy: nothing from elsewhere, no script and no
// style in the page itself.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; " +
	"require-trusted-types-for 'script'; trusted-types page"

// site is the page that a watcher fills, over HTTP.
type site struct{ *watcher }

// serve serves the page until ctx ends.
func (w site) serve(ctx context.Context) error {
	l, err := net.Listen("tcp", w.o.listen)
	if err != nil {
		return err
	}
	handler, err := w.handler(ctx)
	if err != nil {
		return errors.Join(err, l.Close())
	}
	s := &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second, IdleTimeout: time.Minute}
	w.screen.Say(fmt.Sprintf("http://%s/", l.Addr()))
	served := make(chan error, 1)
	go func() { served <- s.Serve(l) }()
	played := make(chan error, 1)
	go func() { played <- w.play(ctx, func(*Page) error { return nil }) }()
	select {
	case <-ctx.Done():
	case err = <-served:
	case err = <-played:
		if err == nil && len(w.o.endpoints) == 0 {
			select { // a recording is there to be looked at until the user ends the program
			case <-ctx.Done():
			case err = <-served:
			}
		}
	}
	ending, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	if s.Shutdown(ending) != nil {
		s.Close()
	}
	return err
}

// handler returns the routes. Streams of events end with ctx.
func (w site) handler(ctx context.Context) (http.Handler, error) {
	static, err := fs.Sub(files, "static")
	if err != nil {
		return nil, err
	}
	metrics, err := w.board.exposition(w.now)
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.Handle("GET /static/", http.StripPrefix("/static/", http.FileServerFS(static)))
	mux.Handle("GET /metrics", metrics)
	mux.HandleFunc("GET /{$}", timed(w.page))
	mux.HandleFunc("GET /", func(rw http.ResponseWriter, _ *http.Request) {
		http.Error(rw, "There is no such page. The page is at /; for programs there are /page.json and /metrics.", http.StatusNotFound)
	})
	mux.HandleFunc("GET /page.json", timed(w.pageJSON))
	mux.HandleFunc("GET /fragments", timed(w.fragments))
	mux.HandleFunc("GET /explain", timed(w.explain))
	mux.HandleFunc("GET /events", timed(limited(streamLimit, func(rw http.ResponseWriter, r *http.Request) { w.events(ctx, rw, r) })))
	return secured(w.local(mux)), nil
}

// now is the time of the fleet: that of the recording, or the clock's.
func (w site) now() time.Time {
	if v := w.history.view(); len(w.o.endpoints) == 0 && len(v.pages) > 0 {
		return v.pages[len(v.pages)-1].At
	}
	return time.Now()
}

func secured(next http.Handler) http.Handler {
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		h := rw.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Cache-Control", "no-cache")
		patient(rw)
		next.ServeHTTP(rw, r)
	})
}

// timed refuses a moment that is none: the answer would be of another one.
func timed(next http.HandlerFunc) http.HandlerFunc {
	return func(rw http.ResponseWriter, r *http.Request) {
		if at := r.URL.Query().Get("at"); at != "" && readState(r.URL.Query()).At.IsZero() {
			http.Error(rw, "at is a time in Unix milliseconds", http.StatusBadRequest)
			return
		}
		next(rw, r)
	}
}

// local refuses requests by a name that leads here by a trick: a page from
// elsewhere must not read this one through a name of its own for 127.0.0.1.
func (w site) local(next http.Handler) http.Handler {
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		listen, _, _ := net.SplitHostPort(w.o.listen)
		if host := hostOf(r.Host); net.ParseIP(host) == nil && host != "localhost" && host != hostOf(listen) {
			http.Error(rw, "unknown host", http.StatusForbidden)
			return
		}
		next.ServeHTTP(rw, r)
	})
}

// hostOf returns the name or the address in a Host header.
func hostOf(s string) string {
	if host, _, err := net.SplitHostPort(s); err == nil {
		s = host
	}
	return strings.ToLower(strings.TrimSuffix(strings.TrimSuffix(strings.TrimPrefix(s, "["), "]"), "."))
}

// look returns the page that a request is about. In a recording it begins when
// the window is full.
func (w site) look(r *http.Request) (v view, i int, s state) {
	v, s = w.history.view(), readState(r.URL.Query())
	i = len(v.pages) - 1
	switch {
	case i < 0:
	case !s.At.IsZero():
		i = v.index(s.At)
	case len(w.o.endpoints) == 0:
		i = v.index(v.pages[0].At.Add(w.o.window))
	}
	return v, i, s
}

// found is look for handlers that need a page: without one they answer 503.
func (w site) found(rw http.ResponseWriter, r *http.Request) (v view, i int, s state, ok bool) {
	for {
		v, i, s = w.look(r)
		if i >= 0 {
			return v, i, s, true
		}
		select {
		case <-v.changed:
		case <-r.Context().Done():
			return v, i, s, false
		case <-time.After(10 * time.Second):
			http.Error(rw, "nothing is known yet", http.StatusServiceUnavailable)
			return v, i, s, false
		}
	}
}

func (w site) page(rw http.ResponseWriter, r *http.Request) {
	v, i, s, ok := w.found(rw, r)
	if !ok {
		return
	}
	out := v.screen(i, s)
	out.Recording = len(w.o.endpoints) == 0
	body, done := compressed(rw, r, "text/html; charset=utf-8")
	defer done()
	if err := templates.ExecuteTemplate(body, "page.html", out); err != nil {
		w.screen.Say("page: " + err.Error())
	}
}

func (w site) pageJSON(rw http.ResponseWriter, r *http.Request) {
	v, i, _, ok := w.found(rw, r)
	if !ok {
		return
	}
	text, err := example.JSON(v.pages[i])
	if err != nil {
		http.Error(rw, err.Error(), http.StatusInternalServerError)
		return
	}
	body, done := compressed(rw, r, "application/json")
	defer done()
	body.Write(text)
}

func (w site) fragments(rw http.ResponseWriter, r *http.Request) {
	v, i, s, ok := w.found(rw, r)
	if !ok {
		return
	}
	m, err := v.message(i, s, nil)
	if err != nil {
		http.Error(rw, err.Error(), http.StatusInternalServerError)
		return
	}
	body, done := compressed(rw, r, "application/json")
	defer done()
	json.NewEncoder(body).Encode(m)
}

func (w site) explain(rw http.ResponseWriter, r *http.Request) {
	v, i, _, ok := w.found(rw, r)
	if !ok {
		return
	}
	row := v.pages[i].row(r.URL.Query().Get("row"))
	if row == nil {
		http.NotFound(rw, r)
		return
	}
	rw.Header().Set("Content-Type", "text/plain; charset=utf-8")
	fmt.Fprint(rw, row.Explain)
}
