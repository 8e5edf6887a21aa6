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
// milliseconds, at most talkTimeout. With whom nobody answers, or who is busy for
// so long, one goes on alone.

const (
	statePath   = "/state"
	talkTimeout = 2 * time.Second
	maxState    = 1 << 30
	talks       = 50 // attempts of a new sidecar while the other one talks
)

// peer is the other sidecar.
type peer struct {
	url      string
	client   *http.Client
	patience time.Duration // with one that is busy
	gone     bool          // the latest call failed, which was said
}

func newPeer(rawURL string, c config.HTTPClientConfig) (*peer, error) {
	at, err := url.JoinPath(rawURL, statePath)
	if err != nil {
		return nil, err
	}
	client, err := config.NewClientFromConfig(c, "sidecar")
	return &peer{url: at, client: client, patience: talkTimeout}, err
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
// other one has time. One that is busy for talkTimeout is no sidecar that talks:
// it may be this one, named as its own pair.
func (s *sidecar) agree(ctx context.Context) error {
	for begin := time.Now(); ; {
		err := s.talk(ctx, time.Since(begin) >= s.peer.patience)
		if !errors.Is(err, errBusy) {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(rand.N(20 * time.Millisecond)):
		}
	}
}

// talk is one attempt of agree. The last one goes on without the other sidecar.
func (s *sidecar) talk(ctx context.Context, last bool) error {
	s.turn.Lock()
	defer s.turn.Unlock()
	var state bytes.Buffer
	if err := s.fleet.Save(&state); err != nil {
		return err
	}
	other, err := s.peer.call(ctx, state.Bytes())
	if errors.Is(err, errBusy) && !last {
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

// serveState answers the other sidecar, unless this one talks itself. Who sends a
// state or takes one slowly delays nobody: the turn is held between the two.
func (s *sidecar) serveState(w http.ResponseWriter, r *http.Request) {
	var other *aggregate.Fleet
	if r.Method == http.MethodPost {
		var err error
		if other, err = aggregate.Load(http.MaxBytesReader(w, r.Body, maxState), configuration); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
	}
	state, err := s.answer(other)
	switch {
	case errors.Is(err, errBusy):
		http.Error(w, err.Error(), http.StatusConflict)
	case err != nil:
		http.Error(w, err.Error(), http.StatusBadRequest)
	default:
		w.Write(state)
	}
}

// answer returns the state, joined with that of the other sidecar if there is one.
func (s *sidecar) answer(other *aggregate.Fleet) ([]byte, error) {
	if !s.turn.TryLock() {
		return nil, errBusy
	}
	defer s.turn.Unlock()
	var state bytes.Buffer
	if other == nil {
		err := s.fleet.Save(&state)
		return state.Bytes(), err
	}
	if err := s.fleet.Join(other); err != nil {
		return nil, err
	}
	// What is shown is gathered before the state is saved, so the other one
	// gets to know all of it.
	err := s.published.Publish(func() error { return errors.Join(s.fleet.Save(&state), s.checkpoint()) })
	return state.Bytes(), err
}

// serveMetrics shows what was published last, and waits while a pair talks. A
// client that reads slowly does not keep it from talking again.
func (s *sidecar) serveMetrics(w http.ResponseWriter, r *http.Request) {
	s.wait()
	s.published.ServeHTTP(w, r)
}

// wait returns when what this sidecar shows is all that the other one has shown.
func (s *sidecar) wait() {
	s.turn.RLock()
	defer s.turn.RUnlock()
}
