package tally

import (
	"testing"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/promfold/promfold/internal/growth"
	"github.com/promfold/promfold/internal/judge"
)

// A group keeps its number as long as it is used, no two have the same one, and numbers that are free are given again.
func TestGroups(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		x := Groups{Selection: &growth.Selection{}}
		numbers, most := map[string]int32{}, 0
		for range rapid.IntRange(1, 60).Draw(rt, "calls") {
			if rapid.IntRange(0, 5).Draw(rt, "call") == 0 {
				x.Keep(func(mark func(int32)) {
					for _, key := range rapid.Permutation(sortedKeys(numbers)).Draw(rt, "kept") {
						if rapid.Bool().Draw(rt, "used") {
							mark(numbers[key])
							continue
						}
						delete(numbers, key)
					}
				})
			} else {
				ls := named(rapid.IntRange(0, 25).Draw(rt, "group"))
				i := x.Number(ls)
				if known, ok := numbers[ls.Get("g")]; ok {
					require.Equal(rt, known, i)
				}
				numbers[ls.Get("g")] = i
				most = max(most, len(numbers))
			}
			require.Equal(rt, len(numbers), x.Len())
			taken := map[int32]bool{}
			for key, i := range numbers {
				require.Equal(rt, labels.FromStrings("g", key), x.At(i).Labels)
				require.False(rt, taken[i], "two groups have the number %d", i)
				require.Less(rt, int(i), most, "a number is free")
				taken[i] = true
			}
			order := x.sorted()
			require.Len(rt, order, len(x.list), "those that are free, too")
			require.LessOrEqual(rt, len(order), most)
			for i := 1; i < len(order); i++ {
				require.LessOrEqual(rt, labels.Compare(x.list[order[i-1]].Labels, x.list[order[i]].Labels), 0)
			}
		}
	})
}

func sortedKeys(m map[string]int32) []string {
	var keys []string
	for c := 'a'; c <= 'z'; c++ {
		if _, ok := m[string(c)]; ok {
			keys = append(keys, string(c))
		}
	}
	return keys
}

// What a group counts outlives processes if the rules say so, or what is known of its metric.
func TestGroupOutlives(t *testing.T) {
	for owner, want := range map[judge.Owner]bool{judge.OwnerExternal: true, judge.OwnerProcess: false} {
		x := Groups{Selection: &growth.Selection{Rules: judge.Rules{Owner: owner}}}
		assert.Equal(t, want, x.Outlives(x.Number(named(0))))
	}
	x := Groups{Selection: &growth.Selection{Every: true, Known: func(metric string) (judge.Owner, []*labels.Matcher) {
		if metric == "outlives" {
			return judge.OwnerExternal, nil
		}
		return judge.OwnerProcess, nil
	}}}
	for _, metric := range []string{"outlives", "ends"} {
		i := x.Number(labels.FromStrings(model.MetricNameLabel, metric))
		assert.Equal(t, metric == "outlives", x.Outlives(i), metric)
	}
}
