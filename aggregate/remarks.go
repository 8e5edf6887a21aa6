package aggregate

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/promfold/promfold/internal/growth"
	"github.com/promfold/promfold/internal/judge"
	"github.com/promfold/promfold/internal/window"
)

// eventWords turns the events of a group into words.
type eventWords map[remark]map[string]int

type remark struct {
	verdict judge.Verdict
	flags   judge.Doubt
	quirk   growth.Quirk
}

func (r eventWords) add(name string, e *window.Event) {
	k := remark{e.Verdict, e.Doubt, e.Quirk}
	if e.Verdict == judge.Gap || e.Verdict == judge.Returned {
		k.flags &= judge.Gapped // the rest makes no difference in words
	}
	if r[k] == nil {
		r[k] = map[string]int{}
	}
	r[k][name] += e.N
}

// words returns the remarks, each with the instances it is about.
func (r eventWords) words() []string {
	var list []string
	for k, members := range r {
		text := remarkText(k)
		if text == "" {
			continue
		}
		list = append(list, counted(text, members))
	}
	slices.Sort(list)
	return list
}

// counted formats a text with a number and the names of instances.
func counted(text string, members map[string]int) string {
	n, names := 0, make([]string, 0, len(members))
	for name, m := range members {
		n += m
		names = append(names, name)
	}
	slices.Sort(names)
	if len(names) > 3 {
		names = append(names[:3], fmt.Sprintf("%d more", len(names)-3))
	}
	return fmt.Sprintf(text, n) + ": " + strings.Join(names, ", ")
}

func remarkText(k remark) string {
	switch {
	case k.quirk != growth.NoQuirk:
		return quirkTexts[k.quirk]
	case k.verdict == judge.Returned:
		return "%d series were missing for a while"
	case k.flags&judge.Masked != 0:
		return "%d series did not fall when their process restarted; a masked reset is possible"
	case k.flags&judge.Glitch != 0:
		return "%d series fell and came back; a glitch is suspected"
	}
	switch unproven := k.flags&judge.Unproven != 0; {
	case k.verdict == judge.Reset && unproven:
		return "%d series fell without a restart; taken as reset"
	case k.verdict == judge.Reset:
		return "%d series reset by a restart; growth between the last scrape and the restart is unknown"
	case k.verdict == judge.Born && unproven:
		return "%d series appeared; taken as born since the scrape before"
	case k.verdict == judge.Gap && k.flags&judge.Gapped != 0:
		return "%d series vanished; what they counted last is unknown"
	case k.verdict == judge.Gap:
		return "%d readings were not counts"
	case k.verdict == judge.Jitter:
		return "%d series fell by less than the tolerance"
	}
	return ""
}

var quirkTexts = [...]string{
	growth.NoSum:     "%d sums missing or not finite; no mean",
	growth.Torn:      "%d histograms read while being written; their buckets repaired",
	growth.NewLayout: "%d histograms changed their buckets; growth at the change is known at the bounds that both have",
	growth.Malformed: "%d histograms with impossible counts, left out",
	growth.Doubled:   "%d series stand in the body several times with different values; the first counts",
}

// identities returns the doubts about who is who, which concern every answer of
// the fleet.
func (f *Fleet) identities(e int64) []note {
	var list []note
	for _, b := range f.balancers {
		for _, text := range b.words() {
			list = append(list, note{f.labelsAt(b.target), text})
		}
	}
	for _, in := range f.ordered {
		if in.alternates && in.pool == nil {
			list = append(list, note{in.labels, in.name + " reaches several processes: declare it as balanced"})
		}
		if in.Twins != nil && f.counts(in, e) {
			others := slices.DeleteFunc(in.addresses(), func(t string) bool { return t == in.name })
			list = append(list, note{in.labels, fmt.Sprintf("%s and %s are one process, counted once", in.name, strings.Join(others, ", "))})
		}
		for _, x := range in.Suspicions {
			if x.A == in && x.Possible() && !f.departed(x.A, e) && !f.departed(x.B, e) && (in.Twins == nil || in.Twins != x.B.Twins) {
				list = append(list, note{in.labels,
					fmt.Sprintf("possible duplicate: %s and %s have one start time and one set of series, both are counted", x.A.name, x.B.name)})
			}
		}
	}
	slices.SortFunc(list, func(a, b note) int { return cmp.Compare(a.text, b.text) })
	return list
}

// words says how many of the instances behind the balancer were met.
func (b *balanced) words() []string {
	met, blind := 0, []string{}
	for _, m := range b.Members {
		if m.pool != b || b.live(m) {
			met++
		}
		if m.pool == b && !m.start.Known() {
			blind = append(blind, m.name)
		}
	}
	of := "how many there are is not known"
	if b.Expected > 0 {
		of = fmt.Sprintf("%d expected", b.Expected)
	}
	list := []string{fmt.Sprintf("%s: %d instances met, %s; increases are lower bounds", b.target, met, of)}
	if b.Unclear > 0 {
		list = append(list, fmt.Sprintf("%s: %d scrapes are ambiguous and count for none", b.target, b.Unclear))
	}
	if len(blind) > 0 {
		list = append(list, fmt.Sprintf("%s: ambiguous without a start time, an idle twin would not show", strings.Join(blind, ", ")))
	}
	return list
}
