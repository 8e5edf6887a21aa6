package roster_test

import (
	"testing"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/promfold/promfold/internal/lines"
	"github.com/promfold/promfold/internal/roster"
	"github.com/promfold/promfold/internal/saved"
)

// kept is all of this package that is saved.
type kept struct {
	records map[string]roster.Record
	left    roster.Left
	shrunk  []roster.Shrunk
}

func (x *kept) code(c *saved.Codec) {
	roster.CodeRecords(c, &x.records)
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

func drawRecord(rt *rapid.T) (r roster.Record) {
	r.Tried, r.Down, r.Gone = rapid.Int64Range(0, 3).Draw(rt, "tried"), rapid.Int64().Draw(rt, "down"), rapid.Bool().Draw(rt, "gone")
	r.Failure = rapid.SampledFrom([]roster.Failure{roster.NoFailure, roster.Unreachable, roster.Unheard}).Draw(rt, "failure")
	if r.Told = rapid.Bool().Draw(rt, "told"); r.Told {
		r.Instance = rapid.SampledFrom([]string{"", "a", "b"}).Draw(rt, "instance")
		if rapid.Bool().Draw(rt, "labelled") {
			r.Labels = labels.FromStrings("zone", rapid.SampledFrom([]string{"n", "s"}).Draw(rt, "zone"))
		}
	}
	r.Rank.Priority = rapid.IntRange(-2, 2).Draw(rt, "priority")
	if rapid.Bool().Draw(rt, "dated") {
		r.Rank.Created = time.Unix(rapid.Int64Range(-1e10, 1e10).Draw(rt, "s"), rapid.Int64Range(0, 1e9-1).Draw(rt, "ns"))
	}
	return r
}

// What was written is read back, and written again as the same bytes; nothing
// that was cut is read.
func TestCodeReadsBack(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		x := kept{}
		for _, name := range rapid.SliceOfDistinct(rapid.String(), rapid.ID).Draw(rt, "names") {
			if x.records == nil {
				x.records = map[string]roster.Record{}
			}
			x.records[name] = drawRecord(rt)
			x.left.Note(name, rapid.Int64().Draw(rt, "at"))
			x.shrunk = append(x.shrunk, roster.Shrunk{
				Family: &lines.Family{Name: name, Type: model.MetricTypeGauge}, At: 3, Until: rapid.Int64().Draw(rt, "until"), Before: 20, Lines: 9,
			})
		}
		x.left.Before = rapid.Int64().Draw(rt, "before")
		data := x.written()
		y, ok := reread(data)
		require.True(rt, ok)
		require.Equal(rt, x.left, y.left)
		require.Equal(rt, x.shrunk, y.shrunk)
		require.Len(rt, y.records, len(x.records))
		for name, r := range x.records {
			got := y.records[name]
			require.True(rt, r.Rank.Created.Equal(got.Rank.Created))
			got.Rank.Created = r.Rank.Created
			require.Equal(rt, r, got)
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
	x.records = map[string]roster.Record{
		"a": {Tried: 5, Failure: roster.Unheard, Description: roster.Description{Told: true, Labels: labels.FromStrings("zone", "z")}},
		"b": {Gone: true, Description: roster.Description{Rank: roster.Rank{Priority: -1, Created: time.Unix(1, 5)}}},
	}
	x.left.Note("c", 7)
	x.shrunk = []roster.Shrunk{{Family: &lines.Family{Name: "f"}, At: 3}}
	f.Add(x.written())
	f.Fuzz(func(t *testing.T, data []byte) {
		if x, ok := reread(data); ok {
			require.Equal(t, data, x.written())
		}
	})
}

// What two parts know together does not depend on which is asked, and is what
// either knows alone.
func TestLater(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		a, b := drawRecord(rt), drawRecord(rt)
		x, y := a.Later(b), b.Later(a)
		if a.Tried != b.Tried || a.Failure != b.Failure {
			require.Equal(rt, x, y)
		}
		require.Equal(rt, x.Description, y.Description)
		require.Equal(rt, max(a.Tried, b.Tried), x.Tried)
		require.Equal(rt, a, a.Later(a))
	})
	told := roster.Record{Tried: 1, Description: roster.Description{Told: true}}
	left := roster.Record{Tried: 2, Gone: true, Description: roster.Description{Rank: roster.Rank{Priority: 9}}}
	got := told.Later(left)
	assert.True(t, got.Gone && got.Told, "the later attempt, and the description that there is")
	assert.Zero(t, got.Rank.Priority)
	failed := roster.Record{Tried: 1, Failure: roster.Unheard}
	assert.Equal(t, roster.Unheard, told.Later(failed).Failure, "of one time, the failure")
}
