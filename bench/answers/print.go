package main

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// question is one time at which a fleet is asked, and what for.
type question struct {
	moment
	section string // before the kind, such as "late/"
	windows []time.Duration
	heavy   bool // the heavy views, too
	words   bool // of warnings
}

func windowText(d time.Duration) string {
	if d == sinceStart {
		return "all"
	}
	return d.String()
}

// header prints what is asked, and the coverage of the answer: once if it is the
// same for all groups, else with each.
func (o *output) header(what string, groups []*group, err error) (same bool) {
	if err != nil {
		o.printf("%s refused: %s", what, refusal(err))
		return true
	}
	same = true
	for _, g := range groups {
		same = same && g.coverage == groups[0].coverage
	}
	if len(groups) > 0 && same {
		o.printf("%s groups=%d %s", what, len(groups), groups[0].coverage)
	} else {
		o.printf("%s groups=%d", what, len(groups))
	}
	return same
}

func (g *group) head(same bool) string {
	if same {
		return " " + g.labels
	}
	return " " + g.labels + " " + g.coverage.String()
}

func groupsOf[T any](list []T, of func(*T) *group) []*group {
	groups := make([]*group, len(list))
	for i := range list {
		groups[i] = of(&list[i])
	}
	return groups
}

// view asks a view and prints its answers.
func (o *output) view(v *view, q question) {
	what := o.at(q.now) + " " + v.name
	switch v.kind {
	case gaugeKind:
		o.gaugeView(v, q, what)
		return
	case counterKind, histogramKind, ratioKind:
	default:
		return
	}
	for _, d := range q.windows {
		asked := what + " " + windowText(d)
		switch v.kind {
		case counterKind:
			o.counters(v, q, asked, d)
		case histogramKind:
			o.histograms(v, q, asked, d)
		case ratioKind:
			list, err := v.ratios(q.moment, d)
			o.in(q.section + "ratios")
			o.ratios(q, asked, list, err)
		}
	}
}

func (o *output) counters(v *view, q question, what string, d time.Duration) {
	list, err := v.counters(q.moment, d)
	o.in(q.section + "counters")
	groups := groupsOf(list, func(g *counterGroup) *group { return &g.group })
	same := o.header(what, groups, err)
	for i := range list {
		o.counterGroup(list[i].head(same), &list[i])
	}
	o.in(q.section + "events")
	for i := range list {
		o.events(what, &list[i])
	}
	o.warnings(what, q.words, groups)
}

func (o *output) counterGroup(head string, g *counterGroup) {
	o.printf("%s inc=%v rate=%v now=%v hot=%v most=%v", head, g.increase, g.rate, g.rateNow, g.hottest, g.most)
	for i := range g.members {
		o.counterMember(&g.members[i])
	}
}

func (o *output) counterMember(m *counterMember) {
	o.line = append(append(append(o.line[:0], "  "...), m.instance...), " inc="...)
	o.line = append(o.line, m.increase.String()...)
	o.line = append(append(o.line, " rate="...), m.rate.String()...)
	o.line = append(append(o.line, " covers="...), strconv.FormatInt(m.covers.Milliseconds(), 10)...)
	o.line = append(append(o.line, " steps="...), strconv.Itoa(m.steps)...)
	o.line = append(append(o.line, " weight="...), num(m.weight)...)
	o.line = append(o.line, flags("older live", m.older, m.live)...)
	if m.resets != 0 {
		o.line = append(append(o.line, " resets="...), strconv.Itoa(m.resets)...)
	}
	o.end()
}

// events prints what happened to the series of a group, other than growth.
func (o *output) events(what string, g *counterGroup) {
	for i := range g.members {
		if m := &g.members[i]; m.events != [eventKinds]int{} {
			o.printf("%s %s %s%s", what, g.labels, m.instance, eventsText(m.events))
		}
	}
}

func (o *output) histograms(v *view, q question, what string, d time.Duration) {
	list, err := v.histograms(q.moment, d)
	o.in(q.section + "histograms")
	groups := groupsOf(list, func(g *histogramGroup) *group { return &g.group })
	same := o.header(what, groups, err)
	for i := range list {
		g := &list[i]
		o.counterGroup(g.head(same), &g.observations)
		var b strings.Builder
		for k, e := range g.quantiles {
			fmt.Fprintf(&b, " q%s=%v worst=%v", num(levels[k]), e, g.worst[k])
		}
		for k, e := range g.above {
			fmt.Fprintf(&b, " over%s=%v", num(v.above[k]), e)
		}
		o.printf("  sum=%v mean=%v%s", g.sum, g.mean, b.String())
		for _, r := range g.rows {
			o.printf("  row (%s,%s] %v", num(r.lower), num(r.upper), r.count)
		}
	}
	o.in(q.section + "events")
	for i := range list {
		o.events(what, &list[i].observations)
	}
	o.warnings(what, q.words, groups)
}

func (o *output) ratios(q question, what string, list []ratioGroup, err error) {
	groups := groupsOf(list, func(g *ratioGroup) *group { return &g.group })
	same := o.header(what, groups, err)
	for i := range list {
		g := &list[i]
		o.printf("%s num=%v den=%v ratio=%v max=%v members=%v", g.head(same), g.numerator, g.denominator, g.ratio, g.highest, g.members)
	}
	o.warnings(what, q.words, groups)
}

func (o *output) gaugeView(v *view, q question, what string) {
	switch v.combine {
	case saturation:
		list, err := v.saturations(q.moment)
		o.in(q.section + "gauges")
		o.ratios(q, what, list, err)
	case distinct:
		list, err := v.variants(q.moment)
		o.in(q.section + "gauges")
		groups := groupsOf(list, func(g *variantGroup) *group { return &g.group })
		same := o.header(what, groups, err)
		for i := range list {
			o.printf("%s", list[i].head(same))
			for _, x := range list[i].variants {
				o.printf("  %s %s %v", x.labels, num(x.value), x.instances)
			}
		}
		o.warnings(what, q.words, groups)
	default:
		o.gauges(v, q, what)
	}
}

func (o *output) gauges(v *view, q question, what string) {
	list, err := v.gauges(q.moment)
	o.in(q.section + "gauges")
	groups := groupsOf(list, func(g *gaugeGroup) *group { return &g.group })
	same := o.header(what, groups, err)
	for i := range list {
		g := &list[i]
		var b strings.Builder
		for _, m := range g.members {
			fmt.Fprintf(&b, " %s:%s:%d", m.instance, num(m.value), m.age.Milliseconds())
		}
		o.printf("%s value=%v max=%v min=%v median=%v leader=%v mean=%v stddev=%v members%s", g.head(same), g.value, g.highest, g.lowest, g.median,
			g.electedAs, g.mean, g.stddev, b.String())
	}
	o.warnings(what, q.words, groups)
}

// series prints what is to be exposed.
func (o *output) series(list []series) {
	for _, s := range byLabels(list) {
		if s.classic == nil {
			var b strings.Builder
			for _, q := range s.quantiles {
				fmt.Fprintf(&b, " q%s=%s", num(q.q), num(q.value))
			}
			o.printf(" %s %s %s%s", s.labels, num(s.value), o.at(s.start), b.String())
			continue
		}
		var b strings.Builder
		for i, bound := range s.classic.bounds {
			fmt.Fprintf(&b, " %s:%s", num(bound), num(s.classic.counts[i]))
		}
		o.printf(" %s %s sum=%s%s", s.labels, o.at(s.start), num(s.classic.sum), b.String())
		if n := s.native; n != nil {
			o.printf("  native schema=%d zero=%s:%s count=%s sum=%s positive=%v negative=%v bounds=%v", n.schema, num(n.threshold), num(n.zero),
				num(n.count), num(n.sum), n.positive, n.negative, n.bounds)
		}
	}
}

// totals prints the totals of the views that have them.
func (o *output) totals(views []*view, q question) {
	for _, v := range views {
		if v.kind != counterKind && v.kind != histogramKind || v.heavy && !q.heavy {
			continue
		}
		list := v.totals(q.moment)
		o.in(q.section + "totals")
		o.printf("%s %s totals=%d", o.at(q.now), v.name, len(list))
		o.series(list)
	}
}

// everything prints all families.
func (o *output) everything(f *fleet, v *view, q question) {
	all, err := f.everything(v, q.moment)
	for _, x := range []struct {
		section string
		list    []series
	}{
		{"every counter", all.counters}, {"every gauge", all.gauges}, {"every histogram", all.histograms}, {"every single", all.single},
	} {
		o.in(q.section + x.section)
		o.header(o.at(q.now)+" "+x.section, nil, err)
		o.series(x.list)
	}
}

// fleet prints what is known of the fleet besides the views' answers.
func (o *output) fleet(f *fleet, q question) {
	at := o.at(q.now)
	o.in(q.section + "instances")
	for _, x := range f.instances(q.moment) {
		o.printf("%s %s targets=%v lives=%d first=%s last=%s start=%s%s", at, x.name, x.targets, x.incarnations, o.at(x.first), o.at(x.last),
			o.at(x.start), flags("stale gone alternating", x.stale, x.gone, x.alternating))
	}
	h, events := f.health(q.moment)
	o.in(q.section + "health")
	o.printf("%s %v instances=%d gone=%d lines=%d", at, h.coverage, h.instances, h.gone, h.lines)
	for i, v := range f.views {
		if v.kind != gaugeKind && (q.heavy || !strings.HasPrefix(v.name, familyPrefix)) {
			o.printf("%s %s%s", at, v.name, eventsText(events[i]))
		}
	}
	if !q.heavy {
		return
	}
	o.in(q.section + "status")
	for _, v := range f.views {
		s := v.status()
		slices.Sort(s.excluded)
		o.printf("%s %s instances=%d exposing=%d selected=%d series=%d groups=%d types=%v excluded=%v", at, v.name, s.instances, s.exposing,
			s.selected, s.series, s.groups, s.types, s.excluded)
	}
	o.in(q.section + "families")
	for _, x := range f.families() {
		o.printf("%s %s type=%s unit=%q instances=%d others=%d help=%q", at, x.name, x.typ, x.unit, x.instances, x.others, x.help)
	}
}
