package kept

import (
	"testing"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/promfold/promfold/internal/gauge"
	"github.com/promfold/promfold/internal/growth"
	"github.com/promfold/promfold/internal/judge"
	"github.com/promfold/promfold/internal/layout"
	"github.com/promfold/promfold/internal/saved"
	"github.com/promfold/promfold/internal/window"
)

// groups numbers label sets in the order in which they come.
type groups struct {
	list []labels.Labels
}

func (g *groups) of(ls labels.Labels) int32 {
	for i := range g.list {
		if labels.Equal(g.list[i], ls) {
			return int32(i)
		}
	}
	g.list = append(g.list, ls)
	return int32(len(g.list) - 1)
}

func (g *groups) labels(i int32) labels.Labels { return g.list[i] }

// bed is a view of a kind over instances, as a fleet holds it.
type bed struct {
	kind   growth.Kind
	set    window.Set
	groups groups
	hist   []*window.History
	tables []*window.Table
	mets   []*window.Met
	tracks [][]gauge.Track
}

func (b *bed) bounds() []float64 {
	if b.kind == growth.Histogram {
		return []float64{1, 5}
	}
	return nil
}

// draw makes a bed of a few instances, whose columns come in any order.
func draw(rt *rapid.T, k growth.Kind) *bed {
	b := &bed{kind: k}
	for range rapid.IntRange(0, 3).Draw(rt, "instances") {
		t := window.NewTable(k == growth.Histogram, 0, 0)
		d := t.Draft()
		var l *layout.Layout
		if k == growth.Histogram {
			l = b.set.Layout(b.bounds())
		}
		var tracks []gauge.Track
		for _, code := range rapid.SliceOfNDistinct(rapid.IntRange(0, 9), 0, 4, rapid.ID).Draw(rt, "groups") {
			d.Column(window.Key{Group: b.groups.of(labels.FromStrings("code", string(rune('0'+code)))), Layout: l})
		}
		d.Adopt()
		for i := range t.Cols {
			n := rapid.IntRange(0, 100).Draw(rt, "n")
			if k == growth.Gauge {
				tracks = append(tracks, gauge.Track{Changed: int64(n)})
				tracks[i].Set(1, float64(n), true, 0, 4)
				tracks[i].Set(3, 7, n%2 == 0, 0, 4)
				continue
			}
			t.AddBucket(int32(i), 0, float64(n), 0)
		}
		var met *window.Met
		if k != growth.Gauge && rapid.Bool().Draw(rt, "followed") {
			met = t.Meet(5)
			for i := range t.Cols {
				if k == growth.Counter {
					met.Counter(t, int32(i), &judge.Step{Verdict: judge.First}, 9, window.Meeting{At: 10, First: true})
				}
			}
		}
		b.hist, b.tables, b.mets, b.tracks = append(b.hist, &window.History{}), append(b.tables, t), append(b.mets, met), append(b.tracks, tracks)
	}
	return b
}

func (b *bed) key() string {
	return Key(&growth.Selection{Kind: b.kind, Metric: "m", By: []string{"code"}}, 0, false, "")
}

func (b *bed) view() *View {
	v := &View{Key: b.key()}
	for i, t := range b.tables {
		v.Rows = append(v.Rows, Pack(t, b.mets[i], b.tracks[i], b.hist[i], nil, b.groups.labels))
	}
	if b.kind == growth.Counter {
		v.Ledger.Account(labels.FromStrings("code", "200"))
	}
	return v
}

func (b *bed) fleet() *Fleet {
	return &Fleet{Histories: b.hist, Plain: &window.Set{}, Signed: &window.Set{Signed: true}}
}

func written(f *Fleet, list ...*View) []byte {
	c := &saved.Codec{}
	f.Code(c, &list)
	f.CodeRows(c, list)
	return c.Out
}

func read(f *Fleet, data []byte) (list []*View, ok bool) {
	c := &saved.Codec{In: saved.Read(data)}
	f.Code(c, &list)
	f.CodeRows(c, list)
	rest, ok := c.In.Rest()
	return list, ok && len(rest) == 0
}

// What was kept is unpacked again in another fleet, in which groups have other
// numbers, and packed again as the same bytes; nothing that was cut is read.
func TestReadBack(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		b := draw(rt, rapid.SampledFrom([]growth.Kind{growth.Counter, growth.Gauge, growth.Histogram}).Draw(rt, "kind"))
		data := written(b.fleet(), b.view())
		list, ok := read(b.fleet(), data)
		require.True(rt, ok)
		require.Len(rt, list, 1)
		require.Equal(rt, data, written(b.fleet(), list...))

		other := &bed{kind: b.kind, hist: b.hist}
		other.groups.of(labels.FromStrings("code", "5"))
		for i, r := range list[0].Rows {
			table, met, tracks := r.Unpack(&other.set, b.kind, 0, b.hist[i], other.groups.of)
			require.Equal(rt, b.mets[i] == nil, met == nil)
			require.Len(rt, table.Cols, len(b.tables[i].Cols))
			require.Len(rt, tracks, len(b.tracks[i]))
			other.tables, other.mets, other.tracks = append(other.tables, table), append(other.mets, met), append(other.tracks, tracks)
		}
		require.Equal(rt, data, written(other.fleet(), other.view()))
		for cut := range data {
			_, ok := read(b.fleet(), data[:cut])
			require.False(rt, ok)
		}
	})
}

// A row is a copy: what its table is given later is not in it.
func TestRowsAreCopies(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		b := draw(rt, rapid.SampledFrom([]growth.Kind{growth.Counter, growth.Gauge, growth.Histogram}).Draw(rt, "kind"))
		v := b.view()
		data := written(b.fleet(), v)
		for i, t := range b.tables {
			for col := range t.Cols {
				if b.kind == growth.Gauge {
					b.tracks[i][col].Set(9, -1, true, 0, 4)
					continue
				}
				t.AddBucket(int32(col), 0, 1e300, 0)
			}
		}
		require.Equal(rt, data, written(b.fleet(), v))
	})
}

// Views of one key are one view: what does not decide which rows are kept does
// not show in it.
func TestKey(t *testing.T) {
	where := []*labels.Matcher{labels.MustNewMatcher(labels.MatchEqual, "a", "1"), labels.MustNewMatcher(labels.MatchRegexp, "b", ".+")}
	base := growth.Selection{Metric: "c_total", Where: where, By: []string{"x", "y"}}
	key := func(change func(*growth.Selection)) string {
		s := base
		change(&s)
		return Key(&s, 0, false, "")
	}
	same := key(func(*growth.Selection) {})
	for name, change := range map[string]func(*growth.Selection){
		"suffix":   func(s *growth.Selection) { s.Metric = "c" },
		"order":    func(s *growth.Selection) { s.By = []string{"y", "x", "y"} },
		"matchers": func(s *growth.Selection) { s.Where = []*labels.Matcher{where[1], where[0]} },
	} {
		assert.Equal(t, same, key(change), name)
	}
	seen := map[string]string{"itself": same}
	for name, change := range map[string]func(*growth.Selection){
		"kind":    func(s *growth.Selection) { s.Kind = growth.Gauge },
		"metric":  func(s *growth.Selection) { s.Metric = "d_total" },
		"by":      func(s *growth.Selection) { s.By = []string{"x"} },
		"without": func(s *growth.Selection) { s.By, s.Without = nil, []string{"x", "y"} },
		"where":   func(s *growth.Selection) { s.Where = where[:1] },
		"owner":   func(s *growth.Selection) { s.Rules.Owner = judge.OwnerProcess },
		"births":  func(s *growth.Selection) { s.Rules.BoundBirths = true },
		"wrap":    func(s *growth.Selection) { s.Rules.WrapBits = 32 },
		"type":    func(s *growth.Selection) { s.Type = model.MetricTypeCounter },
	} {
		seen[name] = key(change)
	}
	seen["role"], seen["signed"], seen["past"] = Key(&base, 1, false, ""), Key(&base, 0, true, ""), Key(&base, 0, false, "sum")
	distinct := map[string]bool{}
	for _, k := range seen {
		distinct[k] = true
	}
	assert.Len(t, distinct, len(seen), "%q", seen)
}

// Each view finds its own, in the order in which views of one key were declared.
func TestClaimAndPair(t *testing.T) {
	a, b1, b2 := &View{Key: "a"}, &View{Key: "b"}, &View{Key: "b"}
	list := []*View{b1, a, b2}
	Sort(list)
	require.Equal(t, []*View{a, b1, b2}, list)
	assert.Same(t, b1, Claim(list, "b", nil))
	assert.Same(t, b2, Claim(list, "b", []*View{b1}))
	assert.Nil(t, Claim(list, "b", []*View{b1, b2}))
	assert.Nil(t, Claim(list, "c", nil))

	pairs, alone, ok := Pair(list, []string{"b", "a", "b"})
	assert.True(t, ok)
	assert.Equal(t, -1, alone)
	for i, want := range []*View{b1, a, b2} {
		assert.Same(t, want, pairs[i])
	}
	_, alone, ok = Pair(list, []string{"a", "c"})
	assert.False(t, ok)
	assert.Equal(t, 1, alone, "no view has it")
	_, alone, ok = Pair(list, []string{"a", "b"})
	assert.False(t, ok)
	assert.Equal(t, -1, alone, "one is left over")
}

// Views out of order, and of a kind that is none, are refused.
func TestReadRefuses(t *testing.T) {
	f := &Fleet{Plain: &window.Set{}, Signed: &window.Set{}}
	of := func(metric string) *View {
		return &View{Key: Key(&growth.Selection{Metric: metric}, 0, false, "")}
	}
	_, ok := read(f, written(f, of("a"), of("b")))
	require.True(t, ok)
	for _, list := range [][]*View{{of("b"), of("a")}, {{Key: "\x07\x00\x00"}}, {{Key: ""}}} {
		_, ok := read(f, written(f, list...))
		assert.False(t, ok)
	}
}

// Damaged bytes are refused and never panic; what is read is written again, and
// then as it was.
func FuzzCode(f *testing.F) {
	histories := []*window.History{{}, {}}
	for _, k := range []growth.Kind{growth.Counter, growth.Gauge, growth.Histogram} {
		drawn, b := rapid.Custom(func(rt *rapid.T) *bed { return draw(rt, k) }), &bed{}
		for i := 0; len(b.tables) < 2; i++ {
			b = drawn.Example(i)
		}
		v := b.view()
		v.Rows = v.Rows[:2]
		f.Add(written(&Fleet{Histories: histories, Plain: &window.Set{}, Signed: &window.Set{Signed: true}}, v))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		fleet := func() *Fleet {
			return &Fleet{Histories: histories, Plain: &window.Set{}, Signed: &window.Set{Signed: true}}
		}
		list, ok := read(fleet(), data)
		if !ok {
			return
		}
		again := written(fleet(), list...)
		list, ok = read(fleet(), again)
		require.True(t, ok)
		require.Equal(t, again, written(fleet(), list...))
		for _, v := range list { // it can be used, and what it becomes is read, too
			k, signed := kindOf(v.Key)
			b := &bed{kind: k}
			b.set.Signed = signed
			for i, r := range v.Rows {
				table, met, tracks := r.Unpack(&b.set, k, 0, histories[i], b.groups.of)
				b.tables, b.mets, b.tracks, b.hist = append(b.tables, table), append(b.mets, met), append(b.tracks, tracks), append(b.hist, histories[i])
			}
			next := b.view()
			next.Key, next.Ledger = v.Key, v.Ledger
			_, ok := read(fleet(), written(fleet(), next))
			require.True(t, ok)
		}
	})
}
