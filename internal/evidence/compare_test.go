package evidence_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/promfold/promfold/internal/evidence"
	"github.com/promfold/promfold/internal/growth"
	"github.com/promfold/promfold/internal/identity"
	"github.com/promfold/promfold/internal/lines"
)

// Those that name themselves otherwise are not compared; what an instance can be
// taken back to is.
func TestCompare(t *testing.T) {
	s := lines.NewStore()
	const body = "kubelet_node_name{node=\"a\"} 1\n# TYPE c_total counter\nc_total 7\n"
	exposed := func(at int64, body string) evidence.Exposed {
		return evidence.Exposed{At: at, Start: identity.Start{At: 5, From: identity.Metric}, Columns: committed(t, s, body, text)}
	}
	list := []evidence.Known{
		{Name: "x", Self: "b ", Last: exposed(1, "c_total 5\n")},
		{Name: "y", Self: "a ", Dead: true, Last: exposed(2, "# TYPE c_total counter\nc_total 9\n")},
	}
	earlier := exposed(1, "# TYPE c_total counter\nc_total 6\n")
	list[1].Earlier = &earlier
	var x evidence.Index
	r := staged(t, s, &lines.Columns{}, body, text)
	of, compared, named := x.Compare(s, r, growth.KnownBody{Columns: committed(t, s, body, text)}, list)
	assert.True(t, named)
	require.Equal(t, []int{1}, of)
	c := compared[0]
	assert.Equal(t, "y", c.Name)
	assert.True(t, c.Dead)
	assert.Equal(t, int64(2), c.Last.At)
	assert.Equal(t, 1, c.Last.Fell)
	require.Len(t, c.Earlier, 1)
	assert.Equal(t, 1, c.Earlier[0].Moved)
	assert.Equal(t, int64(5), c.Earlier[0].Start.At)

	of, _, named = x.Compare(s, r, growth.KnownBody{Columns: committed(t, s, body, text)}, nil)
	assert.Empty(t, of)
	assert.False(t, named)
}

// A scrape is kept with what is read of it, and does not share the caller's
// buffer.
func TestAgain(t *testing.T) {
	var a evidence.Again
	body := []byte("a 1\n")
	h := http.Header{"Content-Type": {text}, "Cookie": {"secret"}}
	a.Set(body, false, h, time.Unix(7, 0))
	body[0] = 'b'
	assert.Equal(t, "a 1\n", string(a.Body))
	assert.Equal(t, http.Header{"Content-Type": {text}}, a.Header)
	s := lines.NewStore()
	c := committed(t, s, "a 1\n", text)
	assert.Empty(t, a.Samples(s, c))
	a.Set(nil, true, nil, time.Time{})
	assert.Len(t, a.Samples(s, c), 1)
	assert.Empty(t, a.Body)
}
