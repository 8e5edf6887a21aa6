package aggregate_test

import (
	"bytes"
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/klauspost/compress/gzip"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/promfold/promfold/aggregate"
	"github.com/promfold/promfold/parse"
)

// A packed body says what it says unpacked, and is held against the same limit.
func TestPackedBodies(t *testing.T) {
	fleet, err := aggregate.NewFleet(aggregate.Config{Parse: parse.Options{MaxBody: 1 << 10}})
	require.NoError(t, err)
	view, err := fleet.Counter(aggregate.View{Select: "a_total"})
	require.NoError(t, err)
	pack := func(text []byte) []byte {
		var b bytes.Buffer
		z := gzip.NewWriter(&b)
		_, err := z.Write(text)
		require.NoError(t, err)
		require.NoError(t, z.Close())
		return b.Bytes()
	}
	header := http.Header{"Content-Encoding": {"gzip"}, "Content-Type": {"text/plain"}}
	observe := func(at int64, header http.Header, body []byte) error {
		_, err := fleet.Ingest(aggregate.Scrape{Target: "x", Time: time.Unix(at, 0), Header: header, Body: body})
		return err
	}
	require.NoError(t, observe(100, header, pack([]byte("# TYPE a_total counter\na_total 1\n"))))
	require.NoError(t, observe(110, header, pack([]byte("# TYPE a_total counter\na_total 6\n"))))
	groups, err := view.In(until(fleet, time.Unix(110, 0), 10*time.Second))
	require.NoError(t, err)
	total, ok := groups[0].Increase()
	require.True(t, ok)
	assert.Equal(t, 5.0, total.Value)

	assert.ErrorIs(t, observe(120, header, pack(make([]byte, 1<<20))), parse.ErrLimit)
	assert.ErrorAs(t, observe(120, header, []byte("a_total 7\n")), new(*parse.Error))
	assert.ErrorIs(t, observe(120, http.Header{"Content-Encoding": {"br"}}, nil), errors.ErrUnsupported)
	again, err := view.In(until(fleet, time.Unix(110, 0), 10*time.Second))
	require.NoError(t, err)
	total, _ = again[0].Increase()
	assert.Equal(t, 5.0, total.Value, "a refused scrape changes nothing")
}
