package truth

import "slices"

// member is the truth of the rate of a member; false if it is not known whose
// it is, as behind a balancer.
func (m *moment) member(v selection, who string) (Truth, bool) {
	own, _, ok := m.apart(who)
	if !ok {
		return Truth{}, false
	}
	return own.rate(v), true
}

// share is the truth of the share of a member in what all counted.
func (m *moment) share(v selection, who string) (Truth, bool) {
	own, others, ok := m.apart(who)
	if !ok {
		return Truth{}, false
	}
	x, y := own.rate(v), others.rate(v)
	if x.LoMax+y.LoMax == 0 {
		return Truth{}, false // nobody counted
	}
	excused := x.HiExcused || y.HiExcused
	return Truth{LoMax: part(x.LoMax, y.HiMin), HiMin: part(x.HiMin, y.LoMax), LoExcused: excused, HiExcused: excused}, true
}

// part returns the share of x in x and the rest.
func part(x, rest float64) float64 {
	if x == 0 {
		return 0
	}
	return x / (x + rest)
}

// apart returns the moment at the place of a name alone, and at all others.
func (m *moment) apart(name string) (own, others *moment, ok bool) {
	i := slices.IndexFunc(m.places, func(pl *place) bool { return slices.Contains(pl.targets, name) })
	if i < 0 || m.places[i].pool > 0 {
		return nil, nil, false
	}
	at := func(list ...*place) *moment {
		f := *m.Fleet
		f.places = list
		return &moment{&f, m.window, m.order, m.over}
	}
	return at(m.places[i]), at(slices.Concat(m.places[:i], m.places[i+1:])...), true
}
