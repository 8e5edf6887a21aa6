package roster_test

import (
	"testing"
	"time"

	metrics "github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/promfold/promfold/internal/lines"
	"github.com/promfold/promfold/internal/roster"
	"github.com/promfold/promfold/internal/saved"
)

// kept is all of this package that is saved.
type kept struct {
	entries map[string]*roster.Entry
	left    roster.Left
	shrunk  []roster.Shrunk
}

func (x *kept) code(c *saved.Codec) {
	roster.CodeEntries(c, &x.entries)
	x.left.Code(c)
	saved.List(c, &x.shrunk, 6, func(s *roster.Shrunk) { s.Code(c) })
}

func (x *kept) written() []byte {
	c := &saved.Codec{}
	x.code(c)
	return c.Out
}

func reread(data []byte) (x kept, ok bool) {
	c := &saved.Codec{In: saved.Read(data)}
	x.code(c)
	rest, ok := c.In.Rest()
	return x, ok && len(rest) == 0
}

func drawEntry(rt *rapid.T) *roster.Entry {
	t := &roster.Entry{Gone: rapid.Bool().Draw(rt, "gone")}
	how := rapid.SampledFrom([]roster.Failure{roster.NoFailure, roster.Unreachable, roster.Unheard}).Draw(rt, "failure")
	if t.Gone {
		b := roster.Book[string, string]{Entries: map[string]*roster.Entry{"t": {}}}
		b.Leave("t", rapid.Int64Range(0, 9).Draw(rt, "left"))
		t = b.Entries["t"]
	}
	t.Restore(rapid.Int64Range(0, 3).Draw(rt, "tried"), how, rapid.Int64().Draw(rt, "down"))
	if t.Told = rapid.Bool().Draw(rt, "told"); t.Told {
		t.Instance = rapid.SampledFrom([]string{"", "a", "b"}).Draw(rt, "instance")
		if rapid.Bool().Draw(rt, "labelled") {
			t.Labels = labels.FromStrings("zone", rapid.SampledFrom([]string{"n", "s"}).Draw(rt, "zone"))
		}
	}
	t.Rank.Priority = rapid.IntRange(-2, 2).Draw(rt, "priority")
	if rapid.Bool().Draw(rt, "dated") {
		t.Rank.Created = time.Unix(rapid.Int64Range(-1e10, 1e10).Draw(rt, "s"), rapid.Int64Range(0, 1e9-1).Draw(rt, "ns"))
	}
	return t
}

// What was written is read back, and written again as the same bytes; nothing
// that was cut is read.
func TestCodeReadsBack(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		x := kept{}
		for _, name := range rapid.SliceOfDistinct(rapid.String(), rapid.ID).Draw(rt, "names") {
			if x.entries == nil {
				x.entries = map[string]*roster.Entry{}
			}
			x.entries[name] = drawEntry(rt)
			x.left.Note(name, rapid.Int64().Draw(rt, "at"))
			x.shrunk = append(x.shrunk, roster.Shrunk{
				Family: &lines.Family{Name: name, Type: metrics.MetricTypeGauge}, At: 3, Until: rapid.Int64().Draw(rt, "until"), Before: 20, Lines: 9,
			})
		}
		x.left.Before, x.left.First, x.left.Opened = rapid.Int64().Draw(rt, "before"), rapid.Int64().Draw(rt, "first"), rapid.Int64().Draw(rt, "opened")
		data := x.written()
		y, ok := reread(data)
		require.True(rt, ok)
		require.Equal(rt, x.left, y.left)
		require.Equal(rt, x.shrunk, y.shrunk)
		require.Len(rt, y.entries, len(x.entries))
		for name, t := range x.entries {
			got := y.entries[name]
			require.True(rt, t.Rank.Created.Equal(got.Rank.Created))
			got.Rank.Created = t.Rank.Created
			require.Equal(rt, t, got)
		}
		require.Equal(rt, data, y.written())
		for cut := range data {
			_, ok := reread(data[:cut])
			require.False(rt, ok)
		}
	})
}

// Damaged bytes are refused and never panic; there is one writing of what is
// read.
func FuzzCode(f *testing.F) {
	var x kept
	x.entries = map[string]*roster.Entry{
		"a": {Description: roster.Description{Told: true, Labels: labels.FromStrings("zone", "z")}},
		"b": {Gone: true, Description: roster.Description{Rank: roster.Rank{Priority: -1, Created: time.Unix(1, 5)}}},
	}
	x.entries["a"].Restore(5, roster.Unheard, 0)
	x.left.Note("c", 7)
	x.shrunk = []roster.Shrunk{{Family: &lines.Family{Name: "f"}, At: 3}}
	f.Add(x.written())
	f.Fuzz(func(t *testing.T, data []byte) {
		if x, ok := reread(data); ok {
			require.Equal(t, data, x.written())
		}
	})
}
