package aggregate

import (
	"slices"

	"github.com/promfold/promfold/internal/identity"
	"github.com/promfold/promfold/internal/roster"
)

// suspect begins to watch those that have the start of a process just met,
// whose scrape is not committed yet. What was believed of the instance's former
// process ends.
func (s *staged) suspect() {
	in := s.in
	identity.Part(in)
	if !s.start.Known() {
		return
	}
	for _, x := range s.f.ordered {
		samePool := in.pool != nil && in.pool == x.pool
		if x != in && x.start == s.start && !samePool {
			suspectPair(in, x, x)
		}
	}
}

// suspectPair notes that two instances may be one process, in the order of their
// names, so that the order in which they were met does not show.
func suspectPair(a, b, latest *instance) *identity.Pair[*instance] {
	if b.name < a.name {
		a, b = b, a
	}
	return identity.Suspect(a, b, latest)
}

// weighTwins compares the staged scrape with what its suspects exposed last:
// one counter that fell shows them to be two.
func (s *staged) weighTwins() {
	in := s.in
	s.index.Note(s.f.store, s.r)
	defer s.index.Clear()
	for _, x := range slices.Clone(in.Suspicions) {
		o := x.Other(in)
		if o.last > s.at {
			continue
		}
		verdict := x.Weigh(s.index.Liken(&o.cols), s.at-o.last, x.Latest == o)
		if x.Latest = in; verdict != identity.Open {
			identity.End(x)
		}
		if verdict == identity.Proven {
			identity.Unite(in, o)
		}
	}
}

// counts: the instance speaks for itself and, if it has any, for its twins:
// one that is live before one that is not, one with an address of its own
// before one met behind a balancer, then by Target.Priority and Target.Created.
func (f *Fleet) counts(in *instance, e int64) bool {
	if in.Twins == nil {
		return true
	}
	list := make([]identity.Alias, len(in.Twins.Members))
	for i, m := range in.Twins.Members {
		info := f.info(m)
		list[i] = identity.Alias{Name: m.name, Live: f.standing(m, e) == roster.Present, Pooled: m.pool != nil, Priority: info.Priority, Created: info.Created}
	}
	return in.Twins.Members[identity.Speaker(list)] == in
}

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return 1
	}
	return -1
}

// info is the best that is said of an instance's targets.
func (f *Fleet) info(in *instance) targetInfo {
	var best targetInfo
	for i, name := range in.targets {
		if t := f.targets[name]; t != nil && (i == 0 || t.info.compare(best) > 0) {
			best = t.info
		}
	}
	return best
}
