package main

import (
	"cmp"
	"io"
	"math"
	"slices"
	"strings"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"

	"github.com/promfold/promfold/aggregate/expose"
	"github.com/promfold/promfold/parse"
)

// union holds what all shards expose together, each series once.
type union struct {
	series    map[uint64]*told // by hash of the labels
	samples   []parse.Sample   // to expose
	twice     int              // series that more than one shard exposes
	conflicts []string         // of them, those with different values
	shards    map[string]int   // number of shards that expose a pod, by UID
	pods      map[string]pod   // by UID
	older     int              // pods that one of the same name replaced
}

// told is a series of the union.
type told struct {
	value float64 // of the first shard
	again bool    // another shard exposes it, too
}

// unite returns the union of the shards that answered. If two shards have
// different values of a series, that of the shard with fewer frozen kinds
// counts; ties go to the first name.
func unite(list []*shard) *union {
	u := &union{series: map[uint64]*told{}, shards: map[string]int{}, pods: map[string]pod{}}
	order := slices.DeleteFunc(slices.Clone(list), func(s *shard) bool { return s.content == nil })
	slices.SortStableFunc(order, func(a, b *shard) int {
		return cmp.Or(cmp.Compare(len(a.frozen), len(b.frozen)), strings.Compare(a.name, b.name))
	})
	for _, s := range order {
		for uid, p := range s.content.pods {
			u.shards[uid]++
			u.pods[uid] = p
		}
	}
	old := u.replaced()
	for _, s := range order {
		u.add(s.content, old)
	}
	slices.Sort(u.conflicts)
	return u
}

// replaced returns the UIDs of pods that have a newer namesake. They are gone,
// and their shard has not noticed yet.
func (u *union) replaced() map[string]bool {
	newest := map[string]string{} // UID by name
	old := map[string]bool{}
	for uid, p := range u.pods {
		other, ok := newest[p.name]
		switch {
		case !ok:
			newest[p.name] = uid
		case cmp.Or(cmp.Compare(u.pods[other].created, p.created), strings.Compare(other, uid)) < 0:
			newest[p.name] = uid
			old[other] = true
		default:
			old[uid] = true
		}
	}
	u.older = len(old)
	return old
}

func (u *union) add(c *content, old map[string]bool) {
	for i, s := range c.samples {
		before := u.series[c.keys[i]]
		if before == nil {
			u.series[c.keys[i]] = &told{value: s.Value}
			if !old[s.Labels.Get("uid")] {
				u.samples = append(u.samples, s)
			}
			continue
		}
		if !before.again {
			before.again = true
			u.twice++
		}
		if math.Float64bits(before.value) != math.Float64bits(s.Value) {
			u.conflicts = append(u.conflicts, s.Labels.String())
		}
	}
}

// overlapping returns the pods that more than one shard exposes.
func (u *union) overlapping() (names []string) {
	for uid, n := range u.shards {
		if n > 1 {
			names = append(names, u.pods[uid].name)
		}
	}
	slices.Sort(names)
	return names
}

var complete = &parse.Family{
	Name: "shards_union_complete", Type: model.MetricTypeGauge,
	Help: "1 if nothing in the union is missing, doubled or old, else 0.",
}

// write exposes the union as text, and whether it is complete.
func (u *union) write(to io.Writer, ok bool) error {
	head := parse.Sample{Family: complete, Name: complete.Name, Labels: labels.FromStrings(model.MetricNameLabel, complete.Name)}
	if ok {
		head.Value = 1
	}
	return expose.Write(to, "text/plain; version=0.0.4", slices.Concat([]parse.Sample{head}, u.samples))
}
