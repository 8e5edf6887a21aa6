package lines

import (
	"strings"
	"testing"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// rules drops d_total, renames a prefix, and takes the label pod away. It counts
// the lines it sees.
type rules struct{ calls int }

func (r *rules) apply(ls labels.Labels) (labels.Labels, bool) {
	r.calls++
	name, b := ls.Get(model.MetricNameLabel), labels.NewBuilder(ls).Del("pod")
	switch {
	case name == "d_total":
		return labels.EmptyLabels(), false
	case name == "nameless":
		b.Del(model.MetricNameLabel)
	case name == "odd_bucket":
		b.Set(model.MetricNameLabel, "odd")
	case strings.HasPrefix(name, "old_"):
		b.Set(model.MetricNameLabel, "new_"+name[len("old_"):])
	}
	return b.Labels(), true
}

func TestRelabel(t *testing.T) {
	for in, body := range map[string]string{
		"text/plain": `# TYPE old_h histogram
old_h_bucket{le="1",pod="a"} 1
old_h_bucket{le="+Inf",pod="a"} 2
old_h_sum 3
old_h_count 2
# TYPE old_n_total counter
old_n_total{pod="a"} 5
old_n_total{pod="b"} 6
# TYPE d_total counter
d_total 7
# TYPE odd histogram
odd_bucket{le="+Inf"} 8
`,
		"application/openmetrics-text": `# TYPE old_h histogram
old_h_bucket{le="1.0",pod="a"} 1
old_h_bucket{le="+Inf",pod="a"} 2
old_h_sum 3
old_h_count 2
# TYPE old_n counter
old_n_total{pod="a"} 5
old_n_created{pod="a"} 50
old_n_total{pod="b"} 6
# TYPE d counter
d_total 7
# TYPE odd histogram
odd_bucket{le="+Inf"} 8
# EOF
`,
	} {
		var x rules
		s := NewStore()
		s.Relabel = x.apply
		r := NewReader(s, Limits{})
		var c, other Columns
		read := func(c *Columns, body string) {
			require.NoError(t, r.Read(c, []byte(body), in), in)
			r.Commit(c)
		}
		read(&c, body)
		assert.Equal(t, c.Len(), x.calls, "once a line")

		x.calls = 0
		read(&c, body)
		read(&c, strings.ReplaceAll(body, "} 5", "} 55"))
		read(&other, body)
		assert.Zero(t, x.calls, "%s: a line that is known costs nothing, of another instance neither", in)

		got, families := map[string][]Role{}, map[string]Family{}
		dropped := 0
		for pos := range c.Len() {
			l := s.Line(c.ID(pos))
			if l.Dropped {
				dropped++
				continue
			}
			assert.Empty(t, l.Labels().Get("pod"))
			assert.Equal(t, l.Name, l.Labels().Get(model.MetricNameLabel))
			got[l.Name] = append(got[l.Name], l.Role)
			families[l.Name] = *l.Family
		}
		assert.Equal(t, 1, dropped)
		assert.Equal(t, map[string][]Role{
			"new_h_bucket": {Bucket, Bucket}, "new_h_sum": {Sum}, "new_h_count": {Count}, "new_n_total": {Value, Value}, "odd": {Value},
			"new_n_created": got["new_n_created"], // of OpenMetrics alone
		}, mapWith(got, "new_n_created"))
		assert.Equal(t, Family{Name: "new_h", Type: model.MetricTypeHistogram}, families["new_h_bucket"])
		assert.Equal(t, Family{Name: "new_n_total", Type: model.MetricTypeCounter}, families["new_n_total"])
		assert.Equal(t, Family{Name: "odd", Type: model.MetricTypeUnknown}, families["odd"])
		require.Len(t, c.dups, 1, "two lines became one series")
		assert.Equal(t, 6.0, c.Value(int(c.dups[0])))
		if in != "text/plain" {
			assert.EqualValues(t, 550_000, c.Start(4))
			assert.Equal(t, []Role{Created}, got["new_n_created"])
		}

		// Saved and loaded, lines are what they were, and are not mapped again.
		w := NewSaver(s)
		columns := w.AppendColumns(nil, &c)
		table := w.AppendTable(nil)
		s2 := NewStore()
		s2.Relabel = x.apply
		l, rest, err := NewLoader(s2, table)
		require.NoError(t, err)
		require.Empty(t, rest)
		var c2 Columns
		_, err = l.Columns(&c2, columns)
		require.NoError(t, err)
		for pos := range c.Len() {
			a, b := s.Line(c.ID(pos)), s2.Line(c2.ID(pos))
			assert.Equal(t, []any{a.Name, a.Role, a.Dropped, a.Labels().String(), a.Family.Name}, []any{b.Name, b.Role, b.Dropped, b.Labels().String(), b.Family.Name})
		}
		r = NewReader(s2, Limits{})
		read(&c2, body)
		assert.Zero(t, x.calls)
	}
}

func mapWith(m map[string][]Role, key string) map[string][]Role {
	if _, ok := m[key]; !ok {
		m[key] = nil
	}
	return m
}

// A line that is dropped is not the same as one that takes its name.
func TestRelabelOfANameInUse(t *testing.T) {
	s := NewStore()
	s.Relabel = func(ls labels.Labels) (labels.Labels, bool) {
		return labels.FromStrings(model.MetricNameLabel, "a"), ls.Get(model.MetricNameLabel) == "b"
	}
	r := NewReader(s, Limits{})
	var c Columns
	require.NoError(t, r.Read(&c, []byte("a 1\nb 2\n"), ""))
	assert.Empty(t, r.Duplicates())
}

// Rules that take the name away fail the body, and nothing changes.
func TestRelabelWithoutAName(t *testing.T) {
	var x rules
	s := NewStore()
	s.Relabel = x.apply
	r := NewReader(s, Limits{})
	var c Columns
	require.NoError(t, r.Read(&c, []byte("a 1\n"), ""))
	r.Commit(&c)
	err := r.Read(&c, []byte("a 1\nnameless 2\n"), "")
	var failure *Error
	require.ErrorAs(t, err, &failure)
	assert.Equal(t, 2, failure.Line)
	assert.ErrorIs(t, err, errNameless)
	assert.Equal(t, 1, c.Len())
}
