package scrape

import (
	"context"
	"sync"
	"time"
)

// Run scrapes until ctx ends, whose error it returns, and leaves no goroutine
// and no connection behind. Each target has its own moment of the interval,
// which stays the same; the first scrapes come within one interval. To begin at
// once, call Once before.
//
// The targets of the first scrapes are those of all sources; one that says
// nothing within the timeout is not waited for.
func (s *Scraper) Run(ctx context.Context) error {
	if !s.running.TryLock() {
		return errRunning
	}
	defer s.running.Unlock()
	defer s.fetcher.close()
	s.fetcher.tokens.begin(ctx)
	var sources sync.WaitGroup
	defer sources.Wait()
	for i, src := range s.sources {
		sources.Go(func() { s.lists.follow(ctx, i, src, s.config.Interval, s.sourceFailed) })
	}
	loops := map[string]*loop{}
	defer func() { stop(loops, func(*loop) bool { return true }) }()
	patience := time.NewTimer(s.config.Timeout)
	defer patience.Stop()
	for waiting := true; ; {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-patience.C:
			waiting = false
		case <-s.lists.changed:
			waiting = waiting && !s.lists.complete()
		}
		if !waiting {
			s.apply(ctx, loops)
		}
	}
}

func (s *Scraper) sourceFailed(err error) {
	s.metrics.sources.Inc()
	s.config.Logger.Warn("source failed", "err", err)
	if s.config.OnError != nil {
		s.config.OnError(Target{}, err)
	}
}

// loop scrapes one target again and again.
type loop struct {
	*endpoint
	cancel context.CancelFunc
	done   chan struct{}
}

// stop ends loops and waits for them.
func stop(loops map[string]*loop, which func(*loop) bool) {
	var ended []*loop
	for name, l := range loops {
		if which(l) {
			l.cancel()
			ended = append(ended, l)
			delete(loops, name)
		}
	}
	for _, l := range ended {
		<-l.done
	}
}

// apply scrapes what the sources say now. The loops of targets that left have
// ended before the fleet is told: a scrape after that would bring them back.
func (s *Scraper) apply(ctx context.Context, loops map[string]*loop) {
	next, invalid, ok := s.endpoints()
	if !ok {
		return
	}
	for _, x := range invalid {
		s.config.Logger.Warn("invalid target", "target", x.name(), "err", x.err)
		if s.config.OnError != nil {
			s.config.OnError(x.Target, x.err)
		}
	}
	stop(loops, func(l *loop) bool { return next[l.Name] == nil || !next[l.Name].same(l.endpoint) })
	if err := s.tell(next); err != nil {
		s.sourceFailed(err)
	}
	for name, e := range next {
		if loops[name] == nil {
			inner, cancel := context.WithCancel(ctx)
			l := &loop{e, cancel, make(chan struct{})}
			loops[name] = l
			go func() {
				defer close(l.done)
				s.repeat(inner, e)
			}()
		}
	}
}

// repeat scrapes a target at its moment of each interval. The first one after
// Once is half an interval later at least: two scrapes at once would make the
// fleet believe that the target is read that often, and is stale soon after.
func (s *Scraper) repeat(ctx context.Context, e *endpoint) {
	phase, rested := s.phase(e), s.once.Add(e.interval/2)
	timer := time.NewTimer(0)
	defer timer.Stop()
	<-timer.C
	for due := (time.Time{}); ; s.scrape(ctx, e) {
		now, before := time.Now(), due
		due = slot(now, before, phase, e.interval)
		if due.Before(rested) {
			due = due.Add(e.interval)
		}
		if passed := due.Sub(before); !before.IsZero() && passed > e.interval {
			s.metrics.skipped.Add(float64(passed/e.interval) - 1)
		}
		timer.Reset(due.Sub(now))
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		}
	}
}

// phase returns how long after the multiples of its interval a target is
// scraped.
func (s *Scraper) phase(e *endpoint) time.Duration {
	if s.config.Aligned {
		return 0
	}
	return time.Duration((hash(e.Name, e.URL) ^ s.seed) % uint64(e.interval))
}

// slot returns the first moment of a phase after now, and after the moment
// before if the timer came early for that.
func slot(now, before time.Time, phase, interval time.Duration) time.Time {
	from := now
	if early := before.Sub(now); early > 0 && early < interval {
		from = before
	}
	since := from.UnixNano() - int64(phase)
	return time.Unix(0, since-since%int64(interval)+int64(interval)+int64(phase))
}
