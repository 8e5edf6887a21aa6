package expose

import (
	"errors"
	"net/http"
	"sync"

	dto "github.com/prometheus/client_model/go"
)

// Publisher serves what was gathered and saved last, so a killed program never
// showed more than it knows when it is back:
//
//	err := p.Publish(func() error { return checkpoint.Write(path, fleet.Save) })
type Publisher struct {
	from *Exposition
	door *door

	gathering sync.Mutex
	gathered  int // how often

	mu       sync.RWMutex
	number   int // of the gathering that is shown; 0: none
	families []*dto.MetricFamily
}

var errUnpublished = errors.New("expose: nothing is published yet")

// NewPublisher returns a publisher that answers 503 until the first Publish.
func NewPublisher(e *Exposition) *Publisher { return &Publisher{from: e, door: newDoor()} }

// Publish gathers, saves, and shows what was gathered if saving succeeded, unless
// something that was gathered later is shown already.
func (p *Publisher) Publish(save func() error) error {
	number, families, err := p.gather()
	if err != nil {
		return err
	}
	if err := save(); err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if number > p.number {
		p.families, p.number = families, number
	}
	return nil
}

// gather gathers, one at a time, so that later numbers are of later states.
func (p *Publisher) gather() (number int, families []*dto.MetricFamily, err error) {
	p.gathering.Lock()
	defer p.gathering.Unlock()
	p.gathered++
	families, err = p.from.Gather()
	return p.gathered, families, err
}

// Gather returns what was published last; before that an error.
func (p *Publisher) Gather() ([]*dto.MetricFamily, error) {
	p.mu.RLock()
	defer p.mu.RUnlock()
	if p.number == 0 {
		return nil, errUnpublished
	}
	return p.families, nil
}

// ServeHTTP serves what was published last, as [Exposition.ServeHTTP] does.
func (p *Publisher) ServeHTTP(w http.ResponseWriter, r *http.Request) { p.door.serve(p.Gather, w, r) }
