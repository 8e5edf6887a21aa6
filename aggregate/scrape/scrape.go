package scrape

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"log/slog"
	"maps"
	"net/http"
	"os"
	"reflect"
	"slices"
	"strings"
	"sync"
	"time"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/config"
	"github.com/prometheus/prometheus/model/relabel"

	"github.com/promfold/promfold/aggregate"
	"github.com/promfold/promfold/parse"
)

// Config says how to fetch; a zero field has its default. Now and the hooks are
// called without locks, for several targets at once.
type Config struct {
	Interval    time.Duration           // default 15 s
	Timeout     time.Duration           // of one scrape, at most the interval; default 10 s
	Aligned     bool                    // all targets at multiples of the interval, not spread over it
	Concurrency int                     // scrapes at once; default 1,000
	MaxBody     int64                   // bytes, as they are sent; default 64 MiB. parse.Options bounds what they decompress to
	Accept      string                  // default parse.Accept
	HTTP        config.HTTPClientConfig // default config.DefaultHTTPClientConfig
	Relabel     []*relabel.Config       // rules for targets; those for metrics are the fleet's: see Relabel
	Now         func() time.Time        // stamps what happens; default time.Now

	Logger   *slog.Logger                          // failures at level warn, reports at debug
	OnScrape func(Target, *aggregate.Scrape) error // before the fleet takes it in; an error fails it. Body is reused after the call
	OnReport func(Target, aggregate.Report)        // the fleet took it in
	OnError  func(Target, error)                   // a scrape failed; of a source, the target is zero
}

// complete sets the defaults.
func (c *Config) complete() error {
	c.Interval = cmp.Or(c.Interval, 15*time.Second)
	c.Timeout = cmp.Or(c.Timeout, min(c.Interval, 10*time.Second))
	c.Concurrency = cmp.Or(c.Concurrency, 1000)
	c.MaxBody = cmp.Or(c.MaxBody, 64<<20)
	c.Accept = cmp.Or(c.Accept, parse.Accept)
	if reflect.ValueOf(c.HTTP).IsZero() {
		c.HTTP = config.DefaultHTTPClientConfig
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	switch {
	case c.Interval < 0 || c.Timeout < 0 || c.Concurrency < 0 || c.MaxBody < 0:
		return errors.New("a negative Interval, Timeout, Concurrency or MaxBody")
	case c.Timeout > c.Interval:
		return fmt.Errorf("Timeout %s above Interval %s", c.Timeout, c.Interval)
	}
	if err := c.HTTP.Validate(); err != nil {
		return err
	}
	rules, err := validRules(c.Relabel)
	c.Relabel = rules
	return err
}

// Scraper fetches the targets of its sources. One call of Run or Once may be
// under way at a time.
type Scraper struct {
	fleet   *aggregate.Fleet
	config  Config
	sources []Source
	lists   *lists
	fetcher *fetcher
	fetch   func(context.Context, *endpoint, *bytes.Buffer) (http.Header, error) // the fetcher's; tests have another
	places  *places
	metrics *metrics
	seed    uint64 // two programs scrape a target at different moments
	buffers sync.Pool

	running sync.Mutex
	once    time.Time            // the latest Once
	untie   func() bool          // ends the watch over the context of the latest Once
	current map[string]*endpoint // by name, as the fleet was told
}

// New returns a scraper that has not begun. Without a fleet, Config.OnScrape
// takes what is fetched.
func New(f *aggregate.Fleet, c Config, sources ...Source) (*Scraper, error) {
	if err := c.complete(); err != nil {
		return nil, fmt.Errorf("invalid configuration: %w", err)
	}
	for i, src := range sources {
		if src == nil {
			return nil, fmt.Errorf("invalid configuration: source %d is nil", i+1)
		}
	}
	host, _ := os.Hostname() // without it, the seed is that of an empty name
	fetcher := &fetcher{config: c.HTTP, accept: c.Accept, maxBody: c.MaxBody, tokens: newTokens(c.Timeout),
		clients: map[clientKey]*http.Client{}}
	s := &Scraper{
		fleet: f, config: c, sources: sources, lists: newLists(len(sources)), fetcher: fetcher, fetch: fetcher.fetch,
		places: newPlaces(c.Concurrency), metrics: newMetrics(), seed: hash(host),
		buffers: sync.Pool{New: func() any { return new(bytes.Buffer) }},
		untie:   func() bool { return true },
	}
	if _, err := fetcher.client(clientKey{}); err != nil {
		return nil, fmt.Errorf("invalid configuration: %w", err)
	}
	return s, nil
}

// Gather returns the scraper's own metrics, for Exposition.Also.
func (s *Scraper) Gather() ([]*dto.MetricFamily, error) { return s.metrics.Gather() }

var errRunning = errors.New("the scraper is running already")

// Once asks the sources for their targets, scrapes each one time, all at once as
// far as Concurrency allows, and waits for the last. The error is that of sources and invalid targets, or of
// ctx; a target that fails is told to the fleet and to the hooks. Connections
// are kept for the next call until ctx ends.
func (s *Scraper) Once(ctx context.Context) error {
	if !s.running.TryLock() {
		return errRunning
	}
	defer s.running.Unlock()
	s.untie()
	s.untie = context.AfterFunc(ctx, s.fetcher.close)
	s.fetcher.tokens.begin(ctx)
	err := s.lists.ask(ctx, s.sources, s.config.Timeout)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	next, invalid, ok := s.endpoints()
	if !ok {
		return err
	}
	for _, x := range invalid {
		err = errors.Join(err, fmt.Errorf("target %s: %w", x.name(), x.err))
	}
	err = errors.Join(err, s.tell(next))
	s.once = time.Now()
	var all sync.WaitGroup
	for _, e := range next {
		all.Go(func() { s.scrape(ctx, e) })
	}
	all.Wait()
	return cmp.Or(ctx.Err(), err)
}

// invalid is a target that cannot be scraped.
type invalid struct {
	Target
	err error
}

// name returns what names the target, without the credentials of its URL.
func (x *invalid) name() string {
	return cmp.Or(x.Name, x.URL[strings.LastIndex(x.URL, "@")+1:], x.Labels.String())
}

// endpoints returns what to scrape, by name. While no source has said anything,
// ok is false: a fleet that goes on from a saved state keeps its targets.
func (s *Scraper) endpoints() (ready map[string]*endpoint, bad []invalid, ok bool) {
	targets, ok := s.lists.all()
	if !ok {
		return nil, nil, false
	}
	ready = make(map[string]*endpoint, len(targets))
	for _, t := range targets {
		e, ok, err := s.config.ready(t)
		if before := ready[e.Name]; ok && before != nil {
			if before.same(&e) {
				continue
			}
			err = fmt.Errorf("another target has the name %s", e.Name)
		}
		switch {
		case err != nil:
			bad = append(bad, invalid{t, err})
		case ok:
			ready[e.Name] = &e
		}
	}
	return ready, bad, true
}

// tell tells the fleet what is expected, if that changed.
func (s *Scraper) tell(next map[string]*endpoint) error {
	changed := s.current == nil || len(next) != len(s.current)
	list := make([]aggregate.Target, 0, len(next))
	used := map[clientKey]bool{{}: true}
	for _, name := range slices.Sorted(maps.Keys(next)) {
		e := next[name]
		list = append(list, e.Target.Target)
		used[e.client()] = true
		before := s.current[name]
		changed = changed || before == nil || !before.same(e)
	}
	if !changed {
		return nil
	}
	s.current = next
	s.fetcher.keep(used)
	s.places.forget(func(name string) bool { return next[name] == nil })
	s.metrics.targets.Set(float64(len(next)))
	if s.fleet == nil {
		return nil
	}
	return s.fleet.SetTargets(s.config.Now(), list...)
}

// scrape fetches a target once, unless ctx ends before it answered.
func (s *Scraper) scrape(ctx context.Context, e *endpoint) {
	leave, ok := s.places.take(ctx, e.Name)
	if !ok {
		return
	}
	defer leave()
	body := s.buffers.Get().(*bytes.Buffer)
	defer s.buffers.Put(body)
	body.Reset()
	began := time.Now()
	header, err := s.fetch(ctx, e, body)
	if ctx.Err() != nil {
		return // the end failed the scrape, not the target
	}
	at := s.config.Now()
	s.metrics.fetched(time.Since(began), body.Len(), err)
	s.places.note(e.Name, errors.As(err, new(timeoutError)))
	if err == nil {
		err = s.ingest(e, &aggregate.Scrape{Target: e.Name, Time: at, Header: header, Body: body.Bytes()})
	}
	if err != nil {
		s.fail(e, at, err)
	}
}

// ingest passes a scrape to the hook and the fleet.
func (s *Scraper) ingest(e *endpoint, sc *aggregate.Scrape) error {
	if s.config.OnScrape != nil {
		if err := s.config.OnScrape(e.Target, sc); err != nil {
			return err
		}
	}
	if s.fleet == nil {
		return nil
	}
	report, err := s.fleet.Ingest(*sc)
	if err != nil {
		return bare(err)
	}
	s.config.Logger.Debug("scraped", "target", e.Name, "report", report)
	if s.config.OnReport != nil {
		s.config.OnReport(e.Target, report)
	}
	return nil
}

// bare returns an error of Fleet.Ingest without target and time, which the
// reader knows.
func bare(err error) error {
	if why := errors.Unwrap(err); why != nil && strings.HasPrefix(err.Error(), "scrape of ") {
		return why
	}
	return err
}

// fail tells everybody that a scrape failed. Of one that came late, or twice,
// another was accepted, so the target is fine.
func (s *Scraper) fail(e *endpoint, at time.Time, err error) {
	s.metrics.failures.WithLabelValues(reason(err)).Inc()
	s.config.Logger.Warn("scrape failed", "target", e.Name, "err", err)
	if s.fleet != nil && !errors.Is(err, aggregate.ErrLate) && !errors.Is(err, aggregate.ErrConflict) {
		_ = s.fleet.ScrapeFailed(e.Name, at, err) // refuses only an empty name and no time
	}
	if s.config.OnError != nil {
		s.config.OnError(e.Target, err)
	}
}

func hash(text ...string) uint64 {
	h := fnv.New64a()
	for _, t := range text {
		h.Write([]byte(t))
	}
	return h.Sum64()
}
