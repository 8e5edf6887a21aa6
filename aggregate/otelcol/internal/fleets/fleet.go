package fleets

import (
	"sync"
	"time"

	"github.com/promfold/promfold/aggregate"
	"github.com/promfold/promfold/parse"
)

// A fleet is the instances of one combination of the attributes that name it.
type fleet struct {
	set      *Set
	key      string
	resource []attribute
	shapes   *shapes
	extras   extras
	leaves   leaves // of a root

	mu    sync.Mutex // while it is opened
	known *aggregate.Fleet
	views []*aggregate.EverythingView
	since time.Time // set once, before known
}

// lead is how long before the component, or its first points, a fleet began, in
// milliseconds. A fleet does not believe a start that is nearer to the point
// than two readings of one start may be apart, and streams of deltas have the
// fleet's.
const lead = 5000

// open makes the fleet when its first points are there. It began when the
// component did, or with these points if they are older: what a process
// counted that started later is growth.
func (f *fleet) open(points []point, now time.Time) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.known != nil {
		return nil
	}
	since := min(f.set.began.UnixMilli(), now.UnixMilli())
	for i := range points {
		p := &points[i]
		if p.at != 0 {
			since = min(since, p.at)
		}
		if p.Delta && !p.Start.IsZero() {
			since = min(since, p.Start.UnixMilli())
		}
	}
	f.since = time.UnixMilli(max(1, since-lead)) // some clocks begin in 1970
	c := f.set.fleetConfig()
	c.Since = f.since
	known, err := aggregate.NewFleet(c)
	if err != nil {
		return err
	}
	return f.declare(known)
}

// sample returns the sample of a running total. A start before the fleet began
// does not say what the series counted since, but that the scrape before did not
// have it does: such a start is left to the process.
func (f *fleet) sample(p *point) parse.Sample {
	x := p.Sample
	if x.Start.Before(f.since) {
		x.Start = time.Time{}
	}
	return x
}

// declare declares the views of the configuration.
func (f *fleet) declare(known *aggregate.Fleet) error {
	views, err := f.set.views.declare(known)
	if err != nil {
		return err
	}
	f.known, f.views = known, views
	return nil
}

func (v *views) declare(known *aggregate.Fleet) (list []*aggregate.EverythingView, err error) {
	for _, x := range v.list {
		view, err := known.Everything(x)
		if err != nil {
			return nil, err
		}
		list = append(list, view)
	}
	return list, nil
}

// ingest takes a scrape of so many points in, and reports whether the fleet
// did.
func (f *fleet) ingest(sc aggregate.Scrape, samples []parse.Sample, points int, r *Report) bool {
	report, err := f.known.IngestSamples(sc, samples)
	if err != nil {
		r.fail(err, points)
		return false
	}
	r.Scrapes++
	r.Accepted += points
	r.Resets += report.Resets
	if report.Restarted {
		r.Restarts++
	}
	return true
}

// failed tells that an instance did not answer.
func (f *fleet) failed(name string, at time.Time, r *Report) {
	if err := f.known.ScrapeFailed(name, at, errDown); err != nil {
		r.Errors = append(r.Errors, err)
	}
}
