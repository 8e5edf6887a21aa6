package parse

import (
	"io"
	"math"
	"slices"
	"testing"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/textparse"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// truth is what textparse says of a body.
type truth struct {
	series string
	labels string
	typ    model.MetricType
	bits   uint64
	time   int64
}

// oracle reads a body with textparse alone, from its beginning to its end. The
// type is the one in force if it names the series' family.
func oracle(body []byte) ([]truth, error) {
	p := textparse.NewPromParser(slices.Clone(body), labels.NewSymbolTable(), false)
	var (
		out    []truth
		family Family
		ls     labels.Labels
	)
	for {
		entry, err := p.Next()
		if err == io.EOF {
			return out, nil
		}
		if err != nil {
			return nil, err
		}
		switch entry {
		case textparse.EntryType:
			name, typ := p.Type()
			family = Family{Name: string(name), Type: typ}
		case textparse.EntrySeries:
			series, ts, v := p.Series()
			p.Labels(&ls)
			t := truth{string(series), ls.String(), model.MetricTypeUnknown, math.Float64bits(v), NoTime}
			if _, ok := family.role(ls.Get(labels.MetricName)); ok && family.Name != "" {
				t.typ = family.Type
			}
			if ts != nil {
				t.time = *ts
			}
			out = append(out, t)
		}
	}
}

// instance reads bodies and holds each against the oracle.
type instance struct {
	store *Store
	cols  Columns
	was   []truth
}

// staged is what a reader has staged, in the oracle's words.
func staged(r *Reader) []truth {
	var out []truth
	for i := range r.Len() {
		id, _, v, t := r.At(i)
		l := r.store.Line(id)
		out = append(out, truth{"", l.Labels.String(), l.Family.Type, math.Float64bits(v), t})
	}
	return out
}

// held is what columns hold, in the oracle's words.
func held(s *Store, c *Columns) []truth {
	var out []truth
	for i := range c.Len() {
		l := s.Line(c.ID(i))
		out = append(out, truth{"", l.Labels.String(), l.Family.Type, math.Float64bits(c.Value(i)), c.Time(i)})
	}
	return out
}

func withoutText(ts []truth) []truth {
	ts = slices.Clone(ts)
	for i := range ts {
		ts[i].series = ""
	}
	return ts
}

// read reads a body with r and checks everything that can be said of the result.
// It reports whether the body was accepted.
func (in *instance) read(t testing.TB, r *Reader, body []byte) bool {
	t.Helper()
	want, wantErr := oracle(body)
	before := held(in.store, &in.cols)
	given := slices.Clone(body)
	err := r.Read(&in.cols, given, "")
	for i := range given { // the body may be reused
		given[i] = '!'
	}
	require.Equal(t, before, held(in.store, &in.cols), "a read changes nothing")
	if wantErr != nil {
		require.Error(t, err, "textparse: %v\n%q", wantErr, body)
		checkPosition(t, body, err)
		require.Zero(t, r.Len())
		return false
	}
	require.NoError(t, err, "%q", body)
	require.Equal(t, withoutText(want), staged(r), "%q", body)
	in.checkDifference(t, r, want)
	r.Commit(&in.cols)
	require.Equal(t, withoutText(want), held(in.store, &in.cols), "after the commit")
	in.was = want
	return true
}

// checkDifference holds positions, changes and departures against the lists
// before and after.
func (in *instance) checkDifference(t testing.TB, r *Reader, want []truth) {
	t.Helper()
	var changed, gone, dups []uint32
	used := make([]bool, in.cols.Len())
	seen := map[ID]bool{}
	structural := r.Len() != in.cols.Len()
	for pos := range want {
		id, old, _, _ := r.At(pos)
		if seen[id] {
			dups = append(dups, uint32(pos))
		}
		seen[id] = true
		structural = structural || old != pos
		if old < 0 {
			changed = append(changed, uint32(pos))
			continue
		}
		require.False(t, used[old], "one old position, one new")
		used[old] = true
		require.Equal(t, in.cols.ID(old), id)
		if in.was[old].bits != want[pos].bits || in.was[old].time != want[pos].time {
			changed = append(changed, uint32(pos))
		}
	}
	for old, u := range used {
		if !u {
			gone = append(gone, uint32(old))
			require.False(t, seen[in.cols.ID(old)] && len(dups) == 0, "a line that is there is not gone")
		}
	}
	require.True(t, slices.Equal(changed, r.Changed()), "changed: %v, want %v", r.Changed(), changed)
	require.True(t, slices.Equal(gone, r.Gone()), "gone: %v, want %v", r.Gone(), gone)
	require.True(t, slices.Equal(dups, r.Duplicates()), "dups: %v, want %v", r.Duplicates(), dups)
	require.Equal(t, structural, r.Structural())
}

func checkPosition(t testing.TB, body []byte, err error) {
	t.Helper()
	var at *Error
	require.ErrorAs(t, err, &at)
	require.True(t, 0 <= at.Offset && at.Offset <= len(body), "%+v", at)
	line, column := 1, 1
	for _, c := range body[:at.Offset] {
		column++
		if c == '\n' {
			line, column = line+1, 1
		}
	}
	assert.Equal(t, line, at.Line)
	assert.Equal(t, column, at.Column)
	assert.LessOrEqual(t, len(at.Text), shownText+2*len("…"))
	assert.Less(t, len(at.Error()), 1000)
}
