package main

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"

	"github.com/promfold/promfold/aggregate"
	"github.com/promfold/promfold/histogram"
	"github.com/promfold/promfold/parse"
)

// audit counts what audit logs say, and tells a fleet of its own: each log is a
// target whose counters and histograms grow with its lines. A log whose server
// is known is told at the times at which that server is scraped, so that both
// are about the same spans of time.
type audit struct {
	fleet   *aggregate.Fleet
	exposed []exposed

	mu      sync.Mutex
	logs    []*auditLog
	since   time.Time       // of the first scrape
	servers map[string]bool // that are scraped
}

// auditLog is the log of one server.
type auditLog struct {
	name  string // the server's, or the file's
	file  logFile
	more  []string // other files of the server, of a recording
	whole bool     // of a recording: it was read to its end, and waits for its time

	since time.Time // when it was asked first; what is older does not count
	last  time.Time // when it was asked last

	queue      []event
	done       int // of the queue, of a recording
	counts     map[caller]*tally
	flaws      map[flaw]int
	failed     error
	otherClock int // events of a much later or earlier time than that at which they were read
	folded     int // events that count for the caller "(others)"
}

// tally is what one caller did.
type tally struct {
	since   time.Time // when it was 0
	codes   map[string]*answers
	buckets map[int]int
	count   int
	seconds float64
}

// answers are the requests of a caller that got one code.
type answers struct {
	since time.Time // when there were none
	count int
}

// callerLimit is how many callers a log has at most; the others count together.
const callerLimit = 4000

// schema makes buckets that are 4.4 % wide.
const schema = 4

// newAudit returns the logs of flags, each FILE or SERVER=FILE.
func newAudit(flags []string, window time.Duration) (*audit, error) {
	// The program counts itself, and by one clock: it knows to the millisecond when
	// each count was 0. (Less than a millisecond would be taken for the default.)
	f, err := aggregate.NewFleet(aggregate.Config{Window: window, ClockSkew: time.Millisecond, StartTolerance: time.Millisecond})
	if err != nil {
		return nil, err
	}
	a := &audit{fleet: f, servers: map[string]bool{}}
	for _, text := range flags {
		name, path, named := strings.Cut(text, "=")
		if !named {
			path = text
			name, _, _ = strings.Cut(filepath.Base(path), ".")
		}
		if i := slices.IndexFunc(a.logs, func(l *auditLog) bool { return l.name == name }); i >= 0 {
			l := a.logs[i]
			if !named || l.file.path == path || slices.Contains(l.more, path) {
				return nil, fmt.Errorf("two audit logs are called %q; write SERVER=FILE", name)
			}
			l.more = append(l.more, path)
			continue
		}
		a.logs = append(a.logs, &auditLog{name: name, file: logFile{path: path}, counts: map[caller]*tally{}, flaws: map[flaw]int{}})
	}
	return a, nil
}

// start says when the first page is. Of a recording the logs are read at once;
// live, from their end on.
func (a *audit) start(at time.Time, recorded bool) error {
	var targets []aggregate.Target
	for _, l := range a.logs {
		targets = append(targets, aggregate.Target{Name: l.name, Labels: labels.FromStrings(componentLabel, string(auditLogs))})
		if l.whole = recorded; !recorded {
			if len(l.more) > 0 {
				return fmt.Errorf("%s: a log that is followed is one file; those of its rotation are found", l.name)
			}
			if err := l.file.fromEnd(); err != nil {
				return err
			}
			continue
		}
		if err := l.file.read(l.add); err != nil {
			return err
		}
		l.file.finish(l.add)
		l.file.close()
		for _, path := range l.more {
			if err := l.file.whole(path, l.add); err != nil {
				return err
			}
		}
		slices.SortStableFunc(l.queue, func(a, b event) int { return a.Ended.Compare(b.Ended) })
	}
	return a.fleet.SetTargets(at, targets...)
}

// add takes in a line.
func (l *auditLog) add(line []byte) {
	e, f := readEvent(line)
	if f != "" {
		l.flaws[f]++
		return
	}
	l.queue = append(l.queue, e)
}

// knows notes that a server is scraped: its log is asked when it is.
func (a *audit) knows(server string) {
	if a != nil {
		a.mu.Lock()
		a.servers[server] = true
		a.mu.Unlock()
	}
}

// take counts the events of a server until a time.
func (a *audit) take(server string, at time.Time) {
	a.knows(server)
	a.each(at, func(l *auditLog) bool { return l.name == server })
}

// takeOthers counts the events of the logs that are of no server that is scraped.
func (a *audit) takeOthers(at time.Time) {
	a.each(at, func(l *auditLog) bool { return !a.servers[l.name] })
}

func (a *audit) each(at time.Time, want func(*auditLog) bool) {
	if a == nil {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, l := range a.logs {
		if !want(l) {
			continue
		}
		if l.failed = a.tell(l, at); l.failed != nil {
			a.fleet.ScrapeFailed(l.name, at, l.failed)
		}
	}
}

// tell tells the fleet what a log has counted until a time. The first time that
// is nothing: what its server counted before, its metrics do not show either.
func (a *audit) tell(l *auditLog, at time.Time) error {
	var failed error
	if !l.whole {
		failed = l.file.read(l.add)
	}
	if a.since.IsZero() {
		a.since = at
	} else if at.Before(a.since) { // servers that answer at once come in any order
		at = a.since
	}
	switch {
	case l.since.IsZero():
		l.since = at
		l.upTo(at, false)
	case failed != nil:
		return failed
	default:
		l.upTo(at, true)
	}
	start := a.since.Add(-time.Duration(slices.Index(a.logs, l)) * time.Millisecond) // of no two the same: they are not one
	_, err := a.fleet.IngestSamples(aggregate.Scrape{Target: l.name, Time: at, Start: start}, l.samples())
	l.last = at
	return errors.Join(failed, err)
}

// clocksApart is by how much the clock of a log may differ from the program's before that
// is said: a line may be written late, or read some time after its server was.
const clocksApart = 10 * time.Second

// upTo takes the events that ended until a time off the queue, and counts them if
// that is asked. Later ones wait for the next time, as what the server counts by
// then; but live, where a clock may be wrong, not for long.
func (l *auditLog) upTo(at time.Time, count bool) {
	if l.whole {
		for ; l.done < len(l.queue) && !l.queue[l.done].Ended.After(at); l.done++ {
			if count {
				l.count(&l.queue[l.done])
			}
		}
		return
	}
	waiting := l.queue[:0]
	for _, e := range l.queue {
		switch early := e.Ended.Sub(at); {
		case early > clocksApart:
			l.otherClock++
		case early > 0:
			waiting = append(waiting, e)
			continue
		case e.Ended.Before(l.last.Add(-clocksApart)):
			l.otherClock++
		}
		if count {
			l.count(&e)
		}
	}
	clear(l.queue[len(waiting):])
	l.queue = waiting
}

// zero returns the start of a count that begins with an event now: after the last
// scrape it was 0.
func (l *auditLog) zero() time.Time { return l.last.Add(time.Millisecond) }

func (l *auditLog) count(e *event) {
	c := e.caller()
	t := l.counts[c]
	if t == nil && len(l.counts) >= callerLimit {
		l.folded++
		c = caller{agent: "(others)", verb: c.verb, resource: c.resource, long: c.long}
		t = l.counts[c]
	}
	if t == nil {
		t = &tally{since: l.zero(), codes: map[string]*answers{}, buckets: map[int]int{}}
		l.counts[c] = t
	}
	seconds := e.Ended.Sub(e.Received).Seconds()
	code := t.codes[e.code()]
	if code == nil {
		code = &answers{since: l.zero()}
		t.codes[e.code()] = code
	}
	code.count++
	t.count++
	t.seconds += seconds
	t.buckets[int(math.Ceil(math.Log2(max(seconds, 1e-6))*(1<<schema)))]++
}

var (
	requestFamily  = &parse.Family{Name: "audit_requests", Type: model.MetricTypeCounter}
	longFamily     = &parse.Family{Name: "audit_longrunning", Type: model.MetricTypeCounter}
	durationFamily = &parse.Family{Name: "audit_request_duration_seconds", Type: model.MetricTypeHistogram}
)

// samples returns what the log has counted.
func (l *auditLog) samples() (list []parse.Sample) {
	for c, t := range l.counts {
		family := requestFamily
		if c.long {
			family = longFamily
		}
		for code, x := range t.codes {
			list = append(list, c.sample(family, family.Name+"_total", x.count, x.since, "code", code))
		}
		if !c.long {
			s := c.sample(durationFamily, durationFamily.Name, t.count, t.since)
			s.Role, s.Histogram = parse.Histogram, t.histogram()
			list = append(list, s)
		}
	}
	slices.SortFunc(list, func(a, b parse.Sample) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), labels.Compare(a.Labels, b.Labels))
	})
	return list
}

func (c caller) sample(f *parse.Family, name string, count int, since time.Time, more ...string) parse.Sample {
	all := append([]string{model.MetricNameLabel, name, "agent", c.agent, "account", c.account, "verb", c.verb, "resource", c.resource}, more...)
	return parse.Sample{Family: f, Name: name, Labels: labels.FromStrings(all...), Bound: math.NaN(), Value: float64(count), Start: since}
}

// histogram returns the durations in exponential buckets.
func (t *tally) histogram() *histogram.Histogram {
	h := &histogram.Histogram{Exponential: true, Schema: schema, Count: float64(t.count), Sum: t.seconds}
	for _, i := range slices.Sorted(maps.Keys(t.buckets)) {
		h.Positive = append(h.Positive, histogram.Bucket{Index: int32(i), Count: float64(t.buckets[i])})
	}
	return h
}
