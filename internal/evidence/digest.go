package evidence

import (
	"math"

	"github.com/promfold/promfold/internal/lines"
)

// Digest returns a number that two scrapes share if they say the same, and by
// chance once in 2⁶⁴ times otherwise. It is never 0.
func Digest(r *lines.Reader) uint64 {
	const offset, prime = 14695981039346656037, 1099511628211 // of FNV-1a, by words
	h := uint64(offset)
	for pos := range r.Len() {
		id := r.ID(pos)
		_, value, at := r.At(pos)
		for _, x := range [3]uint64{uint64(id), math.Float64bits(value), uint64(at)} {
			h = (h ^ x) * prime
			h ^= h >> 32 // a product leaves its low bits to the low bits
		}
	}
	return h | 1
}
