package main

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// finding is one thing that is wrong, with the shards and some of the objects
// that it is about.
type finding struct {
	Kind    string   `json:"kind"`
	Shards  []string `json:"shards,omitempty"`
	Objects []string `json:"objects,omitempty"` // at most a few
	Count   int      `json:"count,omitempty"`   // how many objects
	Text    string   `json:"text"`
}

// The kinds of findings. After those of the first group something is missing
// or old, and there is no total; after the others there is one, in which
// each object counts once.
const (
	silent     = "silent"     // a shard does not answer
	frozen     = "frozen"     // a shard tells what was
	cutOff     = "cut off"    // a shard says that it cannot watch
	partial    = "partial"    // a shard lost many objects at once: it lists anew
	gap        = "gap"        // some objects are no shard's
	incomplete = "incomplete" // there are more pods than the shards tell of
	unproven   = "unproven"   // too few pods to know a shard's setting

	overlap   = "overlap"   // some objects are in several bodies
	duplicate = "duplicate" // two shards have one setting
	totals    = "totals"    // shards do not agree on how many they are
	conflict  = "conflict"  // two shards tell different values of one series
	declared  = "declared"  // a shard does other than it says
)

var withheld = []string{silent, frozen, cutOff, partial, gap, incomplete, unproven}

// slack is which part of the pods may be missing for a moment: the shards and
// the API are not asked at one time.
const slack = 0.02

// named is how many objects a finding names.
const named = 3

// judge says what is wrong with a round.
func judge(list []*shard, u *union, s *stored) (out []finding) {
	add := func(kind string, shards []string, text string, args ...any) {
		out = append(out, finding{Kind: kind, Shards: shards, Text: fmt.Sprintf(text, args...)})
	}
	objects := func(kind, text string, names []string) {
		if len(names) > 0 {
			out = append(out, finding{kind, nil, names[:min(named, len(names))], len(names), fmt.Sprintf(text, len(names))})
		}
	}
	for _, s := range list {
		one := []string{s.name}
		if s.content == nil {
			add(silent, one, "%s%s does not answer: %s", s.name, s.known(), s.failure)
		}
		if len(s.frozen) > 0 {
			q, of := s.quiet[s.frozen[0]], ""
			if s.frozen[0] != "" {
				of = " of " + strings.Join(s.frozen, ", ")
			}
			add(frozen, one, "%s%s tells the same%s as at %s, while %d objects of others changed", s.name, s.known(), of, q.since.UTC().Format(time.TimeOnly), len(q.missed))
		}
		if s.cutOff {
			add(cutOff, one, "%s%s says that its watches fail", s.name, s.known())
		}
		if s.partial {
			add(partial, one, "%s lost %d pods at once: it is probably listing them anew", s.name, s.fell)
		}
		if s.content != nil && s.by == "" {
			add(unproven, one, "%s tells of too few pods to prove which shard it is", s.name)
		}
		if s.by == "uids" && s.told != nil && s.told.known && s.told.declared != s.setting {
			add(declared, one, "%s says that it is shard %s, the UIDs prove that it is %s", s.name, s.told.declared, s.setting)
		}
	}
	out = append(out, judgeSettings(list)...)
	objects(overlap, "%d pods are told of by several shards", u.overlapping())
	if u.twice > 0 && len(u.overlapping()) == 0 {
		add(overlap, nil, "%d series are told by several shards", u.twice)
	}
	objects(conflict, "%d series have two values", u.conflicts)
	if s != nil {
		if missing := s.missing(u); float64(missing) > slack*float64(s.pods) {
			out = append(out, finding{Kind: incomplete, Count: missing, Text: fmt.Sprintf("%d of %d pods that the API has are told of by no shard", missing, s.pods)})
		}
	}
	return out
}

func (s *stored) missing(u *union) int {
	if s.uids == nil {
		return s.pods - (len(u.pods) - u.older)
	}
	n := 0
	for uid := range s.uids {
		if u.shards[uid] == 0 {
			n++
		}
	}
	return n
}

// known is the setting in words, where there is one.
func (s *shard) known() string {
	if s.by == "" {
		return ""
	}
	return fmt.Sprintf(" (shard %s)", s.setting)
}

// judgeSettings tells what the settings alone say: with a consistent hash they
// determine which part of all objects is missing and which is told twice.
func judgeSettings(list []*shard) (out []finding) {
	var answering, all []setting
	by := map[setting][]string{}
	of := map[int][]string{}
	for _, s := range list {
		if s.by == "" {
			return nil
		}
		all = append(all, s.setting)
		if s.content != nil {
			answering = append(answering, s.setting)
			by[s.setting] = append(by[s.setting], s.name)
			of[s.setting.Total] = append(of[s.setting.Total], s.name)
		}
	}
	if len(of) > 1 {
		var parts []string
		for _, s := range list {
			if s.content != nil {
				parts = append(parts, s.name+" "+s.setting.String())
			}
		}
		out = append(out, finding{Kind: totals, Text: "the shards do not agree on how many they are: " + strings.Join(parts, ", ")})
	}
	_, expected := shares(answering)
	for _, s := range answering {
		if names := by[s]; len(names) > 1 {
			out = append(out, finding{Kind: duplicate, Shards: names,
				Text: fmt.Sprintf("%s are one and the same shard %s: %.1f%% of all objects are told twice", strings.Join(names, " and "), s, 100*expected)})
			delete(by, s)
		}
	}
	// What only silent shards would tell of is theirs to answer for.
	if missing, _ := shares(all); missing > 0 {
		out = append(out, finding{Kind: gap, Text: fmt.Sprintf("%.1f%% of all objects are no shard's%s", 100*missing, vacant(all))})
	}
	return out
}

// vacant names the settings that nobody has, where all agree on the total.
func vacant(all []setting) string {
	var missing []string
	for _, s := range all {
		if s.Total != all[0].Total {
			return ""
		}
	}
	for i := range all[0].Total {
		if s := (setting{i, all[0].Total}); !slices.Contains(all, s) {
			missing = append(missing, s.String())
		}
	}
	return ": nobody is shard " + strings.Join(missing, ", ")
}
