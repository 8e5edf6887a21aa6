package main

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"log/slog"
	"sync"
	"time"

	"github.com/promfold/promfold/aggregate"
	"github.com/promfold/promfold/aggregate/catalogue"
	"github.com/promfold/promfold/aggregate/checkpoint"
	"github.com/promfold/promfold/aggregate/expose"
	"github.com/promfold/promfold/aggregate/scrape"
	"github.com/promfold/promfold/counter"
)

// sidecar is a fleet of workers, shown as one process.
type sidecar struct {
	fleet     *aggregate.Fleet
	scraper   *scrape.Scraper
	published *expose.Publisher
	now       func() time.Time
	state     string // the file of the checkpoint; empty: none
	logger    *slog.Logger

	peer *peer        // nil: none
	turn sync.RWMutex // held to talk with the peer, and to read
}

// everything is all that the workers expose. Gauges are added up.
var everything = aggregate.View{TotalsOnly: true, Combine: aggregate.Sum}

// configuration is that of every sidecar: what a pair knows of processes that
// ended is kept apart for a day.
var configuration = aggregate.Config{JoinHorizon: 24 * time.Hour, Catalogue: counted}

// counted says who keeps the counts of a metric: a worker itself, so all that its
// successor at the same address shows is growth, unless the catalogue of the
// library knows that it is somebody else, as of the traffic of the network.
func counted(metric string) (v aggregate.View, ok bool) {
	if owner, _ := catalogue.OwnerOf(metric); owner == 0 {
		return aggregate.View{Owner: counter.Process}, true
	}
	return v, false
}

// newSidecar returns a sidecar that goes on from its state, or else from that of
// the other one.
func newSidecar(ctx context.Context, o options, c scrape.Config, sources ...scrape.Source) (*sidecar, error) {
	s := &sidecar{now: o.now, state: o.state, logger: o.logger}
	var err error
	if o.pair != "" {
		if s.peer, err = newPeer(o.pair, o.HTTP()); err != nil {
			return nil, err
		}
	}
	if s.fleet, err = s.open(ctx); err != nil {
		return nil, err
	}
	all, err := s.fleet.Everything(everything)
	if err != nil {
		return nil, err
	}
	if s.scraper, err = scrape.New(s.fleet, c, sources...); err != nil {
		return nil, err
	}
	e := expose.New(s.fleet, s.now)
	s.published = expose.NewPublisher(e)
	return s, errors.Join(e.Everything(all), e.Self(), e.Also(s.scraper))
}

// together is how long before a new sidecar its workers may have started to be
// counted from their first increment. Of older ones the growth counts.
const together = time.Minute

// open returns the saved fleet. If there is none, or one of another version of
// the library, it returns that of the other sidecar, or else a new one.
func (s *sidecar) open(ctx context.Context) (fleet *aggregate.Fleet, err error) {
	if s.state != "" {
		err = checkpoint.Read(s.state, func(r io.Reader) error {
			fleet, err = aggregate.Load(r, configuration)
			return err
		})
		switch {
		case errors.Is(err, aggregate.ErrVersion):
			s.logger.Warn("the saved totals cannot be gone on from", "state", s.state, "err", err)
		case !errors.Is(err, fs.ErrNotExist):
			return fleet, err
		}
	}
	if s.peer != nil {
		for range talks {
			if fleet, err = s.peer.call(ctx, nil); !errors.Is(err, errBusy) {
				break
			}
			time.Sleep(10 * time.Millisecond)
		}
		if err == nil {
			return fleet, nil
		}
	}
	begin := configuration
	begin.Since = s.now().Add(-together)
	return aggregate.NewFleet(begin)
}

// round scrapes all workers, saves what is known now, and shows it. If a list of
// workers cannot be read, those known before are scraped.
func (s *sidecar) round(ctx context.Context) error {
	failed := s.scraper.Once(ctx)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if s.peer != nil {
		return errors.Join(failed, s.agree(ctx))
	}
	s.turn.Lock()
	defer s.turn.Unlock()
	return errors.Join(failed, s.publish())
}

// publish shows what is known now, once it is saved.
func (s *sidecar) publish() error { return s.published.Publish(s.checkpoint) }

func (s *sidecar) checkpoint() error {
	if s.state == "" {
		return nil
	}
	return checkpoint.Write(s.state, s.fleet.Save)
}
