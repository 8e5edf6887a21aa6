package main

import (
	"cmp"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"

	"github.com/promfold/promfold/internal/lines"
)

// union is what all shards tell together, each series once.
type union struct {
	series    map[string]told // by labels
	order     []string        // families, in the order of the bodies
	families  map[string][]string
	kind      map[string]*lines.Family
	twice     int            // series that more than one shard tells
	conflicts []string       // of them, those with two values
	shards    map[string]int // by UID: how many tell of the pod
	pods      map[string]pod // by UID
	older     int            // pods that were replaced by one of the same name
}

type told struct {
	sample lines.Sample
	by     string // the first shard
	times  int
}

// unite puts the answers together. Where two shards tell different values of a
// series that of the shard with less frozen counts, then that of the first by name.
func unite(list []*shard) *union {
	u := &union{
		series: map[string]told{}, families: map[string][]string{}, kind: map[string]*lines.Family{},
		shards: map[string]int{}, pods: map[string]pod{},
	}
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
		u.add(s, old)
	}
	slices.Sort(u.conflicts)
	return u
}

// replaced are the UIDs of pods that have a newer namesake: they are gone, and
// the shard that told of them has not noticed.
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

func (u *union) add(s *shard, old map[string]bool) {
	here := map[string]bool{}
	for i, x := range s.content.samples {
		key := s.content.keys[i]
		if here[key] {
			continue // twice in one body
		}
		here[key] = true
		before, ok := u.series[key]
		switch {
		case !ok:
			u.series[key] = told{x, s.name, 1}
			if !old[x.Labels.Get("uid")] {
				u.expose(key, x)
			}
			continue
		case before.times == 1:
			u.twice++
		}
		before.times++
		u.series[key] = before
		if math.Float64bits(before.sample.Value) != math.Float64bits(x.Value) {
			u.conflicts = append(u.conflicts, key)
		}
	}
}

func (u *union) expose(key string, x lines.Sample) {
	name := x.Family.Name
	if _, ok := u.families[name]; !ok {
		u.order = append(u.order, name)
		u.kind[name] = x.Family
	}
	u.families[name] = append(u.families[name], key)
}

// overlapping are the pods that more than one shard tells of.
func (u *union) overlapping() (names []string) {
	for uid, n := range u.shards {
		if n > 1 {
			names = append(names, u.pods[uid].name)
		}
	}
	slices.Sort(names)
	return names
}

// write exposes the union as text, and whether it is all there is.
func (u *union) write(to io.Writer, complete bool) error {
	var b strings.Builder
	b.WriteString("# HELP shards_union_complete Whether nothing is missing, twice or old in what follows.\n# TYPE shards_union_complete gauge\n")
	fmt.Fprintf(&b, "shards_union_complete %d\n", map[bool]int{true: 1}[complete])
	for _, name := range u.order {
		f := u.kind[name]
		if f.Help != "" {
			fmt.Fprintf(&b, "# HELP %s %s\n", name, strings.NewReplacer("\\", `\\`, "\n", `\n`).Replace(f.Help))
		}
		fmt.Fprintf(&b, "# TYPE %s %s\n", name, cmp.Or(string(f.Type), "untyped"))
		for _, key := range u.families[name] {
			writeSample(&b, u.series[key].sample)
		}
	}
	_, err := io.WriteString(to, b.String())
	return err
}

var escape = strings.NewReplacer("\\", `\\`, "\n", `\n`, `"`, `\"`)

func writeSample(b *strings.Builder, s lines.Sample) {
	b.WriteString(s.Name)
	separator := "{"
	s.Labels.Range(func(l labels.Label) {
		if l.Name == model.MetricNameLabel {
			return
		}
		fmt.Fprintf(b, `%s%s="%s"`, separator, l.Name, escape.Replace(l.Value))
		separator = ","
	})
	if separator == "," {
		b.WriteByte('}')
	}
	fmt.Fprintf(b, " %s", strconv.FormatFloat(s.Value, 'g', -1, 64))
	if s.Time != lines.NoTime {
		fmt.Fprintf(b, " %d", s.Time)
	}
	b.WriteByte('\n')
}
