package roster_test

import (
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/promfold/promfold/internal/roster"
)

type book = roster.Book[string, string]

const minute = int64(time.Minute / time.Millisecond)

var errDown = errors.New("down")

func told(priority int) roster.Description {
	return roster.Description{Told: true, Rank: roster.Rank{Priority: priority}}
}

func nobody(func(string, roster.Places) bool) {}

// find returns an address of the book.
func find(b *book, version uint64, placed iter.Seq2[string, roster.Places], name string) *roster.Address[string, string] {
	list := b.Addresses(version, placed)
	i := slices.IndexFunc(list, func(a roster.Address[string, string]) bool { return a.Name == name })
	if i < 0 {
		return nil
	}
	return &list[i]
}

func always(string) bool { return true }

func TestBookExpects(t *testing.T) {
	for _, c := range []struct {
		what             string
		do               func(*book)
		now              int64
		expected, failed bool
	}{
		{"never heard of", func(b *book) { b.Entry("a") }, 1, false, false},
		{"described", func(b *book) { b.Describe("a", told(0)) }, 1, true, false},
		{"tried lately", func(b *book) { b.Entry("a").Seen(1) }, 1, true, false},
		{"tried an hour ago", func(b *book) { b.Entry("a").Seen(1) }, 2 + roster.Learnt, false, false},
		{"failed", func(b *book) { b.Entry("a").Fail(1, roster.Unheard, errDown) }, 1, true, true},
		{"failed and came back", func(b *book) { b.Entry("a").Fail(1, roster.Unheard, errDown); b.Entry("a").Seen(2) }, 2, true, false},
		{"a scrape older than the failure", func(b *book) { b.Entry("a").Fail(2, roster.Unheard, errDown); b.Entry("a").Seen(1) }, 2, true, true},
		{"a failure older than the scrape", func(b *book) { b.Entry("a").Seen(2); b.Entry("a").Fail(1, roster.Unheard, errDown) }, 2, true, false},
		{"left", func(b *book) { b.Describe("a", told(0)); b.Leave("a", 5) }, 5, false, false},
		{"tried after it left", func(b *book) { b.Entry("a").Seen(9); b.Leave("a", 5) }, 9, true, false},
		{"one of the set", func(b *book) { b.Expect(); b.Describe("a", told(0)) }, 1, true, false},
		{"none of the set", func(b *book) { b.Entry("a").Seen(1); b.Expect() }, 1, false, false},
	} {
		b := &book{}
		c.do(b)
		a := find(b, 1, nobody, "a")
		require.NotNil(t, a, c.what)
		assert.Equal(t, c.expected, b.Expects(a, c.now, always), c.what)
		assert.Equal(t, c.failed, a.Failed(c.now), c.what)
	}
}

// Of several addresses of one process, those that do not speak for it are not
// expected, unless the program named them.
func TestBookAliases(t *testing.T) {
	b := &book{}
	b.Entry("a").Seen(1)
	b.Entry("b").Seen(1)
	placed := maps.All(map[string]roster.Places{"x": {Names: []string{"a", "b"}, Own: 1}, "y": {Names: []string{"b", "a"}, Own: 1}})
	speaks := func(in string) bool { return in == "x" }
	assert.True(t, b.Expects(find(b, 1, placed, "a"), 1, speaks))
	assert.False(t, b.Expects(find(b, 1, placed, "b"), 1, speaks))
	assert.ElementsMatch(t, []string{"x", "y"}, find(b, 1, placed, "b").Behind)
	assert.Equal(t, []string{"y"}, find(b, 1, placed, "b").Own())
	b.Expect()
	b.Describe("b", told(0))
	assert.True(t, b.Expects(find(b, 2, placed, "b"), 1, speaks))
}

func TestBookKeepsTheRank(t *testing.T) {
	b := &book{}
	assert.False(t, b.Describe("a", told(3)))
	left, stranger := b.Leave("a", 5)
	assert.True(t, left)
	assert.True(t, stranger)
	assert.Equal(t, 3, b.Rank([]string{"a"}).Priority)
	assert.False(t, b.Entries["a"].Told)
	d := told(1)
	d.Labels = labels.FromStrings("zone", "z")
	assert.True(t, b.Describe("a", d), "it has other labels")
	assert.Equal(t, d.Labels, b.Labels("a"))
	assert.False(t, b.Left([]string{"a"}))
}

func TestLater(t *testing.T) {
	a, b := &roster.Entry{}, &roster.Entry{}
	assert.Same(t, b, roster.Later(nil, b))
	a.Seen(2)
	b.Seen(1)
	b.Description = told(7)
	got := roster.Later(a, b)
	assert.Equal(t, int64(2), got.Tried())
	assert.Equal(t, 7, got.Rank.Priority)
}

// Failures at ever new addresses do not fill the book, and what was described or
// leads somewhere stays.
func TestBookForgetsStrangers(t *testing.T) {
	b := &book{}
	b.Describe("described", told(0))
	b.Entry("reached").Seen(1)
	dropped := 0
	for i := range 30_000 {
		name := fmt.Sprint(i)
		b.MeetStranger(name, 1, minute, slices.Values([]string{"reached"}), func(string) { dropped++ })
		b.Entry(name).Fail(1, roster.Unreachable, errDown)
	}
	assert.LessOrEqual(t, len(b.Entries), 10_010)
	assert.Equal(t, 30_002, dropped+len(b.Entries))
	assert.Contains(t, b.Entries, "described")
	assert.Contains(t, b.Entries, "reached")
}

// However long the names are, they take a few megabytes; and what the book says it
// holds is what it would say if it were read anew.
func TestLongNamesTakeTheRoomOfMany(t *testing.T) {
	b := &book{}
	for i := range 2000 {
		name := fmt.Sprintf("%d%s", i, strings.Repeat("x", 16<<10-5))
		b.MeetStranger(name, 1, minute, slices.Values[[]string](nil), func(string) {})
		b.Entry(name).Fail(1, roster.Unreachable, errDown)
		require.Less(t, b.Bytes(), int64(4<<20))
	}
	held := b.Bytes()
	assert.Greater(t, held, int64(1<<20))
	b.Restore(b.Entries)
	assert.Equal(t, held, b.Bytes())
}

// fact is what the naive model knows of an address: all that happened, in order.
type fact struct {
	what string // described, left, seen, failed
	at   int64
}

// model keeps what happened at each address, and answers by reading it all.
type model struct {
	facts    map[string][]fact
	given    map[string]bool
	reached  map[string]bool
	balanced map[string]bool
}

// read returns what the facts of an address add up to.
func (m *model) read(name string) (tried int64, failed, described, gone bool) {
	for _, x := range m.facts[name] {
		switch x.what {
		case "described":
			described, gone = true, false
		case "left":
			if x.at >= tried {
				described, gone = false, true
			}
		case "seen":
			if x.at >= tried {
				failed = false // one that comes in after a later failure was told does not undo it
			}
			tried = max(tried, x.at)
		case "failed":
			if x.at >= tried {
				tried, failed = x.at, true
			}
		}
	}
	return tried, failed, described, gone
}

func (m *model) expected(name string, now int64) bool {
	if m.given != nil {
		return m.given[name]
	}
	tried, _, described, gone := m.read(name)
	return !gone && (described || tried != 0 && now-tried <= 60*minute)
}

func (m *model) failed(name string, now int64) bool {
	tried, failed, described, gone := m.read(name)
	return failed && !gone && (described || m.given[name] || m.balanced[name] || m.reached[name] || now-tried <= 60*minute)
}

func (m *model) forget(now, reach int64) {
	for name := range m.facts {
		tried, _, described, gone := m.read(name)
		horizon := reach
		if !gone {
			horizon = max(reach, 60*minute)
		}
		if tried != 0 && now-tried > horizon && !described && !m.reached[name] && !m.balanced[name] {
			delete(m.facts, name)
		}
	}
}

// A book says of each address what a list of all that happened says: targets
// described, moved, removed, tried, failed and forgotten, in any order.
func TestBookAgainstTheModel(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		b := &book{}
		m := &model{facts: map[string][]fact{}, reached: map[string]bool{}, balanced: map[string]bool{}}
		names := rapid.SampledFrom([]string{"a", "b", "c", "d"})
		now, reach, version := minute, 5*minute, uint64(0)
		add := func(name, what string, at int64) { m.facts[name] = append(m.facts[name], fact{what, at}) }
		for range rapid.IntRange(1, 30).Draw(rt, "steps") {
			now += rapid.SampledFrom([]int64{0, 1, minute, 20 * minute, 61 * minute}).Draw(rt, "pass")
			name, at := names.Draw(rt, "name"), now-rapid.SampledFrom([]int64{0, 0, 2 * minute}).Draw(rt, "late")
			switch rapid.SampledFrom([]string{"describe", "set", "leave", "see", "fail", "move", "balance", "forget"}).Draw(rt, "step") {
			case "describe":
				b.Describe(name, told(0))
				if m.given != nil {
					m.given[name] = true
				}
				add(name, "described", at)
			case "set":
				list := rapid.SliceOfDistinct(names, rapid.ID).Draw(rt, "set")
				b.Expect()
				m.given = map[string]bool{}
				for _, name := range list {
					b.Describe(name, told(0))
					m.given[name] = true
					add(name, "described", now)
				}
				for _, name := range b.Unexpected() {
					b.Leave(name, now)
				}
				for name := range m.facts {
					if !m.given[name] {
						add(name, "left", now)
					}
				}
			case "leave":
				delete(b.Expected, name)
				delete(m.given, name)
				if b.Leave(name, at); m.facts[name] != nil {
					add(name, "left", at)
				}
			case "see":
				b.Entry(name).Seen(at)
				add(name, "seen", at)
			case "fail":
				b.Entry(name).Fail(at, roster.Unreachable, errDown)
				add(name, "failed", at)
			case "move":
				if m.reached[name] = !m.reached[name] && m.facts[name] != nil; !m.reached[name] {
					delete(m.reached, name)
				}
			case "balance":
				if b.Entries[name] != nil {
					b.Balance(name, name)
					m.balanced[name] = true
				}
			case "forget":
				b.Forget(now, reach, maps.Keys(m.reached), func(string) {})
				m.forget(now, reach)
			}
			version++
			require.ElementsMatch(rt, slices.Collect(maps.Keys(m.facts)), slices.Collect(maps.Keys(b.Entries)))
			placed := func(yield func(string, roster.Places) bool) {
				for name := range m.reached {
					if !yield("at "+name, roster.Places{Names: []string{name}, Own: 1}) {
						return
					}
				}
			}
			for name := range m.facts {
				a := find(b, version, placed, name)
				require.Equal(rt, m.expected(name, now), b.Expects(a, now, always), "%s is expected", name)
				require.Equal(rt, m.failed(name, now), a.Failed(now), "%s failed", name)
				require.Equal(rt, m.balanced[name], a.Balanced)
			}
		}
	})
}

func TestWhoAnswersWhere(t *testing.T) {
	type in struct{ name string }
	a, b := &in{"a"}, &in{"b"}
	var x roster.Book[int, *in]
	require.Empty(t, x.At("t"))
	x.Part([]string{"t"}, a)
	x.Meet("t", a)
	x.Meet("t", b)
	x.Meet("u", a)
	require.Equal(t, []*in{a, b}, x.At("t"))
	x.Part([]string{"t", "u"}, a)
	require.Equal(t, []*in{b}, x.At("t"))
	require.Empty(t, x.At("u"))
}
