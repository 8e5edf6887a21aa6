package aggregate

import (
	"slices"

	"github.com/promfold/promfold/internal/roster"
)

// tidy retires departed instances now and then: when an instance joined, and a
// sixteenth of the fleet is new, so that the cost is spread.
func tidy(f *Fleet, now int64) {
	if f.newcomers++; 16*f.newcomers >= len(f.ordered) {
		f.newcomers = 0
		retire(f, now)
		if f.joinable() {
			foldKnown(f, now)
		}
	}
}

// makeRoom retires departed instances when a limit is reached.
func makeRoom(f *Fleet, now int64) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return retire(f, now)
}

// retire drops departed instances and keeps what they counted. The fleet's lock
// is held.
func retire(f *Fleet, now int64) (some bool) {
	var list []*instance
	for _, in := range f.ordered {
		if in.departed(f, now) && in.mu.TryLock() { // else it is being scraped
			list = append(list, in)
		}
	}
	list = wholeTwins(f, list)
	if len(list) == 0 {
		return false
	}
	for _, in := range list {
		for _, b := range in.bindings {
			b.note(in, in.last)
		}
		if in.counts(f, now) {
			for _, b := range in.bindings {
				in.depart(f, b, b.view.ledger.Departures)
			}
		}
	}
	opening := f.opening()
	for _, v := range f.views {
		for a := range v.ledger.Accounts() {
			a.Left.Open(opening)
		}
	}
	f.names.Lock()
	defer f.names.Unlock()
	for _, in := range list {
		in.forget(f)
		in.mu.Unlock()
	}
	f.ordered = slices.DeleteFunc(f.ordered, func(in *instance) bool { return in.retired })
	forgetTargets(f, now)
	f.left.Bound()
	return true
}

// wholeTwins removes instances of which a twin could not be locked.
func wholeTwins(f *Fleet, list []*instance) []*instance {
	return slices.DeleteFunc(list, func(in *instance) bool {
		if in.Twins == nil {
			return false
		}
		for _, m := range in.Twins.Members {
			if !slices.Contains(list, m) {
				in.mu.Unlock()
				return true
			}
		}
		return false
	})
}

// forgetTargets drops addresses that lead to no instance any more and are not
// expected. f.names is held.
func forgetTargets(f *Fleet, now int64) {
	reach := f.reach()
	for name, x := range knownTargets(f) {
		if x.Forgotten(now, reach) {
			forgetTarget(f, name)
		}
	}
}

// known returns what is known of each target.
func knownTargets(f *Fleet) map[string]roster.Target {
	list := make(map[string]roster.Target, len(f.targets))
	for name, t := range f.targets {
		list[name] = roster.Target{
			Tried: t.tried.Load(), Failure: t.failure(), Told: t.Told, Given: f.expected[name], Gone: t.gone, Balanced: f.balancers[name] != nil,
		}
	}
	for _, in := range f.ordered {
		for _, name := range in.targets {
			x := list[name]
			x.Reached = true
			list[name] = x
		}
	}
	return list
}

// maxStrangers bounds the number of targets that are remembered although they
// never answered and nobody described them.
const maxStrangers = 10_000

// meetStranger makes room for a target that failed before it ever answered, so
// that failures at ever new addresses do not fill the fleet.
func meetStranger(f *Fleet, now int64) {
	if f.tidied == 0 {
		f.tidied = now
	}
	if f.strangers++; f.strangers <= maxStrangers && now-f.tidied <= roster.Learnt {
		return
	}
	f.tidied = now
	f.names.Lock()
	defer f.names.Unlock()
	forgetTargets(f, now)
	var list []string
	known := knownTargets(f)
	for name, x := range known {
		if x.Stranger() {
			list = append(list, name)
		}
	}
	f.strangers = min(len(list), maxStrangers/2)
	for _, name := range roster.Oldest(list, len(list)-f.strangers, func(name string) int64 { return known[name].Tried }) {
		forgetTarget(f, name)
	}
}

func forgetTarget(f *Fleet, name string) {
	delete(f.targets, name)
	delete(f.spelled, name)
}
