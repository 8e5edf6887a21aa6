package aggregate

import (
	"iter"
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/promfold/promfold/internal/identity"
	"github.com/promfold/promfold/internal/roster"
)

// addressOf returns the spelling under which the fleet knows a target.
func addressOf(f *Fleet, target string) string {
	f.names.RLock()
	known, ok := f.spelled.Known(target)
	f.names.RUnlock()
	if ok {
		return known
	}
	f.names.Lock()
	defer f.names.Unlock()
	return f.spelled.Of(target, 2*f.cfg.MaxInstances)
}

// placed yields the instances with their addresses.
func placed(f *Fleet) iter.Seq2[*instance, roster.Places] {
	return func(yield func(*instance, roster.Places) bool) {
		for _, in := range f.ordered {
			p := roster.Places{Names: in.targets, Own: len(in.targets)}
			if in.Twins != nil {
				p.Names = in.addresses()
			}
			if !yield(in, p) {
				return
			}
		}
	}
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

func (t *Target) told() roster.Description {
	return roster.Description{Told: true, Instance: t.Instance, Labels: t.Labels, Rank: roster.Rank{Priority: t.Priority, Created: t.Created}}
}

// describeAll takes over the descriptions of all targets or, on an error, of none. Others are kept or have left.
func describeAll(f *Fleet, now time.Time, targets []Target, keep bool) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	more := int64(0)
	for _, t := range targets {
		if err := roster.CheckDescribed(t.Name, t.Instance, t.Labels, t.Balanced, t.Expected, now); err != nil {
			return err
		}
		more += f.book.More(identity.Canonical(t.Name), t.told())
	}
	if f.parts != nil {
		return errRoot
	}
	if more > 0 && heldBy(f).Sum()+more > f.cfg.MaxBytes {
		return limitError("bytes held", f.cfg.MaxBytes, heldBy(f).Sum()+more)
	}
	if !keep {
		f.book.Expect()
	}
	for _, t := range targets {
		t.describe(f, now.UnixMilli())
	}
	if !keep {
		for _, name := range f.book.Unexpected() {
			leaveTarget(f, name, now.UnixMilli())
		}
	}
	return nil
}

// describe takes over the description of a target.
func (t *Target) describe(f *Fleet, now int64) {
	name := addressOf(f, t.Name)
	relabelled := f.book.Describe(name, t.told())
	if t.Balanced {
		b := f.book.Balancers[name]
		if b == nil {
			b = &balanced{Target: name}
			f.book.Balance(name, b)
		}
		b.Expected = t.Expected
	}
	movedTarget(f, name, now)
	for _, in := range f.book.At(name) {
		saveFirst(in)
		in.another = in.another && !t.Balanced
		if relabelled && in.targets[0] == name {
			in.relabel(f, t.Labels)
		}
	}
}

// leaveTarget notes that a target left.
func leaveTarget(f *Fleet, name string, now int64) {
	left, stranger := f.book.Leave(name, now)
	if left {
		movedTarget(f, name, now)
	}
	if stranger {
		meetStranger(f, name, now)
	}
}

// movedTarget notes of the instances at a target whether all their targets left.
func movedTarget(f *Fleet, name string, now int64) {
	for _, in := range f.book.At(name) {
		saveFirst(in)
		in.gone = f.book.Left(in.targets)
		in.notePresence(f, now)
	}
}

// meetStranger makes room for a target that never answered.
func meetStranger(f *Fleet, name string, now int64) {
	f.names.Lock()
	defer f.names.Unlock()
	f.book.MeetStranger(name, now, f.reach(), roster.Reached(placed(f)), f.spelled.Forget)
}
