package main

import (
	"compress/gzip"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// takesGzip reports whether a browser takes compressed bodies, as its
// Accept-Encoding says.
func takesGzip(accept string) (takes bool) {
	for part := range strings.SplitSeq(accept, ",") {
		name, quality, _ := strings.Cut(part, ";")
		q, err := strconv.ParseFloat(strings.TrimPrefix(strings.TrimSpace(quality), "q="), 64)
		wanted := strings.TrimSpace(quality) == "" || err == nil && q > 0
		switch strings.ToLower(strings.TrimSpace(name)) {
		case "gzip":
			return wanted
		case "*":
			takes = wanted
		}
	}
	return takes
}

// Streams of events at once, and how long a browser may take to read what it is
// sent: who never reads must not cost memory for good.
const (
	streamLimit = 64
	patience    = 20 * time.Second
)

// patient gives a browser time anew.
func patient(rw http.ResponseWriter) {
	_ = http.NewResponseController(rw).SetWriteDeadline(time.Now().Add(patience)) // else there is no connection
}

// limited answers so many requests at once.
func limited(n int, next http.HandlerFunc) http.HandlerFunc {
	places := make(chan struct{}, n)
	return func(rw http.ResponseWriter, r *http.Request) {
		select {
		case places <- struct{}{}:
			defer func() { <-places }()
			next(rw, r)
		default:
			http.Error(rw, "too many streams of events", http.StatusServiceUnavailable)
		}
	}
}

// compressed returns a body that is compressed if the browser takes that, and
// what ends it.
func compressed(rw http.ResponseWriter, r *http.Request, contentType string) (io.Writer, func()) {
	rw.Header().Set("Content-Type", contentType)
	rw.Header().Set("Vary", "Accept-Encoding")
	if !takesGzip(r.Header.Get("Accept-Encoding")) {
		return rw, func() {}
	}
	rw.Header().Set("Content-Encoding", "gzip")
	z := gzip.NewWriter(rw)
	return z, func() { z.Close() }
}
