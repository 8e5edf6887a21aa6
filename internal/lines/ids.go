package lines

import "slices"

// run says that from pos on stand the lines id, id+1, … up to the next run, all
// in one chunk of the store. Bodies of one service have their lines in one order,
// so the lines of an instance are few runs: an ID for each line takes ten times
// the memory.
type run struct {
	pos uint32
	id  ID
}

const runBytes = 8

// runAt returns the number of the run that a position is in.
func runAt(runs []run, pos uint32) int {
	low, high := 0, len(runs)
	for high-low > 1 {
		if mid := int(uint(low+high) / 2); runs[mid].pos <= pos {
			low = mid
		} else {
			high = mid
		}
	}
	return low
}

// at returns the line at a position of the run.
func (r run) at(pos uint32) ID { return r.id + ID(pos-r.pos) }

// runsOf appends the runs of ids to dst.
func runsOf(dst []run, ids []ID) []run {
	for at := uint32(0); len(ids) > 0; {
		n, first := 1, ids[0]
		most := min(len(ids), chunkLen-int(first&(chunkLen-1)))
		for n < most && ids[n] == first+ID(n) {
			n++
		}
		dst = append(dst, run{at, first})
		ids, at = ids[n:], at+uint32(n)
	}
	return dst
}

// appendIDs appends the lines at all positions to dst.
func (c *Columns) appendIDs(dst []ID) []ID {
	n := len(dst)
	dst = slices.Grow(dst, c.Len())[:n+c.Len()]
	for i, r := range c.runs {
		ids := dst[n+int(r.pos) : n+c.runEnd(i)]
		for j := range ids {
			ids[j] = r.id + ID(j)
		}
	}
	return dst
}
