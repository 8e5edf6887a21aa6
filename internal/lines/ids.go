package lines

import (
	"iter"
	"slices"
)

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

// runEnd returns the position after the last line of a run, of n lines in all.
func runEnd(runs []run, i, n int) int {
	if i+1 < len(runs) {
		return int(runs[i+1].pos)
	}
	return n
}

// eachID yields the lines at the first n positions of runs.
func eachID(runs []run, n int) iter.Seq2[int, ID] {
	return func(yield func(int, ID) bool) {
		pos := 0
		for i, r := range runs {
			for end := runEnd(runs, i, n); pos < end; pos++ {
				if !yield(pos, r.at(uint32(pos))) {
					return
				}
			}
		}
	}
}

// idsAt yields the lines at positions that ascend.
func idsAt(runs []run, positions []uint32) iter.Seq[ID] {
	return func(yield func(ID) bool) {
		i := 0
		for _, pos := range positions {
			for i+1 < len(runs) && runs[i+1].pos <= pos {
				i++
			}
			if !yield(runs[i].at(pos)) {
				return
			}
		}
	}
}

// at returns the line at a position of the run.
func (r run) at(pos uint32) ID { return r.id + ID(pos-r.pos) }

// runsOf returns the runs of ids.
func runsOf(ids []ID) []run {
	var o order
	for _, id := range ids {
		o.add(id, -1, 1)
	}
	return o.runs
}

// appendIDs appends the lines at the first n positions of runs to dst.
func appendIDs(dst []ID, runs []run, n int) []ID {
	at := len(dst)
	dst = slices.Grow(dst, n)[:at+n]
	for i, r := range runs {
		ids := dst[at+int(r.pos) : at+runEnd(runs, i, n)]
		for j := range ids {
			ids[j] = r.id + ID(j)
		}
	}
	return dst
}
