package lines

import (
	"bytes"
	"errors"
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// savedFleet writes the columns of several bodies down.
func savedFleet(t testing.TB, s *Store, cols ...*Columns) []byte {
	t.Helper()
	w := NewSaver(s)
	var body []byte
	for _, c := range cols {
		body = w.AppendColumns(body, c)
	}
	return append(w.AppendTable(nil), body...)
}

var savedBodies = []string{
	"# HELP c Counts.\n# TYPE c counter\nc{a=\"1\"} 1\nc{a=\"2\"} -0\n\n# a comment\nother NaN\nc{a=\"1\"} 3 1700000000000\n",
	"# TYPE h histogram\nh_bucket{le=\"1\"} 1\nh_bucket{le=\"+Inf\"} 2.5\nh_sum +Inf\nh_count 2\nx{le=\"1\"} 1\n# TYPE s summary\ns{quantile=\"0.50\"} 1e300\n",
	"{\"quoted.name\",a=\"\\n\\\"\"} 7\n# TYPE c gauge\nc{a=\"1\"} 5\n",
	"# only a comment\n",
	"",
}

func TestSavedColumnsAreTheSame(t *testing.T) {
	s := NewStore()
	r := NewReader(s, Limits{})
	cols := make([]*Columns, len(savedBodies))
	for i, body := range savedBodies {
		cols[i] = &Columns{}
		require.NoError(t, r.Read(cols[i], []byte(body), ""))
		r.Commit(cols[i])
	}
	data := savedFleet(t, s, cols...)
	other := NewStore()
	reader := NewReader(other, Limits{})
	require.NoError(t, reader.Read(&Columns{}, []byte("something 1\nelse 2\n"), "")) // ids are others
	reader.Discard()
	l, rest, err := NewLoader(other, data)
	require.NoError(t, err)
	back := make([]*Columns, len(cols))
	for i, want := range cols {
		back[i] = &Columns{}
		rest, err = l.Columns(back[i], rest)
		require.NoError(t, err)
		require.Equal(t, want.Len(), back[i].Len())
		assert.Equal(t, want.Duplicates(), back[i].Duplicates())
		for pos := range want.Len() {
			a, b := s.Line(want.ID(pos)), other.Line(back[i].ID(pos))
			assert.Equal(t, a.Labels(), b.Labels())
			assert.Equal(t, []any{a.Name, a.Role, a.Family.Name, a.Family.Type}, []any{b.Name, b.Role, b.Family.Name, b.Family.Type})
			assert.Equal(t, math.Float64bits(a.Bound), math.Float64bits(b.Bound))
			assert.Equal(t, math.Float64bits(want.Value(pos)), math.Float64bits(back[i].Value(pos)))
			assert.Equal(t, want.Time(pos), back[i].Time(pos))
		}
	}
	require.Empty(t, rest)
	assert.Equal(t, data, savedFleet(t, other, back...), "equal columns are equal bytes")

	// What is read next finds its lines: nothing is new, nothing is gone.
	assert.Len(t, other.Sweep(), 2, "all other lines are held")
	for i, body := range savedBodies {
		require.NoError(t, reader.Read(back[i], []byte(body), ""))
		assert.False(t, reader.Structural(), "%q", body)
		assert.Empty(t, reader.Changed(), "%q", body)
		reader.Commit(back[i])
		back[i].Release(other)
	}
	other.Sweep()
	assert.Zero(t, other.Len(), "the references are the columns'")
}

// A line that was read under the comments of a family which nobody has any
// more is found by nobody, before and after.
func TestSavedLineOfALostFamily(t *testing.T) {
	s := NewStore()
	r := NewReader(s, Limits{})
	var c Columns
	body := []byte("# TYPE lost counter\n{\"quoted.name\"} 7\n")
	require.NoError(t, r.Read(&c, body, ""))
	r.Commit(&c)
	id := c.ID(0)
	s.Retain(id)
	c.Release(s)
	s.Sweep()
	w := NewSaver(s)
	require.Zero(t, w.Line(id))
	l, rest, err := NewLoader(s, w.AppendTable(nil))
	require.NoError(t, err)
	require.Empty(t, rest)
	again, ok := l.Line(0)
	require.True(t, ok)
	assert.Equal(t, s.Line(id).Labels(), s.Line(again).Labels())
	_, ok = l.Line(1)
	assert.False(t, ok)
}

func FuzzLoader(f *testing.F) {
	s := NewStore()
	r := NewReader(s, Limits{})
	for _, body := range savedBodies {
		var c Columns
		require.NoError(f, r.Read(&c, []byte(body), ""))
		r.Commit(&c)
		f.Add(savedFleet(f, s, &c))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		s := NewStore()
		l, rest, err := NewLoader(s, data)
		if err != nil {
			require.True(t, errors.Is(err, ErrSaved))
			return
		}
		var c Columns
		if _, err := l.Columns(&c, rest); err != nil {
			require.Equal(t, Columns{}, c)
			return
		}
		data = savedFleet(t, s, &c)
		requireReadBack(t, data)
		// What was read can be used, whatever it is.
		r := NewReader(s, Limits{})
		_ = r.Read(&c, bytes.Repeat([]byte("c{a=\"1\"} 1\n"), 3), "")
		r.Commit(&c)
		requireReadBack(t, savedFleet(t, s, &c))
		c.Release(s)
		s.Sweep()
	})
}

// requireReadBack requires that what was written of columns is read, and written
// again as it was.
func requireReadBack(t *testing.T, data []byte) {
	s := NewStore()
	l, rest, err := NewLoader(s, data)
	require.NoError(t, err)
	var c Columns
	rest, err = l.Columns(&c, rest)
	require.NoError(t, err)
	require.Empty(t, rest)
	require.Equal(t, data, savedFleet(t, s, &c))
}
