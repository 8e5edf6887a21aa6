package aggregate

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/promfold/promfold/internal/identity"
	"github.com/promfold/promfold/internal/roster"
	"github.com/promfold/promfold/parse"
)

// address is the spelling under which the fleet knows a target.
func addressOf(f *Fleet, target string) string {
	f.names.Lock()
	defer f.names.Unlock()
	if known, ok := f.spelled[target]; ok {
		return known
	}
	known := identity.Canonical(target)
	if len(f.spelled) < 2*f.cfg.MaxInstances {
		f.spelled[target] = known // spares the next scrape the work
	}
	return known
}

// address is a place, and who is to be found there.
type address struct {
	name     string
	target   *target   // nil: it was never tried
	balancer *balanced // nil: it is none
	given    bool      // the caller expects it

	behind []*instance // whose address it is, and then those that are the same process
	own    int         // how many of them are the former
}

// expected: what is given, or else what was described or tried lately, did not
// leave, and has no other address that speaks for it.
func (a *address) expected(f *Fleet, e int64) bool {
	if f.expected != nil {
		return a.given
	}
	if x := a.known(); a.target == nil || !x.Expected(false, e) {
		return false
	}
	for _, in := range a.behind[:a.own] {
		if !in.counts(f, e) {
			return false
		}
	}
	return true
}

// failed: the latest scrape did. Of what never answered that counts for as long
// as it is expected to.
func (a *address) failed(e int64) bool {
	x := a.known()
	return x.Failed(e)
}

// known is what is known of the target.
func (a *address) known() roster.Target {
	x := roster.Target{Given: a.given, Balanced: a.balancer != nil, Reached: len(a.behind) > 0}
	if t := a.target; t != nil {
		x.Tried, x.Failure, x.Told, x.Gone = t.tried.Load(), t.failure(), t.told, t.gone
	}
	return x
}

// addressBook has all of them, as of a number of changes made alone.
type addressBook struct {
	list []address
	at   uint64
}

// addresses are those of the fleet: those that were tried, are expected or
// are balancers. They change only with its lock held alone.
func addressesOf(f *Fleet) []address {
	if f.book.list == nil || f.book.at != f.mu.alone {
		f.book = addressBook{findAddresses(f), f.mu.alone}
	}
	return f.book.list
}

func findAddresses(f *Fleet) []address {
	list, at := make([]address, 0, len(f.targets)), make(map[string]int, len(f.targets))
	of := func(name string) *address {
		i, ok := at[name]
		if !ok {
			i, at[name] = len(list), len(list)
			list = append(list, address{name: name})
		}
		return &list[i]
	}
	for name, t := range f.targets {
		of(name).target = t
	}
	for name, b := range f.balancers {
		of(name).balancer = b
	}
	for name := range f.expected {
		of(name).given = true
	}
	for _, in := range f.ordered {
		for _, name := range in.targets {
			a := of(name)
			a.behind = append(a.behind, in)
			a.own++
		}
	}
	for _, in := range f.ordered {
		if in.Twins != nil {
			for _, name := range in.addresses()[len(in.targets):] {
				a := of(name)
				a.behind = append(a.behind, in)
			}
		}
	}
	return list
}

// Target is an address that is expected to answer.
type Target struct {
	Name     string        // "10.0.0.7:6443"
	Instance string        // who answers there, such as a pod's UID; two targets with one Instance are one; default Name
	Labels   labels.Labels // views group by and match them; they stand before a label of the same name in the body
	Balanced bool          // a load balancer; it stays one
	Expected int           // instances behind the balancer; 0 if unknown
	Priority int           // of several addresses found to be one process, the highest priority is kept
	Created  time.Time     // then the newest, then the first by name
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

// failureOf returns how a scrape failed: what was answered and refused by the
// parser or by the fleet is no word of a dead process.
func failureOf(err error) roster.Failure {
	for _, refused := range []error{parse.ErrLimit, ErrLimit, ErrLate, ErrConflict} {
		if errors.Is(err, refused) {
			return roster.Unheard
		}
	}
	if errors.As(err, new(*parse.Error)) {
		return roster.Unheard
	}
	return roster.FailureOf(err)
}

// describe takes over the description of a target.
func (t *Target) describe(f *Fleet, now int64) {
	name := addressOf(f, t.Name)
	if f.expected != nil {
		f.expected[name] = true
	}
	known := targetOf(f, name)
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
	movedTarget(f, name, now)
	for _, in := range f.ordered {
		if slices.Contains(in.targets, name) {
			in.another = in.another && !t.Balanced
			if relabelled && in.targets[0] == name {
				in.relabel(f, t.Labels)
			}
		}
	}
}

// leave notes that a target left, unless something newer is known of it. The
// target keeps its priority and creation time: what its process counted stays in
// the window, and is still the answer of the same one of its addresses.
func leaveTarget(f *Fleet, name string, t *target, now int64) {
	if now < t.tried.Load() {
		return
	}
	if t.told {
		meetStranger(f, now) // it may never have answered
	}
	t.gone, t.description = true, description{info: t.info}
	t.end(now)
	movedTarget(f, name, now)
}

// moved notes of the instances at a target whether all their targets left.
func movedTarget(f *Fleet, name string, now int64) {
	for _, in := range f.ordered {
		if slices.Contains(in.targets, name) {
			in.gone = !slices.ContainsFunc(in.targets, func(n string) bool { return !f.targets[n].gone })
			in.notePresence(f, now)
		}
	}
}

func targetOf(f *Fleet, name string) *target {
	t, ok := f.targets[name]
	if !ok {
		t = &target{}
		f.targets[name] = t
	}
	return t
}

// labelsAt returns the labels of the target.
func labelsAt(f *Fleet, name string) labels.Labels {
	if t := f.targets[name]; t != nil {
		return t.labels
	}
	return labels.EmptyLabels()
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

// description is what a program said of a target.
type description struct {
	told     bool // there is a description
	instance string
	labels   labels.Labels
	info     targetInfo // kept until the target is forgotten, the rest until it leaves
}

// compare orders descriptions; of two merged fleets the greater one counts.
func (d *description) compare(o *description) int {
	return cmp.Or(compareBool(d.told, o.told), d.info.compare(o.info),
		cmp.Compare(d.instance, o.instance), labels.Compare(d.labels, o.labels))
}

// targetInfo decides which of several addresses of one process is kept.
type targetInfo struct {
	Priority int
	Created  time.Time
}

func (i targetInfo) compare(o targetInfo) int {
	return cmp.Or(cmp.Compare(i.Priority, o.Priority), i.Created.Compare(o.Created))
}
