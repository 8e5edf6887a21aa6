package evidence_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/promfold/promfold/internal/evidence"
	"github.com/promfold/promfold/internal/growth"
	"github.com/promfold/promfold/internal/identity"
	"github.com/promfold/promfold/internal/lines"
)

const (
	text        = "text/plain; version=0.0.4"
	openMetrics = "application/openmetrics-text; version=1.0.0"
)

// staged reads a body against columns, and leaves it staged.
func staged(t testing.TB, s *lines.Store, c *lines.Columns, body, contentType string) *lines.Reader {
	r := lines.NewReader(s, lines.Limits{Body: 1 << 20, Lines: 1000, Line: 1000, Labels: 64})
	require.NoError(t, r.Read(c, []byte(body), contentType))
	return r
}

func committed(t testing.TB, s *lines.Store, body, contentType string) *lines.Columns {
	var c lines.Columns
	staged(t, s, &c, body, contentType).Commit(&c)
	return &c
}

func TestStart(t *testing.T) {
	s := lines.NewStore()
	find := func(body string) int {
		return evidence.FindStart(s, growth.KnownBody{Columns: committed(t, s, body, text)})
	}
	assert.Equal(t, 1, find("a 1\nprocess_start_time_seconds 5\n"))
	assert.Equal(t, evidence.NoStart, find("a 1\n"))
	assert.Equal(t, evidence.SeveralStarts, find("process_start_time_seconds{a=\"b\"} 5\nprocess_start_time_seconds 5\n"))

	h := http.Header{}
	h.Set(identity.StartHeader, "100")
	given := time.Unix(300, 0)
	assert.Equal(t, int64(300_000), evidence.Start(0, 200.5, given, h).At, "the caller knows")
	assert.Equal(t, int64(200_500), evidence.Start(0, 200.5, time.Time{}, h).At, "the body is finer than the header")
	assert.Equal(t, int64(100_000), evidence.Start(evidence.NoStart, 0, time.Time{}, h).At)
	assert.False(t, evidence.Start(evidence.SeveralStarts, 0, time.Time{}, h).Known(), "of several processes")

	assert.Equal(t, int64(200_500), evidence.HintedStart([]byte("a 1\nprocess_start_time_seconds 200.5\n")).At)
	for _, body := range []string{"", "process_start_time_seconds 5\n", "\nprocess_start_time_seconds x\n", "\nprocess_start_time_seconds 5"} {
		assert.False(t, evidence.HintedStart([]byte(body)).Known(), body)
	}
}

// Following the start's line from scrape to scrape finds what a look at all lines
// finds.
func TestFollowStart(t *testing.T) {
	some := []string{"a 1", "b{x=\"1\"} 2", "process_start_time_seconds 5", "x_process_start_time_seconds 6", "process_start_time_seconds{a=\"b\",c=\"d\"} 7",
		"process_start_time_seconds{c=\"d\",a=\"b\"} 7", "c 3"}
	rapid.Check(t, func(rt *rapid.T) {
		s := lines.NewStore()
		r := lines.NewReader(s, lines.Limits{})
		var c lines.Columns
		at := evidence.NoStart
		for i := range rapid.IntRange(2, 6).Draw(rt, "scrapes") {
			body := strings.Join(rapid.SliceOfN(rapid.SampledFrom(some), 1, 5).Draw(rt, "lines"), "\n") + "\n"
			require.NoError(rt, r.Read(&c, []byte(body), text))
			b := &growth.StagedBody{Reader: r}
			want := evidence.FindStart(s, b)
			if i > 0 {
				require.Equal(rt, want, evidence.FollowStart(s, r, b, at), body)
			}
			at = want
			r.Commit(&c)
		}
	})
}

func TestSelfName(t *testing.T) {
	s := lines.NewStore()
	name := func(body string) string {
		return evidence.SelfName(s, growth.KnownBody{Columns: committed(t, s, body, text)})
	}
	assert.Empty(t, name("a 1\n"))
	one, two := name("kubelet_node_name{node=\"a\"} 1\n"), name("kubelet_node_name{node=\"b\"} 1\n")
	assert.NotEmpty(t, one)
	assert.NotEqual(t, one, two)
}

// A body is compared with columns counter by counter; gauges and what was 0 say
// nothing.
func TestLiken(t *testing.T) {
	s := lines.NewStore()
	before := committed(t, s, "# TYPE a_total counter\na_total 5\nb_total 0\ng 9\nold 1\n", text)
	r := staged(t, s, before, "# TYPE a_total counter\na_total 4\nb_total 7\ng 1\n", text)
	var x evidence.Index
	x.Note(s, r)
	l := x.Liken(before)
	assert.Equal(t, 1, l.Common)
	assert.Equal(t, 1, l.Fell)
	assert.Equal(t, 3, l.Shared)
	assert.Equal(t, 4, l.Union)
	assert.Equal(t, identity.Likeness{Union: 3}, x.Liken(&lines.Columns{}))
	x.Clear()

	other := staged(t, s, &lines.Columns{}, "c 1\n", text)
	x.Note(s, other)
	assert.Zero(t, x.Liken(before).Shared, "of the body before nothing is left")
	x.Clear()
}

// Lines of another format are found by their labels.
func TestLikenReworded(t *testing.T) {
	s := lines.NewStore()
	before := committed(t, s, "# TYPE a counter\na_total{x=\"1\"} 5\n# EOF\n", openMetrics)
	r := staged(t, s, &lines.Columns{}, "# TYPE a_total counter\na_total{ x = \"1\" } 6\n", text)
	var x evidence.Index
	x.Note(s, r)
	defer x.Clear()
	l := x.Liken(before)
	assert.Equal(t, 1, l.Shared)
	assert.Equal(t, 1, l.Moved)
}

// Two scrapes of the past compare as a staged one does.
func TestLikenColumns(t *testing.T) {
	for i, bodies := range [][2]string{
		{"a_total 5\nb_total 3\n", "a_total 6\nb_total 2\n"},
		{"a_total 5\n", "b_total 5\na_total 5\n"},
		{"a_total 5\nb_total 3\nc_total 1\n", "c_total 4\n"},
	} {
		s := lines.NewStore()
		before, after := committed(t, s, bodies[0], text), committed(t, s, bodies[1], text)
		var x evidence.Index
		x.Note(s, staged(t, s, before, bodies[1], text))
		assert.Equal(t, x.Liken(before), evidence.LikenColumns(s, before, after), fmt.Sprint(i))
	}
}
