package main

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"time"

	"github.com/promfold/promfold/aggregate"
	"github.com/promfold/promfold/aggregate/checkpoint"
	"github.com/promfold/promfold/aggregate/expose"
	"github.com/promfold/promfold/aggregate/scrape"
)

// sidecar is a fleet of workers, shown as one process.
type sidecar struct {
	fleet     *aggregate.Fleet
	scraper   *scrape.Scraper
	published *expose.Publisher
	state     string // the file of the checkpoint; empty: none
}

// everything is all that the workers expose. Gauges are added up.
var everything = aggregate.View{Select: `{__name__=~".+"}`, TotalsOnly: true, Combine: aggregate.Sum}

// newSidecar returns a sidecar that goes on from its state.
func newSidecar(state string, c scrape.Config, sources ...scrape.Source) (*sidecar, error) {
	fleet, err := open(state)
	if err != nil {
		return nil, err
	}
	all, err := fleet.Everything(everything)
	if err != nil {
		return nil, err
	}
	s := &sidecar{fleet: fleet, state: state}
	if s.scraper, err = scrape.New(fleet, c, sources...); err != nil {
		return nil, err
	}
	e := expose.New(fleet, time.Now)
	s.published = expose.NewPublisher(e)
	return s, errors.Join(e.Everything(all), e.Self(), e.Also(s.scraper))
}

// together is how long before a new sidecar its workers may have started to be
// counted from their first increment. Of older ones the growth counts.
const together = time.Minute

// open returns the saved fleet, or a new one if there is none, or one of
// another version of the library.
func open(state string) (fleet *aggregate.Fleet, err error) {
	begin := aggregate.Config{Since: time.Now().Add(-together)}
	if state == "" {
		return aggregate.NewFleet(begin)
	}
	err = checkpoint.Read(state, func(r io.Reader) error {
		fleet, err = aggregate.Load(r, aggregate.Config{})
		return err
	})
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, aggregate.ErrVersion) {
		return aggregate.NewFleet(begin)
	}
	return fleet, err
}

// round scrapes all workers, saves what is known now, and shows it.
func (s *sidecar) round(ctx context.Context) error {
	if err := s.scraper.Once(ctx); err != nil {
		return err
	}
	return s.published.Publish(func() error {
		if s.state == "" {
			return nil
		}
		return checkpoint.Write(s.state, s.fleet.Save)
	})
}
