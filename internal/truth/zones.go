package truth

// zone is the label of a target in a time.
type zone struct {
	span
	name string
}

// relabelled targets get another zone, and perhaps the old one again, so rarely that
// each is met. A fleet hears of it with the next scrape.
func relabelled(f *Fleet) {
	interval := f.times()
	many(f, 3, func(target string) {
		p := f.plan(target, interval)
		if f.chance(0.3) {
			p.uptime, p.downtime = ups(interval)
		}
		f.directLike(p, f.traits(), func(pl *place) {
			pl.changes = true
			from, name := -never, f.IntN(2)
			for to := f.between(0, f.horizon); to < f.horizon && len(pl.zones) < 3; to = f.between(from+5*interval, 2*f.horizon) {
				pl.zones = append(pl.zones, zone{span{from, to}, zones[name]})
				from, name = to, 1-name
			}
			pl.zones = append(pl.zones, zone{span{from, never}, zones[name]})
		})
	})
}

var zones = [2]string{"x", "y"}

// zoneAt returns the zone at a time.
func (pl *place) zoneAt(at ms) string {
	for _, z := range pl.zones {
		if z.holds(at) {
			return z.name
		}
	}
	return ""
}

// inZone returns the parts of the list that lie in the zone of the selection. Where
// a change was not told yet, an answer may be about either zone.
func (m *moment) inZone(pl *place, v selection, list []stretch) []stretch {
	if v.zone == "" {
		return list
	}
	told, last := "", -never
	for _, r := range m.readings(pl) {
		told, last = pl.zoneAt(r.at), r.at
	}
	var inside []stretch
	for _, x := range list {
		for _, z := range pl.zones {
			before, after := x, x
			before.span, after.span = x.within(z.span).within(span{-never, last}), x.within(z.span).within(span{last, never})
			if z.name == v.zone {
				inside = append(inside, before)
			}
			switch {
			case z.name != told:
				after.class = open
				inside = append(inside, after)
			case z.name == v.zone:
				inside = append(inside, after)
			}
		}
	}
	return inside
}
