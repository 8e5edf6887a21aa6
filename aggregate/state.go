package aggregate

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"io"
)

// A saved state is, in this order:
//
//	stateMagic
//	version of what follows, 2 bytes, big endian
//	length of the content, 8 bytes, big endian
//	content: see codec
//	SHA-256 of all before
//
// Equal states are equal bytes, in whatever order the instances came together:
// instances stand by name, columns by labels and bounds, lines in the order in
// which the instances, taken by name, show them first.

const stateMagic = "promfold fleet\n"

const stateVersion = 4

const stateHead = len(stateMagic) + 2 + 8

// Save writes the state; scrapes and questions go on meanwhile. What is written
// is the state between two scrapes, and equal states give equal bytes. To
// replace the file of an earlier state, see package checkpoint.
func (f *Fleet) Save(w io.Writer) error {
	_, err := w.Write(f.state())
	return err
}

func (f *Fleet) state() []byte {
	f.mu.Lock()
	defer f.mu.Unlock()
	b := append(make([]byte, 0, 1<<16), stateMagic...)
	b = binary.BigEndian.AppendUint16(b, stateVersion)
	b = append(b, make([]byte, 8)...)
	b = f.appendState(b)
	binary.BigEndian.PutUint64(b[stateHead-8:], uint64(len(b)-stateHead))
	sum := sha256.Sum256(b)
	return append(b, sum[:]...)
}

// Load returns a fleet that goes on from a saved state, reading r to its end;
// declare its views before the first scrape. A view finds what was kept for it by
// kind, selector, grouping, owner, births, sign and type; what no view has claimed
// by the first scrape is dropped. The configuration is the program's, except for
// Since; windows grow to a longer Window from what there is.
//
// The error is ErrCorrupt, ErrVersion, ErrLimit, or the reader's.
func Load(r io.Reader, c Config) (*Fleet, error) {
	content, err := readState(r)
	if err != nil {
		return nil, err
	}
	f, err := NewFleet(c)
	if err != nil {
		return nil, err
	}
	if err := f.absorb(content); err != nil {
		return nil, err
	}
	return f, nil
}

// readState checks the frame and gives the content. It allocates no more than
// there is to read.
func readState(r io.Reader) ([]byte, error) {
	head := make([]byte, stateHead)
	n, err := io.ReadFull(r, head)
	if !bytes.HasPrefix(append(head[:n:n], stateMagic[min(n, len(stateMagic)):]...), []byte(stateMagic)) || n == 0 && err == io.EOF {
		return nil, stateError("its beginning", ErrCorrupt)
	}
	if err != nil {
		return nil, cutShort("its head", err)
	}
	if v := binary.BigEndian.Uint16(head[len(stateMagic):]); v != stateVersion {
		return nil, stateError(fmt.Sprintf("version %d, not %d", v, stateVersion), ErrVersion)
	}
	length := binary.BigEndian.Uint64(head[stateHead-8:])
	if length > 1<<62 {
		return nil, stateError("its length", ErrCorrupt)
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
		return nil, stateError("its checksum", ErrCorrupt)
	}
	if n, err := io.ReadFull(r, head[:1]); n != 0 || err != io.EOF {
		return nil, stateError("behind its end", ErrCorrupt)
	}
	return content, nil
}

// stateContent is that of a state just made.
func stateContent(state []byte) []byte { return state[stateHead : len(state)-sha256.Size] }

func cutShort(what string, err error) error {
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		err = ErrCorrupt
	}
	return stateError(what, err)
}

// absorb makes the content of a saved state that of an empty fleet.
func (f *Fleet) absorb(content []byte) error {
	l, err := f.decode(content)
	if err != nil {
		return err
	}
	if n, limit := len(l.instances), f.cfg.MaxInstances; n > limit {
		l.release(f)
		return stateError("its instances", limitError("instances", int64(limit), int64(n)))
	}
	f.since = l.since
	f.expected = l.expected
	f.left, f.opened = l.left, l.opened
	f.latest.Store(l.latest)
	f.awake.Store(l.awake)
	f.targets = l.targets
	for _, b := range l.balancers {
		f.balancers[b.target] = b
	}
	for _, in := range l.instances {
		f.instances[in.name] = in
	}
	f.ordered = l.instances
	f.unclaimed = l.views
	return nil
}
