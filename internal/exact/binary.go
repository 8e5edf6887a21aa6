package exact

import (
	"bytes"
	"encoding/binary"
	"errors"
)

// ErrEncoding is returned for bytes that no Sum or Vector was encoded to.
var ErrEncoding = errors.New("exact: not the encoding of a sum")

// The first byte of an encoded sum.
const (
	tagInt     = iota // varint
	tagWide           // low limb (byte), number of limbs (byte), limbs of 4 bytes little endian, the last a varint
	tagSpecial        // special (byte)
)

// AppendBinary appends the encoding of s to b. Equal sums have equal encodings. The error is always nil; it is there
// for encoding.BinaryAppender.
func (s *Sum) AppendBinary(b []byte) ([]byte, error) {
	if s.w.isZero() {
		return binary.AppendVarint(append(b, tagInt), s.n), nil
	}
	var c Sum // canonical
	c.Set(s)
	switch {
	case c.w.isZero():
		return binary.AppendVarint(append(b, tagInt), c.n), nil
	case c.w.special != finite:
		return append(b, tagSpecial, byte(c.w.special)), nil
	}
	last := len(c.w.limbs) - 1
	b = append(b, tagWide, c.w.low, byte(last+1))
	for _, v := range c.w.limbs[:last] {
		b = binary.LittleEndian.AppendUint32(b, uint32(v))
	}
	return binary.AppendVarint(b, c.w.limbs[last]), nil
}

// DecodeBinary sets s to the sum encoded at the start of data and returns what follows it. It accepts what
// AppendBinary writes and nothing else. After an error s is as it was.
func (s *Sum) DecodeBinary(data []byte) (rest []byte, err error) {
	c, rest, ok := decode(data)
	if !ok {
		return nil, ErrEncoding
	}
	// There is one encoding of a value: what decodes but is written in another way was not written by us.
	again, _ := c.AppendBinary(make([]byte, 0, len(data)-len(rest)))
	if !bytes.Equal(again, data[:len(data)-len(rest)]) {
		return nil, ErrEncoding
	}
	s.Set(&c)
	return rest, nil
}

func decode(data []byte) (s Sum, rest []byte, ok bool) {
	if len(data) < 2 {
		return s, nil, false
	}
	tag, data := data[0], data[1:]
	switch tag {
	case tagInt:
		n, size := binary.Varint(data)
		if size <= 0 || n > small || n < -small {
			return s, nil, false
		}
		s.n = n
		return s, data[size:], true
	case tagSpecial:
		special := special(data[0])
		if special != plusInf && special != minusInf && special != notNumber {
			return s, nil, false
		}
		s.w = &wide{special: special}
		return s, data[1:], true
	case tagWide:
		if len(data) < 2 {
			return s, nil, false
		}
		low, n := data[0], int(data[1])
		data = data[2:]
		if n == 0 || int(low)+n > maxLimbs || len(data) < 4*(n-1) {
			return s, nil, false
		}
		w := &wide{low: low, limbs: make([]int64, n)}
		for i := range n - 1 {
			w.limbs[i] = int64(binary.LittleEndian.Uint32(data[4*i:]))
		}
		top, size := binary.Varint(data[4*(n-1):])
		if size <= 0 || top < -1<<limbBits || top >= 1<<limbBits {
			return s, nil, false
		}
		w.limbs[n-1] = top
		s.w = w
		return s, data[4*(n-1)+size:], true
	}
	return s, nil, false
}

// AppendBinary appends the encoding of v: its length and its sums. The error is always nil.
func (v *Vector) AppendBinary(b []byte) ([]byte, error) {
	b = binary.AppendUvarint(b, uint64(len(v.n)))
	for i := range v.n {
		s := v.get(i)
		b, _ = s.AppendBinary(b)
	}
	return b, nil
}

// AppendPacked appends the sums to b, for [Vector.Unpack] alone: nothing in them is checked. It brings v to canonical form.
func (v *Vector) AppendPacked(b []byte) []byte {
	for i := range v.n {
		s := v.get(i)
		s.Compact()
		v.put(i, s)
		if s.w.isZero() {
			b = binary.AppendVarint(append(b, 0), s.n)
			continue
		}
		n := len(s.w.limbs)
		if b = append(b, byte(n+1), s.w.low, byte(s.w.special)); n == 0 {
			continue
		}
		for _, x := range s.w.limbs[:n-1] {
			b = binary.LittleEndian.AppendUint32(b, uint32(x))
		}
		b = binary.AppendVarint(b, s.w.limbs[n-1])
	}
	return b
}

// Unpack makes v so many sums, which were packed, in the storage v already has.
func (v *Vector) Unpack(n int, b []byte) {
	wides := v.w
	if v.Fill(n); wides != nil {
		v.w = wides[:min(len(wides), n)]
		v.growWide()
	}
	for i := range v.n {
		s := v.get(i)
		s.Reset()
		tag := int(b[0])
		if b = b[1:]; tag == 0 {
			x, size := binary.Varint(b)
			s.n, b = x, b[size:]
		} else {
			b = s.wide().unpack(tag-1, b)
		}
		v.put(i, s)
	}
}

// unpack sets w to what was packed with so many limbs, and returns what follows it.
func (w *wide) unpack(limbs int, b []byte) []byte {
	w.low, w.special, b = b[0], special(b[1]), b[2:]
	for range limbs - 1 {
		w.limbs, b = append(w.limbs, int64(binary.LittleEndian.Uint32(b))), b[4:]
	}
	if limbs == 0 {
		return b
	}
	x, size := binary.Varint(b)
	w.limbs = append(w.limbs, x)
	return b[size:]
}

// DecodeBinary sets v to the vector encoded at the start of data and returns what follows it. After an error v is as
// it was.
func (v *Vector) DecodeBinary(data []byte) (rest []byte, err error) {
	n, size := binary.Uvarint(data)
	if size <= 0 || n > uint64(len(data)) { // every sum takes two bytes: no allocation on the word of a liar
		return nil, ErrEncoding
	}
	data = data[size:]
	var c Vector
	c.Grow(int(n))
	for i := range c.n {
		var s Sum
		if data, err = s.DecodeBinary(data); err != nil {
			return nil, err
		}
		c.put(i, s)
	}
	*v = c
	return data, nil
}
