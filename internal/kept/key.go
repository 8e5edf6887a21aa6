package kept

import (
	"slices"
	"strings"

	"github.com/promfold/promfold/internal/growth"
	"github.com/promfold/promfold/internal/saved"
)

// Key says what decides which rows a view keeps, as bytes: two views of one key
// are the same. role is what the view is needed for, past what is kept of a
// gauge's values over time.
func Key(s *growth.Selection, role uint8, signed bool, past string) string {
	name := s.Metric
	if s.Kind == growth.Counter {
		name = strings.TrimSuffix(name, "_total")
	}
	b := saved.Text(saved.Bool(saved.Uint(saved.Uint(nil, s.Kind), role), signed), name)
	var where []string
	for _, m := range s.Where {
		where = append(where, m.String())
	}
	for _, list := range [][]string{where, s.By, s.Without} {
		list = slices.Compact(slices.Sorted(slices.Values(list)))
		b = saved.Uint(b, len(list))
		for _, x := range list {
			b = saved.Text(b, x)
		}
	}
	bounded := 2 * int(s.Rules.WrapBits)
	if s.Rules.BoundBirths {
		bounded++
	}
	b = saved.Uint(saved.Uint(b, s.Rules.Owner), bounded)
	return string(saved.Text(saved.Text(b, past), string(s.Type)))
}

// kindOf returns the kind of a key's view, and whether its values may be
// negative.
func kindOf(key string) (k growth.Kind, signed bool) {
	if len(key) < 3 || growth.Kind(key[0]) > growth.Histogram {
		return growth.NoKind, false
	}
	return growth.Kind(key[0]), key[2] != 0
}

// Claim returns what was kept for a view, or nil. Of several views of one key the
// first one that is declared has the first; taken are those that were claimed
// before.
func Claim(list []*View, key string, taken []*View) *View {
	i := slices.IndexFunc(list, func(v *View) bool { return v.Key == key && !slices.Contains(taken, v) })
	if i < 0 {
		return nil
	}
	return list[i]
}

// Sort sorts views by key; those of one key stay in their order.
func Sort(list []*View) { slices.SortStableFunc(list, compareKeys) }

func compareKeys(a, b *View) int { return strings.Compare(a.Key, b.Key) }

// Pair returns for each key the view that has it. Else alone is the first key
// that no view has, or −1 if only views are left over; ok is false.
func Pair(list []*View, keys []string) (pairs []*View, alone int, ok bool) {
	for i, key := range keys {
		v := Claim(list, key, pairs)
		if v == nil {
			return nil, i, false
		}
		pairs = append(pairs, v)
	}
	return pairs, -1, len(pairs) == len(list)
}
