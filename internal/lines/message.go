package lines

import (
	"cmp"
	"hash/maphash"
	"math"
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
	i := d.digestAt()
	if i < 0 || e.digests[i].sum != sum || d.fresh || d.pending() || d.store.lines.key(d.id()) != d.family.id {
		return false
	}
	k, n, pos := d.k, int(e.digests[i].n), d.len()
	if d.free(k+n) < n {
		return false
	}
	d.stageValues(d.before[k : k+n])
	for i := range n {
		d.time(pos+i, e.Time(k+i))
	}
	if len(e.starts) > 0 {
		d.starts = append(zeroFill(d.starts, pos), e.starts[k:k+n]...)
	} else if len(d.starts) > 0 {
		d.starts = zeroFill(d.starts, pos+n)
	}
	at := near(e.natives, d.native, uint32(k))
	for d.native = at; at < len(e.natives) && int(e.natives[at].pos) < k+n; at++ {
		d.natives = append(d.natives, native{uint32(pos) + e.natives[at].pos - uint32(k), e.natives[at].raw})
	}
	d.digests = append(d.digests, digest{uint32(pos), uint32(n), sum})
	return true
}

// digestAt returns which of the digests expected is that of the line expected next,
// −1 if none is.
func (c *cursor) digestAt() int {
	list, k := c.expect.digests, uint32(c.k)
	c.digest = near(list, c.digest, k)
	if c.digest == len(list) || list[c.digest].pos != k {
		return -1
	}
	return c.digest
}

// near returns the first of a list, ascending by position, that is at pos or behind
// it. That is probably the i-th or one of the next two.
func near[T interface{ at() uint32 }](list []T, i int, pos uint32) int {
	for range 2 {
		if i < len(list) && list[i].at() < pos {
			i++
		}
	}
	if i > 0 && list[i-1].at() >= pos || i < len(list) && list[i].at() < pos {
		i, _ = slices.BinarySearchFunc(list, pos, func(x T, pos uint32) int { return cmp.Compare(x.at(), pos) })
	}
	return i
}

func (d digest) at() uint32 { return d.pos }
func (n native) at() uint32 { return n.pos }

// stageValues stages the next lines expected, which are free, with these values.
func (d *diff) stageValues(values []float64) {
	if d.rebuilt {
		d.values = append(d.values, values...)
		d.stageRun(d.run, d.k, len(values))
	} else {
		copy(d.values[d.k:], values)
	}
	d.k += len(values)
}

// free returns how many of the lines expected next, up to the position end, can be
// staged: they are not yet, and fit the limit.
func (d *diff) free(end int) int {
	if !d.rebuilt {
		return end - d.k
	}
	at := d.k
	for at < end {
		next := d.untaken(at, end)
		if next == at {
			break
		}
		at = next
	}
	return min(at-d.k, d.limits.Lines-d.len())
}

// ahead returns how many of the lines expected next are free, have no heading before
// or between them, and are neighbours in one chunk of the store; and the first one.
func (d *diff) ahead() (first uint32, n int) {
	if d.k == d.expect.Len() || d.pending() {
		return 0, 0
	}
	n = d.free(d.runEnd())
	return d.id(), n
}

// stageNext stages the next lines expected, which are ahead, with these values and
// starts and one timestamp.
func (d *diff) stageNext(values []float64, starts []int64, t int64) {
	k, pos, e := d.k, d.len(), d.expect
	d.stageValues(values)
	before := d.before[k:][:len(values)]
	for i, v := range values {
		start := starts[i]
		d.time(pos+i, t)
		d.start(pos+i, start)
		if math.Float64bits(v) != math.Float64bits(before[i]) || t != e.Time(k+i) || start != e.Start(k+i) {
			d.changed = append(d.changed, uint32(pos+i))
		}
	}
}
