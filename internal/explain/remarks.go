package explain

import (
	"slices"

	"github.com/promfold/promfold/internal/growth"
	"github.com/promfold/promfold/internal/judge"
	"github.com/promfold/promfold/internal/window"
)

// Remarks turns the events of a group into warnings.
type Remarks map[remark]map[string]int

type remark struct {
	verdict judge.Verdict
	flags   judge.Doubt
	quirk   growth.Quirk
	open    bool // of a birth: there is no upper bound
}

// Add adds an event of an instance.
func (r Remarks) Add(name string, e *window.Event) {
	k := remark{e.Verdict, e.Doubt, e.Quirk, e.Verdict == judge.Born && e.Open > 0}
	if e.Verdict == judge.Gap || e.Verdict == judge.Returned {
		k.flags &= judge.Gapped // the rest makes no difference in words
	}
	if r[k] == nil {
		r[k] = map[string]int{}
	}
	r[k][name] += e.N
}

// Words returns the remarks, each with the instances it is about.
func (r Remarks) Words() []string {
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

func remarkText(k remark) string {
	switch {
	case k.quirk != growth.NoQuirk:
		return quirkTexts[k.quirk]
	case k.verdict == judge.Returned:
		return "%d series were missing for a while"
	case k.flags&judge.Masked != 0 && k.verdict == judge.Reset:
		return "%d series fell by little at a restart; taken as read back, so they may have counted more"
	case k.flags&judge.Masked != 0:
		return "%d series did not fall, but their process may have restarted; a reset may be hidden"
	case k.flags&judge.Glitch != 0:
		return "%d series fell and came back; a glitch is suspected"
	}
	switch unproven := k.flags&judge.Unproven != 0; {
	case k.verdict == judge.Reset && unproven:
		return "%d series fell, and nothing proves a reset; how much they counted is not known"
	case k.verdict == judge.Reset:
		return "%d series reset by a restart; growth between the last scrape and the restart is unknown"
	case k.open:
		return "%d series appeared at a restart; what was counted before it since the last scrape is unknown"
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
	growth.Negative:  "%d sums fell while observations were added, so some are negative: View.Signed says so of all",
	growth.Uneven:    "%d histograms whose count and last bucket differ; the bounds hold both",

	growth.Relabelled: "%d series moved from or to another group, as their target got other labels; of which it was what they counted in that step is not known",
}

// Exclusions are the reasons why series are left out of an answer, each with
// the instances it is about.
type Exclusions map[Reason]map[string]int

// Reason says why series are left out, as a format of their number.
type Reason string

// The reasons.
const (
	AnotherType Reason = "%d series of another type, left out"
	NoHistogram Reason = "%d histograms that are not valid, left out"
	NaN         Reason = "%d series are NaN, left out"
	Sentinel    Reason = "%d series have a value that means not known, left out"
	NoSum       Reason = "%d series of which some are +Inf, some −Inf, left out"
	TooGreat    Reason = "%d series whose sum no number holds, left out"
	Unsaid      Reason = "%d series of instances that have several, and View.Within does not say how to combine them; left out"
	NotOne      Reason = "%d series of one instance that should repeat one value differ, left out"
	NoLimit     Reason = "%d series have no limit, left out"
	NoValue     Reason = "%d limits have no value, left out"
	BadValue    Reason = "%d values are not known, left out"
	BadLimit    Reason = "%d limits are not above 0, or not known, left out"
)

// Add adds n series of an instance; 0 changes nothing.
func (x Exclusions) Add(why Reason, name string, n int) {
	if n == 0 {
		return
	}
	if x[why] == nil {
		x[why] = map[string]int{}
	}
	x[why][name] += n
}

// Words returns the reasons, each with the instances it is about.
func (x Exclusions) Words() []string {
	if len(x) == 0 { // nearly always
		return nil
	}
	var list []string
	for why, members := range x {
		list = append(list, counted(string(why), members))
	}
	slices.Sort(list)
	return list
}
