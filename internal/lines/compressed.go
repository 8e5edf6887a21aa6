package lines

import (
	"bytes"
	"fmt"
	"io"
	"slices"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// AcceptEncoding is an Accept-Encoding header for what a [Decompressor] undoes.
// On a local network ask for identity: unpacking a body costs more than reading
// it.
const AcceptEncoding = "zstd;q=1, gzip;q=0.9, identity;q=0.5"

// Decompressor undoes the compression of bodies. The zero value is ready; it is
// the scratch of one worker.
type Decompressor struct {
	gzip   *gzip.Reader
	zstd   *zstd.Decoder
	source bytes.Reader
	out    []byte
}

// Body undoes a Content-Encoding: gzip, zstd, identity or none. A body that is
// longer than limit, in bytes (0: as [Limits] has it), once it is unpacked, is a [*LimitError], and no
// more than that of it is unpacked. One that is not what the encoding says is an
// [*Error], another encoding an [*EncodingError]. What is returned is good until
// the next call.
func (d *Decompressor) Body(body []byte, encoding string, limit int) ([]byte, error) {
	if limit <= 0 {
		limit = Limits{}.withDefaults().Body
	}
	d.source.Reset(body)
	var from io.Reader
	switch encoding {
	case "", "identity":
		return body, nil
	case "gzip", "x-gzip":
		if d.gzip == nil {
			d.gzip = new(gzip.Reader)
		}
		if err := d.gzip.Reset(&d.source); err != nil {
			return nil, d.failed(0, err)
		}
		from = d.gzip
	case "zstd":
		if d.zstd == nil {
			// The window of a frame is memory too. One at a time needs no goroutine.
			z, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(8<<20), zstd.WithDecoderLowmem(true))
			if err != nil {
				return nil, d.failed(0, err)
			}
			d.zstd = z
		}
		if err := d.zstd.Reset(&d.source); err != nil {
			return nil, d.failed(0, err)
		}
		from = d.zstd
	default:
		return nil, &EncodingError{Encoding: encoding}
	}
	return d.unpack(from, len(body), limit)
}

func (d *Decompressor) unpack(from io.Reader, packed, limit int) ([]byte, error) {
	d.out = slices.Grow(d.out[:0], min(4*packed+512, limit+1))
	for {
		n, err := from.Read(d.out[len(d.out):min(cap(d.out), limit+1)])
		d.out = d.out[:len(d.out)+n]
		switch {
		case len(d.out) > limit:
			return nil, &LimitError{What: "body bytes", Limit: limit}
		case err == io.EOF:
			return d.out, nil
		case err != nil:
			return nil, d.failed(len(d.out), err)
		case len(d.out) == cap(d.out):
			d.out = slices.Grow(d.out, len(d.out))
		}
	}
}

func (d *Decompressor) failed(at int, err error) error {
	return &Error{Offset: at, Err: fmt.Errorf("compressed body: %w", err)}
}

// EncodingError refuses a Content-Encoding that is not undone.
type EncodingError struct {
	Encoding string
}

func (e *EncodingError) Error() string {
	return fmt.Sprintf("content encoding %q is not undone", e.Encoding)
}
