package lines

import (
	"bytes"
	"errors"
	"testing"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	"github.com/prometheus/prometheus/model/exemplar"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func packed(t testing.TB, encoding string, body []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	switch encoding {
	case "gzip":
		z := gzip.NewWriter(&b)
		_, err := z.Write(body)
		require.NoError(t, err)
		require.NoError(t, z.Close())
	case "zstd":
		z, err := zstd.NewWriter(&b)
		require.NoError(t, err)
		_, err = z.Write(body)
		require.NoError(t, err)
		require.NoError(t, z.Close())
	default:
		return body
	}
	return b.Bytes()
}

func TestDecompressor(t *testing.T) {
	var d Decompressor
	long := bytes.Repeat([]byte("a_metric{with=\"labels\"} 1\n"), 10_000)
	for _, encoding := range []string{"gzip", "zstd", "identity", ""} {
		for _, body := range [][]byte{long, nil, []byte("a 1\n"), long} {
			got, err := d.Body(packed(t, encoding, body), encoding, len(long))
			require.NoError(t, err, encoding)
			require.True(t, bytes.Equal(body, got))
		}
	}
	_, err := d.Body(nil, "br", 1)
	assert.ErrorIs(t, err, errors.ErrUnsupported)
}

func TestSeveralEncodings(t *testing.T) {
	var d Decompressor
	body := bytes.Repeat([]byte("a_metric{with=\"labels\"} 1\n"), 1000)
	twice := packed(t, "zstd", packed(t, "gzip", body))
	thrice := packed(t, "gzip", twice)
	for range 2 {
		for encoding, compressed := range map[string][]byte{
			"GZip": packed(t, "gzip", body), "x-gzip": packed(t, "gzip", body), " Identity ": body, "identity,": body,
			"gzip, zstd": twice, "gzip,ZSTD ,identity": twice, "gzip,zstd,gzip": thrice,
		} {
			got, err := d.Body(compressed, encoding, 0)
			require.NoError(t, err, encoding)
			require.True(t, bytes.Equal(body, got), encoding)
		}
	}
	_, err := d.Body(body, "identity,identity,identity,identity", 0)
	assert.ErrorIs(t, err, errors.ErrUnsupported, "each one may cost a limit's time")
	_, err = d.Body(twice, "gzip,zstd", len(body)-1)
	assert.ErrorIs(t, err, ErrLimit)
	_, err = d.Body(twice, "zstd,gzip", 0)
	assert.ErrorAs(t, err, new(*Error), "the other way round")
}

// A little that unpacks to a lot is refused before it is unpacked.
func TestDecompressionIsBounded(t *testing.T) {
	bomb := make([]byte, 64<<20)
	for _, encoding := range []string{"gzip", "zstd"} {
		body := packed(t, encoding, bomb)
		var d Decompressor
		_, err := d.Body(body, encoding, 1<<20)
		require.ErrorIs(t, err, ErrLimit, encoding)
		assert.EqualError(t, err, "byte 1048576: body exceeds a limit: more than 1048576 bytes")
		assert.Less(t, cap(d.out), 4<<20)
	}
}

func TestDamagedCompression(t *testing.T) {
	for _, encoding := range []string{"gzip", "zstd"} {
		var d Decompressor
		whole := packed(t, encoding, bytes.Repeat([]byte("a 1\nb 2\n"), 100))
		for n := range whole {
			_, err := d.Body(whole[:n], encoding, 1<<20)
			if encoding == "zstd" && n == 0 {
				continue // no frame at all is an empty body
			}
			var at *Error
			require.ErrorAs(t, err, &at, "%s cut at %d of %d", encoding, n, len(whole))
		}
		_, err := d.Body(whole, encoding, 1<<20)
		require.NoError(t, err)
	}
}

func FuzzDecompressor(f *testing.F) {
	for _, body := range seedBodies {
		f.Add(packed(f, "gzip", []byte(body)), true)
		f.Add(packed(f, "zstd", []byte(body)), false)
	}
	f.Fuzz(func(t *testing.T, body []byte, gzipped bool) {
		var d Decompressor
		encoding := "zstd"
		if gzipped {
			encoding = "gzip"
		}
		for range 2 {
			got, err := d.Body(body, encoding, 1<<16)
			require.True(t, err != nil || len(got) <= 1<<16)
		}
	})
}

func TestExemplars(t *testing.T) {
	const body = "# TYPE a counter\na_total 1 # {t=\"x\"} 0.5 3\na_created 1\nb 2\n# TYPE h histogram\nh_bucket{le=\"1\"} 1 # {} 7\nh_bucket{le=\"+Inf\"} 1\n# EOF\n"
	got, err := Exemplars([]byte(body), asOpenMetrics, Limits{})
	require.NoError(t, err)
	samples, err := Samples([]byte(body), asOpenMetrics)
	require.NoError(t, err)
	require.Len(t, got, 2)
	assert.Equal(t, Exemplar{0, exemplar.Exemplar{Labels: labels.FromStrings("t", "x"), Value: 0.5, Ts: 3000, HasTs: true}}, got[0])
	assert.Equal(t, "h_bucket", samples[got[1].Pos].Name)
	assert.Equal(t, 7.0, got[1].Value)

	_, err = Exemplars([]byte("a 1 # {t=\"x\"\n# EOF\n"), asOpenMetrics, Limits{})
	assert.ErrorAs(t, err, new(*Error))
	got, err = Exemplars([]byte("a 1\n"), "", Limits{})
	require.NoError(t, err)
	assert.Empty(t, got)
	for _, body := range protobufBodies(t) {
		got, err := Exemplars([]byte(body), asProtobuf, Limits{})
		require.NoError(t, err)
		samples, err := Samples([]byte(body), asProtobuf)
		require.NoError(t, err)
		for _, e := range got {
			assert.Contains(t, []Role{Value, Bucket, Native}, samples[e.Pos].Role)
		}
	}
}
