package main

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"runtime"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/promfold/promfold/aggregate"
)

var begin = time.Unix(1_700_000_000, 0)

// watcher is a fleet, those it watches, and the model of it.
type watcher struct {
	setting
	*rand.Rand
	fleet *aggregate.Fleet
	views
	round  int
	now    time.Time
	places []*place
	named  int

	ended [values]uint64 // what was seen of processes that ended
	truth [values]uint64 // what processes counted since the first round, and ended
	seen  seen
	total map[string]float64 // the highest total that was shown, by group

	questions atomic.Int64
}

// seen is what happened since the beginning.
type seen struct{ scrapes, refused, cut, failed, ended, crashed int }

// place is where a process answers.
type place struct {
	name string
	*process
	met  [shown]uint64 // what an older process had counted in the first round
	next scrape

	queue  uint64 // that the place showed last
	queued bool   // it did, in the latest scrape that was taken in
}

// scrape is what will be made of a place in a round.
type scrape struct {
	aggregate.Scrape
	body   []byte // before it was cut
	ends   map[int]int
	fails  bool
	again  bool // it comes twice
	old    bool // it comes once more a minute later, as of then
	report aggregate.Report
	err    error
}

func newWatcher(s setting) (*watcher, error) {
	w := &watcher{setting: s, Rand: rand.New(rand.NewPCG(s.seed, 22)), now: begin, total: map[string]float64{}}
	for range s.instances {
		p := &process{start: float64(begin.Unix()) - 3600 - float64(w.IntN(1_000_000)), known: known{older: true}}
		for range 10 {
			p.work(w.Rand)
		}
		w.places = append(w.places, &place{name: w.name(), process: p})
	}
	var err error
	if w.fleet, err = aggregate.NewFleet(config()); err != nil {
		return nil, err
	}
	if w.views, err = declare(w.fleet); err != nil {
		return nil, err
	}
	return w, w.expect()
}

func config() aggregate.Config { return aggregate.Config{Since: begin} }

func (w *watcher) name() string {
	w.named++
	return fmt.Sprintf("10.0.%d.%d:8080", w.named>>8, w.named&255)
}

// expect says which targets there are.
func (w *watcher) expect() error {
	var list []aggregate.Target
	for _, p := range w.places {
		list = append(list, aggregate.Target{Name: p.name})
	}
	return w.fleet.SetTargets(w.now, list...)
}

// next is a round of scrapes.
func (w *watcher) next() error {
	w.now = w.now.Add(w.interval)
	w.round++
	if err := w.deploy(); err != nil {
		return err
	}
	for i, p := range w.places {
		if w.round > 1 && w.IntN(3000) == 0 {
			w.replace(p)
			w.seen.crashed++
		}
		p.work(w.Rand)
		if w.round == 1 {
			p.met = p.count
		}
		w.plan(p, i)
	}
	answered := w.askMeanwhile()
	w.scrape()
	if err := answered(); err != nil {
		return err
	}
	for _, p := range w.places {
		if err := w.note(p); err != nil {
			return err
		}
	}
	return w.ask(w.now)
}

// deploy replaces some processes, in the second sixth of each hour, in turn at their
// addresses and under new names.
func (w *watcher) deploy() error {
	rounds := int(time.Hour / w.interval)
	hour, at, step := w.round/rounds, w.round%rounds-rounds/6, rounds/6
	if at < 0 || at >= step {
		return nil
	}
	for i := at * len(w.places) / step; i < (at+1)*len(w.places)/step; i++ {
		w.replace(w.places[i])
		w.seen.ended++
		if hour%2 == 1 {
			w.places[i].name, w.places[i].queued = w.name(), false
		}
	}
	return w.expect()
}

// replace ends a process, after it worked a little more, and begins another one.
func (w *watcher) replace(p *place) {
	p.work(w.Rand)
	w.end(p)
	p.process, p.met = &process{start: float64(w.now.Add(-w.interval/3).UnixMilli()) / 1000}, [shown]uint64{}
}

// end adds up a process.
func (w *watcher) end(p *place) {
	p.known.addTo(&w.ended)
	for i := range w.truth {
		w.truth[i] += p.count[i] - p.met[i]
	}
}

// plan says how the scrape of a place goes. In the first rounds all goes well.
func (w *watcher) plan(p *place, i int) {
	openMetrics := i%2 == 1
	at := w.now.Add(time.Duration(i) * w.interval / time.Duration(2*len(w.places)))
	body, ends := p.body(openMetrics)
	p.next = scrape{Scrape: aggregate.Scrape{Target: p.name, Time: at, Body: body}, body: body, ends: ends}
	if openMetrics {
		p.next.Header = http.Header{"Content-Type": {"application/openmetrics-text; version=1.0.0"}}
	}
	if w.round <= 4 {
		return
	}
	switch x := w.IntN(1000); {
	case x < 10:
		p.next.fails = true
	case x < 20:
		p.next.Body = cut(body, w.IntN(len(body)), w.IntN(2) == 0)
		w.seen.cut++
	case x < 30:
		p.next.again = true
	case x < 40:
		p.next.old = true
	}
}

// cut returns the first bytes of a body, or its first lines: such a text is read as a
// whole one. These say when the process began. Who does not may be another one, and
// of what is counted from then on the bounds alone are certain.
func cut(body []byte, n int, lines bool) []byte {
	if lines {
		n = 1 + bytes.LastIndexByte(body[:max(n, bytes.Index(body, []byte("# TYPE http")))], '\n')
	}
	return body[:n]
}

// scrape takes the scrapes of a round in, some at a time.
func (w *watcher) scrape() {
	var all sync.WaitGroup
	queue := make(chan *scrape)
	for range w.workers {
		all.Go(func() {
			for x := range queue {
				if x.fails {
					x.err = w.fleet.ScrapeFailed(x.Target, x.Time, syscall.ECONNREFUSED)
					continue
				}
				x.report, x.err = w.fleet.Ingest(x.Scrape)
				for again := 0; x.again && x.err == nil && again < 2; again++ {
					if r, err := w.fleet.Ingest(x.Scrape); err != nil || !r.Duplicate {
						x.err = fmt.Errorf("the same scrape again: %v, %w", r, errors.Join(errAgain, err))
					}
				}
				if old := x.Scrape; x.old && x.err == nil {
					old.Time = old.Time.Add(-time.Minute)
					if _, err := w.fleet.Ingest(old); !errors.Is(err, aggregate.ErrLate) {
						x.err = fmt.Errorf("%w: an old scrape: %v", errAgain, err)
					}
				}
			}
		})
	}
	for _, p := range w.places {
		queue <- &p.next
	}
	close(queue)
	all.Wait()
}

var errAgain = errors.New("taken in once more")

// note has the model see what was taken in.
func (w *watcher) note(p *place) error {
	x := &p.next
	cut := len(x.Body) < len(x.body)
	switch w.seen.scrapes++; {
	case x.fails:
		w.seen.failed++
		return x.err
	case errors.Is(x.err, errAgain):
		return x.err
	case x.err != nil && !cut:
		return fmt.Errorf("a whole scrape is refused: %w", x.err)
	case x.err != nil:
		w.seen.refused++
		return nil
	}
	p.known.take(p.count, x.ends, len(x.Body))
	p.queue, p.queued = p.count[gauge], x.ends[gauge] <= len(x.Body)
	return nil
}

// reload ends the watcher and goes on with what was saved.
func (w *watcher) reload() error {
	var b bytes.Buffer
	if err := w.fleet.Save(&b); err != nil {
		return err
	}
	var err error
	if w.fleet, err = aggregate.Load(&b, config()); err != nil {
		return err
	}
	w.views, err = declare(w.fleet)
	return err
}

func (w *watcher) stateSize() (int, error) {
	var b bytes.Buffer
	err := w.fleet.Save(&b)
	return b.Len(), err
}

// heap returns the bytes that are in use.
func heap() uint64 {
	for range 2 { // what was pooled goes with the second
		runtime.GC()
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
