package saved

import (
	"encoding/binary"
	"math"
)

// maxText bounds a text that is read back: a label's value is never that long.
const maxText = 1<<24 - 1

// Uint appends an unsigned number.
func Uint[T ~int | ~uint32 | ~uint64 | ~uint8](b []byte, n T) []byte {
	return binary.AppendUvarint(b, uint64(n))
}

// Int appends a signed number.
func Int[T ~int | ~int64](b []byte, n T) []byte { return binary.AppendVarint(b, int64(n)) }

// Bool appends a truth value.
func Bool(b []byte, x bool) []byte {
	if x {
		return append(b, 1)
	}
	return append(b, 0)
}

// Float appends the bits of a number.
func Float(b []byte, x float64) []byte {
	return binary.LittleEndian.AppendUint64(b, math.Float64bits(x))
}

// Value appends a number that is an integer more often than not, in few bytes.
func Value(b []byte, x float64) []byte {
	if n, ok := integer(x); ok {
		return binary.AppendVarint(b, n<<1)
	}
	return Float(binary.AppendVarint(b, 1), x)
}

func integer(x float64) (int64, bool) {
	n := int64(x)
	return n, n >= -1<<53 && n <= 1<<53 && math.Float64bits(float64(n)) == math.Float64bits(x)
}

// Text appends a string.
func Text(b []byte, s string) []byte { return append(Uint(b, len(s)), s...) }

// Reader reads what was written, one value after the other. After a failure
// everything it reads is zero.
type Reader struct {
	rest   []byte
	failed bool
}

// Read begins to read.
func Read(data []byte) *Reader { return &Reader{rest: data} }

// Rest is what was not read yet; false after a failure.
func (r *Reader) Rest() ([]byte, bool) { return r.rest, !r.failed }

// Failed: something was not what it should be.
func (r *Reader) Failed() bool { return r.failed }

// Fail makes the Reader one that failed.
func (r *Reader) Fail() { r.failed, r.rest = true, nil }

// Through lets a decoder read that returns what follows.
func (r *Reader) Through(decode func([]byte) ([]byte, error)) {
	if r.failed {
		return
	}
	rest, err := decode(r.rest)
	if err != nil {
		r.Fail()
		return
	}
	r.rest = rest
}

// Uint reads an unsigned number.
func (r *Reader) Uint() uint64 {
	n, size := binary.Uvarint(r.rest)
	if size > 1 && n>>(7*(size-1)) == 0 {
		size = 0 // it has a shorter writing
	}
	return advance(r, n, size)
}

// Int reads a signed number.
func (r *Reader) Int() int64 {
	n := r.Uint()
	return int64(n>>1) ^ -int64(n&1)
}

// Small reads a number that is to be at most so much.
func (r *Reader) Small(most int) int {
	n := r.Uint()
	if n > uint64(most) {
		r.Fail()
		return 0
	}
	return int(n)
}

// Byte reads one byte.
func (r *Reader) Byte() byte {
	if len(r.rest) == 0 {
		r.Fail()
		return 0
	}
	return advance(r, r.rest[0], 1)
}

// Bool reads a truth value.
func (r *Reader) Bool() bool {
	x := r.Byte()
	if x > 1 {
		r.Fail()
	}
	return x == 1
}

// Float reads the bits of a number.
func (r *Reader) Float() float64 {
	if len(r.rest) < 8 {
		r.Fail()
		return 0
	}
	return advance(r, math.Float64frombits(binary.LittleEndian.Uint64(r.rest)), 8)
}

// Value reads what Value wrote.
func (r *Reader) Value() float64 {
	n := r.Int()
	switch {
	case n&1 == 0:
		if n>>1 < -1<<53 || n>>1 > 1<<53 {
			r.Fail()
		}
		return float64(n >> 1)
	case n != 1:
		r.Fail()
	}
	x := r.Float()
	if _, ok := integer(x); ok {
		r.Fail()
	}
	return x
}

// Count reads how many values follow, each of so many bytes at least.
func (r *Reader) Count(least int) int {
	n := r.Uint()
	if n > uint64(len(r.rest)/least) {
		r.Fail()
		return 0
	}
	return int(n)
}

// Text reads a string.
func (r *Reader) Text() string {
	x := r.Bytes()
	if len(x) > maxText {
		r.Fail()
		return ""
	}
	return string(x)
}

// Bytes reads a string, however long, in place.
func (r *Reader) Bytes() []byte {
	n := r.Count(1)
	x := r.rest[:n:n]
	r.rest = r.rest[n:]
	return x
}

func advance[T any](r *Reader, x T, size int) T {
	if r.failed || size <= 0 {
		r.Fail()
		var zero T
		return zero
	}
	r.rest = r.rest[size:]
	return x
}
