package aggregate

import (
	"slices"

	"github.com/promfold/promfold/internal/identity"
)

// suspicion is that two instances with one start time are one process.
type suspicion struct {
	a, b *instance
	last *instance // who was scraped last
	identity.Suspicion
}

func (x *suspicion) other(in *instance) *instance {
	if x.a == in {
		return x.b
	}
	return x.a
}

// twins are instances that are one process under several targets.
type twins struct{ members []*instance }

// suspect begins to watch those that have the start of a process just met,
// whose scrape is not committed yet. What was believed of the instance's former
// process ends.
func (s *staged) suspect() {
	in := s.in
	s.f.forgetTwins(in)
	if !s.start.Known() {
		return
	}
	for _, x := range s.f.ordered {
		samePool := in.pool != nil && in.pool == x.pool
		if x != in && x.start == s.start && !samePool {
			in.suspectOf(x)
		}
	}
}

// suspectOf notes that the instance, which is scraped just now, may be the
// process of another one.
func (in *instance) suspectOf(x *instance) {
	s := &suspicion{a: in, b: x, last: x}
	if x.name < in.name { // so that the order in which they were met does not show
		s.a, s.b = x, in
	}
	in.suspicions = append(in.suspicions, s)
	x.suspicions = append(x.suspicions, s)
}

func (f *Fleet) forgetTwins(in *instance) {
	for _, x := range in.suspicions {
		o := x.other(in)
		o.suspicions = slices.DeleteFunc(o.suspicions, func(y *suspicion) bool { return y == x })
	}
	in.suspicions = nil
	if t := in.twins; t != nil {
		t.members = slices.DeleteFunc(t.members, func(m *instance) bool { return m == in })
		in.twins = nil
		if len(t.members) == 1 {
			t.members[0].twins = nil
		}
	}
}

// weighTwins compares the staged scrape with what its suspects exposed last:
// one counter that fell shows them to be two.
func (s *staged) weighTwins() {
	in := s.in
	s.index()
	defer s.unindex()
	for _, x := range slices.Clone(in.suspicions) {
		o := x.other(in)
		if o.last > s.at {
			continue
		}
		switch x.Weigh(s.liken(&o.cols), s.at-o.last, x.last == o) {
		case identity.Refuted:
			x.end()
		case identity.Proven:
			x.end()
			s.f.join(in, o)
		}
		x.last = in
	}
}

func (x *suspicion) end() {
	for _, in := range []*instance{x.a, x.b} {
		in.suspicions = slices.DeleteFunc(in.suspicions, func(y *suspicion) bool { return y == x })
	}
}

// join makes two instances one in all answers.
func (f *Fleet) join(a, b *instance) {
	t := a.twins
	switch {
	case t == nil && b.twins == nil:
		t = &twins{}
	case t == nil:
		t = b.twins
	case b.twins != nil:
		for _, m := range b.twins.members {
			if m != b && !slices.Contains(t.members, m) {
				t.members = append(t.members, m)
				m.twins = t
			}
		}
	}
	for _, in := range []*instance{a, b} {
		if in.twins = t; !slices.Contains(t.members, in) {
			t.members = append(t.members, in)
		}
	}
}

// counts: the instance speaks for itself and, if it has any, for its twins:
// one that is live before one that is not, one with an address of its own
// before one met behind a balancer, then by Target.Priority and Target.Created.
func (f *Fleet) counts(in *instance, e int64) bool {
	if in.twins == nil {
		return true
	}
	list := make([]identity.Alias, len(in.twins.members))
	for i, m := range in.twins.members {
		info := f.info(m)
		list[i] = identity.Alias{Name: m.name, Live: f.live(m, e), Pooled: m.pool != nil, Priority: info.Priority, Created: info.Created}
	}
	return in.twins.members[identity.Speaker(list)] == in
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
