package main

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// finding is one problem, with its shards and some of its objects.
type finding struct {
	Kind    string   `json:"kind"`
	Shards  []string `json:"shards,omitempty"`
	Objects []string `json:"objects,omitempty"` // the first few
	Count   int      `json:"count,omitempty"`   // of objects
	Text    string   `json:"text"`
}

// The kinds of findings. With one of the first group something is missing or
// old, and the total is withheld. With one of the second group the total counts
// each object once.
const (
	silent     = "silent"     // a shard does not answer
	frozen     = "frozen"     // a shard exposes an old state
	cutOff     = "cut off"    // a shard reports failed watches
	partial    = "partial"    // a shard lost many objects at once: it is listing again
	gap        = "gap"        // some objects belong to no shard
	incomplete = "incomplete" // there are more pods than the shards expose
	unproven   = "unproven"   // too few pods to prove a shard's setting

	overlap   = "overlap"   // some objects are in several bodies
	duplicate = "duplicate" // two shards have one setting
	totals    = "totals"    // shards disagree on the number of shards
	conflict  = "conflict"  // two shards expose different values of one series
	declared  = "declared"  // a shard declares a setting that it does not follow
)

var withheld = []string{silent, frozen, cutOff, partial, gap, incomplete, unproven}

// slack is the part of the pods that may be missing for a moment, since shards
// and API server are not scraped at the same time.
const slack = 0.02

// named is the number of objects that a finding names.
const named = 3

// judge returns the problems of a round.
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
			add(frozen, one, "%s%s exposes the same%s as at %s, while %d objects of other shards changed", s.name, s.known(), of, q.since.UTC().Format(time.TimeOnly), len(q.missed))
		}
		if s.cutOff {
			add(cutOff, one, "%s%s reports failed watches", s.name, s.known())
		}
		if s.partial {
			add(partial, one, "%s lost %d pods at once: it is probably listing them again", s.name, s.fell)
		}
		if s.content != nil && s.by == "" {
			add(unproven, one, "%s exposes too few pods to prove its setting", s.name)
		}
		if s.by == "uids" && s.told != nil && s.told.known && s.told.declared != s.setting {
			add(declared, one, "%s declares that it is shard %s, but the UIDs prove that it is %s", s.name, s.told.declared, s.setting)
		}
	}
	out = append(out, judgeSettings(list)...)
	objects(overlap, "%d pods are exposed by several shards", u.overlapping())
	if u.twice > 0 && len(u.overlapping()) == 0 {
		add(overlap, nil, "%d series are exposed by several shards", u.twice)
	}
	objects(conflict, "%d series have different values", u.conflicts)
	if s != nil {
		if missing := s.missing(u); float64(missing) > slack*float64(s.pods) {
			out = append(out, finding{Kind: incomplete, Count: missing, Text: fmt.Sprintf("%d of %d pods that the API server has are exposed by no shard", missing, s.pods)})
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

// known returns the setting in words, or nothing if it is unknown.
func (s *shard) known() string {
	if s.by == "" {
		return ""
	}
	return fmt.Sprintf(" (shard %s)", s.setting)
}

// judgeSettings returns the problems that the settings alone show. With a
// consistent hash they determine which part of all objects is missing and which
// is exposed twice.
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
		out = append(out, finding{Kind: totals, Text: "the shards disagree on the number of shards: " + strings.Join(parts, ", ")})
	}
	_, expected := shares(answering)
	for _, s := range answering {
		if names := by[s]; len(names) > 1 {
			out = append(out, finding{Kind: duplicate, Shards: names,
				Text: fmt.Sprintf("%s have the same setting %s: %.1f%% of all objects are exposed twice", strings.Join(names, " and "), s, 100*expected)})
			delete(by, s)
		}
	}
	// A silent shard owns its objects, too: they are reported as silent.
	if missing, _ := shares(all); missing > 0 {
		out = append(out, finding{Kind: gap, Text: fmt.Sprintf("%.1f%% of all objects belong to no shard%s", 100*missing, vacant(all))})
	}
	return out
}

// vacant names the settings that no shard has, if all agree on the total.
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
	return ": no shard is " + strings.Join(missing, ", ")
}
