package saved

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// The reasons for which a saved state is refused, besides the reader's own.
var (
	ErrVersion = errors.New("state of another version")
	ErrCorrupt = errors.New("not a state, or a damaged one")
)

// Frame is what stands around the content of a saved state:
//
//	Magic
//	Version of the content, 2 bytes, big endian
//	length of the content, 8 bytes, big endian
//	content
//	SHA-256 of all before
type Frame struct {
	Magic   string
	Version uint16
}

func (f Frame) head() int { return len(f.Magic) + 2 + 8 }

// Wrap returns a state; content appends what is in it.
func (f Frame) Wrap(content func(b []byte) []byte) []byte {
	b := append(make([]byte, 0, 1<<16), f.Magic...)
	b = binary.BigEndian.AppendUint16(b, f.Version)
	b = append(b, make([]byte, 8)...)
	b = content(b)
	binary.BigEndian.PutUint64(b[f.head()-8:], uint64(len(b)-f.head()))
	sum := sha256.Sum256(b)
	return append(b, sum[:]...)
}

// Content returns what is in a state that Wrap returned.
func (f Frame) Content(state []byte) []byte { return state[f.head() : len(state)-sha256.Size] }

// Read reads a state, which has to end with r, and returns its content. It
// allocates no more than there is to read. The error is ErrCorrupt, ErrVersion or
// the reader's.
func (f Frame) Read(r io.Reader) ([]byte, error) {
	head := make([]byte, f.head())
	n, err := io.ReadFull(r, head)
	if !bytes.HasPrefix(append(head[:n:n], f.Magic[min(n, len(f.Magic)):]...), []byte(f.Magic)) || n == 0 && err == io.EOF {
		return nil, Wrong("its beginning", ErrCorrupt)
	}
	if err != nil {
		return nil, cutShort("its head", err)
	}
	if v := binary.BigEndian.Uint16(head[len(f.Magic):]); v != f.Version {
		return nil, Wrong(fmt.Sprintf("version %d, not %d", v, f.Version), ErrVersion)
	}
	length := binary.BigEndian.Uint64(head[len(head)-8:])
	if length > 1<<62 {
		return nil, Wrong("its length", ErrCorrupt)
	}
	var buf bytes.Buffer
	if _, err := io.CopyN(&buf, r, int64(length)+sha256.Size); err != nil {
		return nil, cutShort("its content", err)
	}
	content, sum := buf.Bytes()[:length], buf.Bytes()[length:]
	h := sha256.New()
	h.Write(head)
	h.Write(content)
	if !bytes.Equal(h.Sum(nil), sum) {
		return nil, Wrong("its checksum", ErrCorrupt)
	}
	if n, err := io.ReadFull(r, head[:1]); n != 0 || err != io.EOF {
		return nil, Wrong("behind its end", ErrCorrupt)
	}
	return content, nil
}

// Wrong says what of a saved state is wrong, and why.
func Wrong(what string, err error) error { return fmt.Errorf("saved state: %s: %w", what, err) }

func cutShort(what string, err error) error {
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		err = ErrCorrupt
	}
	return Wrong(what, err)
}
