package aggregate_test

import (
	"bytes"
	"errors"
	"net/http"
	"testing"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/promfold/promfold/aggregate"
	"github.com/promfold/promfold/parse"
)

// Bodies come packed in encodings of any spelling, without a content type or with a wrong one, and without a line feed
// at the end: where the program says so they count, and else they are refused and change nothing.
func TestBodiesAtTheDoor(t *testing.T) {
	zip := func(b []byte) []byte {
		var out bytes.Buffer
		w := gzip.NewWriter(&out)
		_, err := w.Write(b)
		require.NoError(t, err)
		require.NoError(t, w.Close())
		return out.Bytes()
	}
	w, err := zstd.NewWriter(nil)
	require.NoError(t, err)
	zst := func(b []byte) []byte { return w.EncodeAll(b, nil) }
	same := func(b []byte) []byte { return b }
	unended := func(b []byte) []byte { return bytes.TrimRight(b, "\n") }
	encoded := func(names ...string) http.Header { return http.Header{"Content-Encoding": names} }
	typed := func(name string) http.Header { return http.Header{"Content-Type": {name}} }
	const open = "application/openmetrics-text; version=1.0.0"
	for _, c := range []struct {
		name    string
		options parse.Options
		header  http.Header
		pack    func([]byte) []byte
		refused bool
		wrapped error
	}{
		{"gzip", parse.Options{}, encoded("GZIP"), zip, false, nil},
		{"gzip by its old name", parse.Options{}, encoded("X-Gzip"), zip, false, nil},
		{"zstd", parse.Options{}, encoded("Zstd"), zst, false, nil},
		{"two", parse.Options{}, encoded("gzip, ZSTD"), func(b []byte) []byte { return zst(zip(b)) }, false, nil},
		{"two fields", parse.Options{}, encoded("gzip", "zstd"), func(b []byte) []byte { return zst(zip(b)) }, false, nil},
		{"identity", parse.Options{}, encoded("IDENTITY"), same, false, nil},
		{"an encoding that is not read", parse.Options{}, encoded("br"), same, true, errors.ErrUnsupported},
		{"packed, but not as it says", parse.Options{}, encoded("gzip"), zst, true, nil},
		{"no type", parse.Options{}, nil, same, false, nil},
		{"a type that is not read", parse.Options{}, typed("text/html"), same, true, errors.ErrUnsupported},
		{"a type that is not read, and a fallback", parse.Options{Fallback: "text/plain"}, typed("text/html"), same, false, nil},
		{"a type that is none, and a fallback", parse.Options{Fallback: "text/plain"}, typed("text plain"), same, false, nil},
		{"no type, and the wrong fallback", parse.Options{Fallback: open}, nil, same, true, nil},
		{"a type stands before the fallback", parse.Options{Fallback: open}, typed("Text/Plain"), same, false, nil},
		{"not ended", parse.Options{}, nil, unended, true, nil},
		{"not ended, and may be", parse.Options{AllowUnended: true}, nil, unended, false, nil},
		{"not ended and packed", parse.Options{AllowUnended: true}, encoded("gzip"), func(b []byte) []byte { return zip(unended(b)) }, false, nil},
	} {
		b := newBed(t, aggregate.Config{Parse: c.options})
		v := b.counter(aggregate.View{Select: "c"})
		_, err := b.Ingest(aggregate.Scrape{Target: "a", Time: at(0), Start: at(-100), Body: []byte("# TYPE c counter\nc 1\n"), Header: typed("text/plain")})
		require.NoError(t, err)
		_, err = b.Ingest(aggregate.Scrape{Target: "a", Time: at(10), Start: at(-100), Body: c.pack([]byte("# TYPE c counter\nc 8\n")), Header: c.header})
		require.Equal(t, c.refused, err != nil, "%s: %v", c.name, err)
		if c.wrapped != nil {
			assert.ErrorIs(t, err, c.wrapped, c.name)
		}
		if c.refused {
			assert.ErrorAs(t, err, new(*parse.Error), c.name)
			assert.Equal(t, 1, b.Snapshot(at(10)).Health().Refused)
			_, err = b.Ingest(aggregate.Scrape{Target: "a", Time: at(10), Start: at(-100), Body: []byte("# TYPE c counter\nc 8\n")})
			if c.options.Fallback != "" {
				continue // this one has no type, either
			}
			require.NoError(t, err, "%s: as if it had not come", c.name)
		}
		assert.Equal(t, 7.0, grew(b.one(v, 10, sinceStart)), c.name)
	}
}
