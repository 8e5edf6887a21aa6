package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"time"

	"github.com/prometheus/common/config"

	"github.com/promfold/promfold/aggregate"
)

// Two sidecars that watch the same workers are a pair. Before one of them shows
// anything, it sends the other one what it knows; the other one joins that with
// its own, shows it, and answers with both, which the first one then shows. So
// either shows nothing that the other one does not know, and who reads now one
// and now the other sees no counter fall. Readers wait while a pair talks: a few
// milliseconds, at most talkTimeout. With whom nobody answers, one goes on alone.

const (
	statePath   = "/state"
	talkTimeout = 2 * time.Second
	maxState    = 1 << 30
	talks       = 50 // attempts while the other one talks
)

// peer is the other sidecar.
type peer struct {
	url    string
	client *http.Client
	gone   bool // the latest call failed, which was said
}

func newPeer(rawURL string, c config.HTTPClientConfig) (*peer, error) {
	at, err := url.JoinPath(rawURL, statePath)
	if err != nil {
		return nil, err
	}
	client, err := config.NewClientFromConfig(c, "sidecar")
	return &peer{url: at, client: client}, err
}

var errBusy = errors.New("the other one talks itself")

// call asks for the state of the other one. With a state of its own it asks to
// join that first.
func (p *peer) call(ctx context.Context, state []byte) (*aggregate.Fleet, error) {
	ctx, cancel := context.WithTimeout(ctx, talkTimeout)
	defer cancel()
	method := http.MethodGet
	if state != nil {
		method = http.MethodPost
	}
	request, err := http.NewRequestWithContext(ctx, method, p.url, bytes.NewReader(state))
	if err != nil {
		return nil, err
	}
	response, err := p.client.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	switch response.StatusCode {
	case http.StatusOK:
		return aggregate.Load(io.LimitReader(response.Body, maxState), configuration)
	case http.StatusConflict:
		return nil, errBusy
	}
	return nil, fmt.Errorf("HTTP status %s", response.Status)
}

// agree makes both sidecars know and show the same, again and again until the
// other one has time. If it is always busy, nothing is shown this time.
func (s *sidecar) agree(ctx context.Context) error {
	for range talks {
		err := s.talk(ctx)
		if !errors.Is(err, errBusy) {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(rand.N(20 * time.Millisecond)):
		}
	}
	return nil
}

// talk is one attempt of agree.
func (s *sidecar) talk(ctx context.Context) error {
	s.turn.Lock()
	defer s.turn.Unlock()
	var state bytes.Buffer
	if err := s.fleet.Save(&state); err != nil {
		return err
	}
	other, err := s.peer.call(ctx, state.Bytes())
	if errors.Is(err, errBusy) {
		return err
	}
	if err == nil {
		err = s.fleet.Join(other)
	}
	if gone := err != nil; gone != s.peer.gone {
		s.peer.gone = gone
		s.logger.Warn("the other sidecar", "answers", !gone, "err", err)
	}
	return s.publish()
}

// serveState answers the other sidecar, unless this one talks itself or is being
// read.
func (s *sidecar) serveState(w http.ResponseWriter, r *http.Request) {
	if !s.turn.TryLock() {
		http.Error(w, errBusy.Error(), http.StatusConflict)
		return
	}
	defer s.turn.Unlock()
	var state bytes.Buffer
	answer := func() error {
		if r.Method != http.MethodPost {
			return s.fleet.Save(&state)
		}
		other, err := aggregate.Load(http.MaxBytesReader(w, r.Body, maxState), configuration)
		if err != nil {
			return err
		}
		if err := s.fleet.Join(other); err != nil {
			return err
		}
		// What is shown is gathered before the state is saved, so the other one
		// gets to know all of it.
		return s.published.Publish(func() error { return errors.Join(s.fleet.Save(&state), s.checkpoint()) })
	}
	if err := answer(); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	w.Write(state.Bytes())
}

// serveMetrics shows what was published last, and waits while a pair talks.
func (s *sidecar) serveMetrics(w http.ResponseWriter, r *http.Request) {
	s.turn.RLock()
	defer s.turn.RUnlock()
	s.published.ServeHTTP(w, r)
}
