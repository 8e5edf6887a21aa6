package lines

import (
	"bytes"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"sync"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// AcceptEncoding is an Accept-Encoding header for what a [Decompressor] undoes.
// On a local network ask for identity: decompressing a body costs more than
// reading it.
const AcceptEncoding = "zstd;q=1, gzip;q=0.9, identity;q=0.5"

// maxEncodings bounds how often a body may be compressed: each time costs up to
// the limit of a body.
const maxEncodings = 3

// Decompressor undoes the compression of bodies. The zero value is ready. One
// goroutine may use it at a time.
type Decompressor struct {
	gzip   *gzip.Reader
	zstd   *zstd.Decoder
	source bytes.Reader
	out    []byte // what Body returns
	spare  []byte // where a body is decompressed that was compressed twice
}

// Decompressors lends decompressors. The zero value has none yet; it is safe for
// concurrent use.
type Decompressors struct {
	mu   sync.Mutex
	free []*Decompressor
}

// With undoes the Content-Encoding of a body as [Decompressor.Body] does, and calls
// do with it, which may read it until it returns.
func (p *Decompressors) With(body []byte, encoding string, limit int, do func(body []byte) error) error {
	d := p.take()
	defer p.put(d)
	body, err := d.Body(body, encoding, limit)
	if err != nil {
		d.out, d.spare = nil, nil // a bomb leaves no room behind
		return err
	}
	return do(body)
}

func (p *Decompressors) take() *Decompressor {
	p.mu.Lock()
	defer p.mu.Unlock()
	n := len(p.free)
	if n == 0 {
		return new(Decompressor)
	}
	d := p.free[n-1]
	p.free = p.free[:n-1]
	return d
}

func (p *Decompressors) put(d *Decompressor) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.free = append(p.free, d)
}

// Body undoes a Content-Encoding: gzip, zstd, identity, none, or several of
// them with commas between. A body that is longer than limit bytes (0: as
// [Limits] has it) at any step is an [*Error] that wraps [ErrLimit], and no more
// than that of it is decompressed. So is an encoding that is not undone, which
// wraps [errors.ErrUnsupported], and damaged data. The returned bytes are valid
// until the next call.
func (d *Decompressor) Body(body []byte, encoding string, limit int) ([]byte, error) {
	if encoding == "" {
		return body, nil
	}
	if limit <= 0 {
		limit = Limits{}.withDefaults().Body
	}
	limit = min(limit, math.MaxInt-1)
	for n := 0; encoding != ""; n++ {
		var last string // the last encoding was applied last
		if i := strings.LastIndexByte(encoding, ','); i >= 0 {
			encoding, last = encoding[:i], encoding[i+1:]
		} else {
			encoding, last = "", encoding
		}
		last = strings.TrimSpace(last)
		if n == maxEncodings {
			return nil, &Error{Err: unsupported{"content encoding", "more than three in a row"}}
		}
		if n > 0 { // body may be out
			d.out, d.spare = d.spare, d.out
		}
		var err error
		if body, err = d.undo(body, last, limit); err != nil {
			return nil, err
		}
	}
	return body, nil
}

// undo undoes one encoding.
func (d *Decompressor) undo(body []byte, encoding string, limit int) ([]byte, error) {
	switch {
	case encoding == "", strings.EqualFold(encoding, "identity"):
		return body, nil
	case strings.EqualFold(encoding, "gzip"), strings.EqualFold(encoding, "x-gzip"):
		return d.gunzip(body, limit)
	case strings.EqualFold(encoding, "zstd"):
		return d.unzstd(body, limit)
	}
	return nil, &Error{Err: unsupported{"content encoding", encoding}}
}

func (d *Decompressor) gunzip(body []byte, limit int) ([]byte, error) {
	d.source.Reset(body)
	if d.gzip == nil {
		d.gzip = new(gzip.Reader)
	}
	if err := d.gzip.Reset(&d.source); err != nil {
		return nil, damaged(0, err)
	}
	return d.readAll(d.gzip, len(body), limit)
}

func (d *Decompressor) unzstd(body []byte, limit int) ([]byte, error) {
	d.source.Reset(body)
	if d.zstd == nil {
		// The window of a frame costs memory, so bound it. A concurrency of one
		// starts no goroutine.
		z, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(8<<20), zstd.WithDecoderLowmem(true))
		if err != nil {
			return nil, damaged(0, err)
		}
		d.zstd = z
	}
	if err := d.zstd.Reset(&d.source); err != nil {
		return nil, damaged(0, err)
	}
	return d.readAll(d.zstd, len(body), limit)
}

// readAll reads up to limit bytes.
func (d *Decompressor) readAll(from io.Reader, compressed, limit int) ([]byte, error) {
	d.out = slices.Grow(d.out[:0], min(4*min(compressed, math.MaxInt/8)+512, limit+1))
	for {
		n, err := from.Read(d.out[len(d.out):min(cap(d.out), limit+1)])
		d.out = d.out[:len(d.out)+n]
		switch {
		case len(d.out) > limit:
			return nil, &Error{Offset: limit, Err: overLimit("bytes", limit)}
		case err == io.EOF:
			return d.out, nil
		case err != nil:
			return nil, damaged(len(d.out), err)
		case len(d.out) == cap(d.out):
			d.out = slices.Grow(d.out, min(len(d.out), limit+1-len(d.out)))
		}
	}
}

// damaged is the error of a body that cannot be decompressed after offset at.
func damaged(at int, err error) error {
	return &Error{Offset: at, Err: fmt.Errorf("compressed body: %w", err)}
}
