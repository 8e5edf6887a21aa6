package aggregate

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/promfold/promfold/internal/roster"
	"github.com/promfold/promfold/parse"
)

// Target is an address that is expected to answer.
type Target struct {
	Name     string        // "10.0.0.7:6443"
	Instance string        // who answers there, such as a pod's UID; two targets with one Instance are one; default Name
	Labels   labels.Labels // views group by and match them; they stand before a label of the same name in the body
	Balanced bool          // a load balancer: its scrapes are split by evidence. It stays one
	Expected int           // instances behind the balancer; 0 if unknown
	Priority int           // of several addresses found to be one process, the highest priority is kept
	Created  time.Time     // then the newest, then the first by name
}

// target is what is known of an address. A steady scrape writes it while others
// are read in parallel, hence the atomics.
type target struct {
	tried  atomic.Int64  // latest scrape or failure
	failed atomic.Uint32 // how it failed, a roster.Failure
	down   atomic.Int64  // since when it does not listen, or left; 0: it does
	gone   bool          // written under the fleet's lock, like what follows
	err    error
	description
}

// description is what a program said of a target.
type description struct {
	told     bool // there is a description
	instance string
	labels   labels.Labels
	info     targetInfo // kept until the target is forgotten, the rest until it leaves
}

// targetInfo decides which of several addresses of one process is kept.
type targetInfo struct {
	Priority int
	Created  time.Time
}

func (i targetInfo) compare(o targetInfo) int {
	return cmp.Or(cmp.Compare(i.Priority, o.Priority), i.Created.Compare(o.Created))
}

// compare orders descriptions; of two merged fleets the greater one counts.
func (d *description) compare(o *description) int {
	return cmp.Or(compareBool(d.told, o.told), d.info.compare(o.info),
		cmp.Compare(d.instance, o.instance), labels.Compare(d.labels, o.labels))
}

func (t *target) failure() roster.Failure { return roster.Failure(t.failed.Load()) }

func (t *target) seen(at int64) {
	if at > t.tried.Load() {
		t.tried.Store(at)
	}
	t.failed.Store(uint32(roster.NoFailure))
	t.down.Store(0)
}

// end notes that nothing is counted at the target any more.
func (t *target) end(at int64) {
	if t.down.Load() == 0 {
		t.down.Store(at)
	}
}

func (t *Target) validate(now time.Time) error {
	switch {
	case t.Expected < 0:
		return fmt.Errorf("%w: %s: Expected %d", errTarget, t.Name, t.Expected)
	case t.Expected > 0 && !t.Balanced:
		return fmt.Errorf("%w: %s: Expected without Balanced", errTarget, t.Name)
	case t.Balanced && t.Instance != "":
		return fmt.Errorf("%w: %s: an Instance behind a balancer", errTarget, t.Name)
	}
	return checkTarget(t.Name, now)
}

// SetTargets says who is expected; a target that is not named has left. Without
// it, the targets that were described are expected, and those that were tried
// within the last hour.
func (f *Fleet) SetTargets(now time.Time, targets ...Target) error {
	if now.IsZero() {
		return fmt.Errorf("%w: no time", errTarget)
	}
	for i := range targets {
		if err := targets[i].validate(now); err != nil {
			return err
		}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.expected = make(map[string]bool, len(targets))
	for i := range targets {
		f.describe(&targets[i])
	}
	for name, t := range f.targets {
		if !f.expected[name] {
			f.leave(name, t, now.UnixMilli())
		}
	}
	return nil
}

// Describe adds or changes one target and leaves the others as they are.
func (f *Fleet) Describe(now time.Time, t Target) error {
	if err := t.validate(now); err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.describe(&t)
	return nil
}

// Remove says that targets have left and leaves the others as they are: their
// steps stay in the window, their gauges and their coverage end. A later scrape
// brings a target back.
func (f *Fleet) Remove(now time.Time, names ...string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, name := range names {
		name = f.address(name)
		delete(f.expected, name)
		if t, ok := f.targets[name]; ok {
			f.leave(name, t, now.UnixMilli())
		}
	}
}

// ScrapeFailed says that a target did not answer, or not with metrics. From then
// on it is missing in every coverage. After a deadline, an HTTP status below 500
// (the error has a method HTTPStatusCode) or a *parse.Error, its instance is
// still in values about the present, but lower bounds do without it; after any
// other error, such as a refused connection, it is in upper bounds alone. A
// failure older than the latest scrape changes nothing.
func (f *Fleet) ScrapeFailed(name string, at time.Time, err error) error {
	if err := checkTarget(name, at); err != nil {
		return err
	}
	if err == nil {
		err = errUnnamed
	}
	how := roster.FailureOf(err)
	if errors.As(err, new(*parse.Error)) {
		how = roster.Unheard
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	name = f.address(name)
	ms := at.UnixMilli()
	if f.targets[name] == nil {
		f.meetStranger(ms)
	}
	if t := f.target(name); ms >= t.tried.Load() {
		t.tried.Store(ms)
		t.failed.Store(uint32(how))
		t.err = err
		if how == roster.Unreachable {
			t.end(ms)
		}
	}
	return nil
}

// describe takes over the description of a target.
func (f *Fleet) describe(t *Target) {
	name := f.address(t.Name)
	if f.expected != nil {
		f.expected[name] = true
	}
	known := f.target(name)
	known.gone = false
	relabelled := !labels.Equal(known.labels, t.Labels)
	known.description = description{true, t.Instance, t.Labels, targetInfo{t.Priority, t.Created}}
	if t.Balanced {
		b, ok := f.balancers[name]
		if !ok {
			b = &balanced{target: name}
			f.balancers[name] = b
		}
		b.Expected = t.Expected
	}
	f.moved(name)
	for _, in := range f.ordered {
		if slices.Contains(in.targets, name) {
			in.another = in.another && !t.Balanced
			if relabelled && in.targets[0] == name {
				f.relabel(in, t.Labels)
			}
		}
	}
}

// leave notes that a target left, unless something newer is known of it. The
// target keeps its priority and creation time: what its process counted stays in
// the window, and is still the answer of the same one of its addresses.
func (f *Fleet) leave(name string, t *target, now int64) {
	if now < t.tried.Load() {
		return
	}
	if t.told {
		f.meetStranger(now) // it may never have answered
	}
	t.gone, t.description = true, description{info: t.info}
	t.end(now)
	f.moved(name)
}

// moved notes of the instances at a target whether all their targets left.
func (f *Fleet) moved(name string) {
	for _, in := range f.ordered {
		if slices.Contains(in.targets, name) {
			in.gone = !slices.ContainsFunc(in.targets, func(n string) bool { return !f.targets[n].gone })
		}
	}
}

func (f *Fleet) target(name string) *target {
	t, ok := f.targets[name]
	if !ok {
		t = &target{}
		f.targets[name] = t
	}
	return t
}

// labelsAt returns the labels of the target.
func (f *Fleet) labelsAt(name string) labels.Labels {
	if t := f.targets[name]; t != nil {
		return t.labels
	}
	return labels.EmptyLabels()
}
