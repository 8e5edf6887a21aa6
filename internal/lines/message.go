package lines

import (
	"cmp"
	"hash/maphash"
	"slices"
)

// Most histograms of a body rest between two scrapes, and a message of protobuf
// that is the same bytes as before says the same. So of each histogram and summary
// the columns have a hash of its message: 128 bits that depend on secrets of the
// store. A message whose hash is the one expected is skipped whole. Its lines are
// neighbours.
//
// Counters and gauges are read: a hash takes as much memory as their value.

// digest is that of a Metric message of n lines, the first of which is at pos.
type digest struct {
	pos, n uint32
	sum    digestSum
}

type digestSum [2]uint64

const digestBytes = 24

// digestSum returns the hash of a message.
func (s *Store) digestSum(b []byte) digestSum {
	return digestSum{maphash.Bytes(s.lines.seed, b), maphash.Bytes(s.headings.seed, b)}
}

// skip stages the lines of a message that is the one expected here. It returns
// false if it is not, or if that is not sure.
func (p *protobufReader) skip(sum digestSum) bool {
	d, e := p.diff, p.expect
	i, found := slices.BinarySearchFunc(e.digests, uint32(d.k), func(m digest, k uint32) int { return cmp.Compare(m.pos, k) })
	if !found || e.digests[i].sum != sum || d.fresh || d.pending() || d.store.lines.key(d.id()) != d.family.id {
		return false
	}
	k, n, pos := d.k, int(e.digests[i].n), d.len()
	if d.rebuilt {
		for at := k; at < k+n; {
			next := d.untaken(at, k+n)
			if next == at {
				return false
			}
			at = next
		}
		if pos+n > d.limits.Lines {
			return false
		}
		d.values = append(d.values, d.before[k:k+n]...)
		d.stageRun(d.run, k, n)
	} else {
		copy(d.values[pos:], d.before[k:k+n])
	}
	for i := range n {
		d.time(pos+i, e.Time(k+i))
		start := int64(0)
		if len(e.starts) > 0 {
			start = e.starts[k+i]
		}
		d.start(pos+i, start)
	}
	at, _ := slices.BinarySearchFunc(e.natives, uint32(k), func(x native, k uint32) int { return cmp.Compare(x.pos, k) })
	for ; at < len(e.natives) && int(e.natives[at].pos) < k+n; at++ {
		d.natives = append(d.natives, native{uint32(pos) + e.natives[at].pos - uint32(k), e.natives[at].raw})
	}
	d.digests = append(d.digests, digest{uint32(pos), uint32(n), sum})
	d.k += n
	return true
}
