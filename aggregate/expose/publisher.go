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

	publishing sync.Mutex // one at a time: what is saved last is never older than what is shown

	mu        sync.RWMutex
	published bool
	families  []*dto.MetricFamily
}

var errUnpublished = errors.New("expose: nothing is published yet")

// NewPublisher returns a publisher that answers 503 until the first Publish.
func NewPublisher(e *Exposition) *Publisher { return &Publisher{from: e, door: newDoor()} }

// Publish gathers, saves, and shows what was gathered if saving succeeded. It
// waits for a Publish that was called before, so save must not call it.
func (p *Publisher) Publish(save func() error) error {
	p.publishing.Lock()
	defer p.publishing.Unlock()
	families, err := p.from.Gather()
	if err != nil {
		return err
	}
	if err := save(); err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.families, p.published = families, true
	return nil
}

// Gather returns what was published last; before that an error.
func (p *Publisher) Gather() ([]*dto.MetricFamily, error) {
	p.mu.RLock()
	defer p.mu.RUnlock()
	if !p.published {
		return nil, errUnpublished
	}
	return p.families, nil
}

// ServeHTTP serves what was published last, as [Exposition.ServeHTTP] does.
func (p *Publisher) ServeHTTP(w http.ResponseWriter, r *http.Request) { p.door.serve(p.Gather, w, r) }
