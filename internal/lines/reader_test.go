package lines

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/prometheus/common/model"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestReadStagesAndCommits(t *testing.T) {
	s := NewStore()
	r := NewReader(s, Limits{})
	var c Columns
	require.NoError(t, r.Read(&c, []byte("# TYPE a counter\na 1\na{x=\"y\"} 2 77\n"), ""))
	assert.Zero(t, c.Len())
	assert.Equal(t, 2, r.Len())
	assert.Equal(t, []uint32{0, 1}, r.Changed())
	r.Commit(&c)
	require.Equal(t, 2, c.Len())
	assert.Equal(t, 2.0, c.Value(1))
	assert.Equal(t, NoTime, c.Time(0))
	assert.EqualValues(t, 77, c.Time(1))
	l := s.Line(c.ID(1))
	assert.Equal(t, "a", l.Name)
	assert.Equal(t, model.MetricTypeCounter, l.Family.Type)
	assert.Equal(t, `{__name__="a", x="y"}`, l.Labels().String())

	require.NoError(t, r.Read(&c, []byte("# TYPE a counter\na{x=\"y\"} 3\n"), ""))
	assert.True(t, r.Structural())
	assert.Equal(t, []uint32{0}, r.Gone())
	id := r.ID(0)
	old, v, ts := r.At(0)
	assert.Equal(t, c.ID(1), id)
	assert.Equal(t, 1, old)
	assert.Equal(t, 3.0, v)
	assert.Equal(t, NoTime, ts)
}

// What fell, came and moved, each found by a look at all lines.
func TestFellCameMoved(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		r := NewReader(NewStore(), Limits{})
		var c Columns
		for range rapid.IntRange(2, 5).Draw(rt, "scrapes") {
			var body strings.Builder
			for _, name := range rapid.SliceOfN(rapid.SampledFrom([]string{"a", "b", "c", "d", "e"}), 0, 6).Draw(rt, "lines") {
				fmt.Fprintf(&body, "%s %s\n", name, rapid.SampledFrom([]string{"1", "2", "2.5", "NaN"}).Draw(rt, "value"))
			}
			require.NoError(rt, r.Read(&c, []byte(body.String()), ""))
			var fell []uint32
			came, moved := 0, map[int]int{}
			for pos := range r.Len() {
				old, v, _ := r.At(pos)
				switch {
				case old < 0:
					came++
				case v < c.Value(old):
					fell = append(fell, uint32(pos))
				}
				moved[old] = pos
			}
			require.Equal(rt, len(fell), len(r.Fell()))
			require.Subset(rt, r.Fell(), fell)
			require.Len(rt, r.Came(), came)
			for old := range c.Len() {
				want, ok := moved[old]
				if !ok {
					want = -1
				}
				require.Equal(rt, want, r.Moved(old))
			}
			r.Commit(&c)
		}
	})
}

func TestSweepKeepsWhatIsStaged(t *testing.T) {
	s := NewStore()
	r := NewReader(s, Limits{})
	var c Columns
	require.NoError(t, r.Read(&c, []byte("a 1\n"), ""))
	assert.Empty(t, s.Sweep())
	r.Commit(&c)
	require.NoError(t, r.Read(&c, []byte("b 1\n"), ""))
	assert.Empty(t, s.Sweep())
	r.Discard()
	assert.Len(t, s.Sweep(), 1)
	assert.Equal(t, 1, s.Len())
	s.Retain(c.ID(0))
	id := c.ID(0)
	require.NoError(t, r.Read(&c, nil, ""))
	r.Commit(&c)
	assert.Empty(t, s.Sweep(), "a tombstone keeps its line")
	s.Release(id)
	assert.Equal(t, []ID{id}, s.Sweep())
	assert.Zero(t, s.Len())
}

func TestErrorsSayWhere(t *testing.T) {
	const good = "# HELP a b\n# TYPE a counter\na 1\n"
	for _, tc := range []struct {
		name, body   string
		line, column int
		text         string
	}{
		{"cut in a number's place", good + "\n\nb{x=\"y\"}", 6, 9, `b{x="y"}`},
		{"cut in a label", good + "b{x=\"y", 4, 7, `b{x="y`},
		{"web page", "<!DOCTYPE html>\n<html>\n", 1, 1, "<!DOCTYPE html>"},
		{"web page behind metrics", good + "<html>\n", 4, 1, "<html>"},
		{"no number", good + "b one\nc 2\n", 4, 5, "b one"},
		{"noise", good + "\x01\x02\x03\n", 4, 1, "\x01\x02\x03"},
		{"unknown type", good + "# TYPE b what\n", 4, 1, "# TYPE b what"},
		{"never closed", good + "b{x=\"y} 1\nc{x=\"z\"} 2\n", 4, 1, `b{x="y} 1`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, err := Samples([]byte(tc.body), "text/plain; version=0.0.4")
			var at *Error
			require.ErrorAs(t, err, &at)
			assert.Equal(t, tc.line, at.Line)
			assert.Equal(t, tc.column, at.Column, "%v", err)
			assert.Equal(t, tc.text, at.Text)
			checkPosition(t, []byte(tc.body), "", err)
		})
	}
}

func TestLimits(t *testing.T) {
	for _, tc := range []struct {
		limits Limits
		body   string
		what   string
	}{
		{Limits{Body: 3}, "a 1\n", "byte 3: body exceeds a limit: more than 3 bytes"},
		{Limits{Lines: 1}, "a 1\nb 1\n", `line 2, column 1: body exceeds a limit: more than 1 lines: "b 1"`},
		{Limits{Line: 5}, "a 1\n\nbbbbbb 1\n", `line 3, column 1: body exceeds a limit: more than 5 bytes in a line: "bbbbbb 1"`},
		{Limits{Labels: 2}, "a{b=\"1\"} 1\na{b=\"1\",c=\"2\"} 1\n", `line 2, column 1: body exceeds a limit: more than 2 labels: "a{b=\"1\",c=\"2\"} 1"`},
	} {
		var c Columns
		err := NewReader(NewStore(), tc.limits).Read(&c, []byte(tc.body), "")
		require.ErrorIs(t, err, ErrLimit, tc.body)
		assert.EqualError(t, err, tc.what)
	}
}

func TestRequireWhole(t *testing.T) {
	var c Columns
	r := NewReader(NewStore(), Limits{RequireWhole: true})
	require.NoError(t, r.Read(&c, nil, ""))
	require.NoError(t, r.Read(&c, []byte("a 1\n"), ""))
	err := r.Read(&c, []byte("a 1\nb 12"), "")
	var at *Error
	require.ErrorAs(t, err, &at)
	assert.Equal(t, 2, at.Line)
	assert.Equal(t, 5, at.Column)
	assert.Equal(t, "b 12", at.Text)
	require.NoError(t, NewReader(NewStore(), Limits{}).Read(&c, []byte("a 1\nb 12"), ""))
}

func TestOtherFormatsAreRefused(t *testing.T) {
	_, err := Samples(nil, "application/json")
	require.ErrorIs(t, err, errors.ErrUnsupported)
	assert.EqualError(t, err, `unsupported content type "application/json"`)
}

func TestSamples(t *testing.T) {
	got, err := Samples([]byte("# HELP h Latency.\n# TYPE h histogram\nh_bucket{le=\"1\"} 2\nh_bucket{le=\"+Inf\"} 3\nh_sum 4.5\nh_count 3\n# TYPE s summary\ns{quantile=\"0.5\"} 1\nother 1 5\n"), "")
	require.NoError(t, err)
	require.Len(t, got, 6)
	assert.Equal(t, "h_bucket", got[0].Name)
	assert.Equal(t, &Family{Name: "h", Type: "histogram", Help: "Latency."}, got[0].Family)
	assert.Equal(t, []Role{Bucket, Bucket, Sum, Count, Quantile, Value}, []Role{got[0].Role, got[1].Role, got[2].Role, got[3].Role, got[4].Role, got[5].Role})
	assert.Equal(t, 1.0, got[0].Bound)
	assert.Equal(t, "1.0", got[0].Labels.Get("le"))
	assert.Equal(t, 0.5, got[4].Bound)
	assert.Equal(t, 4.5, got[2].Value)
	assert.Equal(t, model.MetricTypeUnknown, got[5].Family.Type)
	assert.EqualValues(t, 5, got[5].Time)
}

func TestHelpMayStandBehindTheType(t *testing.T) {
	got, err := Samples([]byte("# TYPE a counter\n# HELP a Early \\n or late.\n# HELP b Another.\na 1\n"), "")
	require.NoError(t, err)
	assert.Equal(t, "Early \n or late.", got[0].Family.Help)
}

func TestReadAgreesWithTextparse(t *testing.T) {
	in := newInstance(NewStore())
	r := NewReader(in.store, Limits{})
	for _, body := range []string{
		"a 1\nb 2\nc 3\n", "a 1\nb 2\nc 3\n", "a 1\nc 4\nb 2\n", "c 4\n", "", "c 4\nc 5\nc 6\n", "c 5\na 1\nc 5\n",
		"# TYPE c counter\nc 5\n", "c{", "# TYPE c histogram\nc_bucket{le=\"1\"} 5 10\n", "c_bucket{le=\"1\"} 5 10\n",
	} {
		in.read(t, r, []byte(body))
	}
}

func TestErrorsReadWell(t *testing.T) {
	for _, tc := range []struct {
		err  error
		want string
	}{
		{&Error{Line: 2, Column: 4, Text: "b", Err: errNoNewline}, `line 2, column 4: the last line is not ended: "b"`},
	} {
		assert.EqualError(t, tc.err, tc.want)
	}
	assert.ErrorIs(t, &Error{Err: errNoNewline}, errNoNewline)
	_, err := Samples([]byte("a{b=\""+strings.Repeat("x", 300)+"\"} one\n"), "")
	var at *Error
	require.ErrorAs(t, err, &at)
	assert.Equal(t, 1, at.Line)
	assert.Contains(t, at.Text, "one", "the end of a long line is shown where it matters")
}
