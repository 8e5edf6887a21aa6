package lines

import (
	"math"
	"slices"
	"strings"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
)

// When a series began at 0 is told in protobuf by its own message, in
// OpenMetrics 1.0 by a line beside it, x_created with the same labels. Client
// libraries write such lines in the text format as well, as gauges. A line and
// the one that tells its start form a pair, which is made when lines come, go
// or move; a steady scrape only looks whether a start changed.

// created reports whether the line may tell when others began.
func (l *Line) created() bool {
	return l.Role == Created || l.Family.Type == model.MetricTypeGauge && strings.HasSuffix(l.Name, createdSuffix)
}

// started reports whether the line may have one that tells when it began.
func (l *Line) started() bool {
	switch l.Family.Type {
	case model.MetricTypeCounter, model.MetricTypeHistogram, model.MetricTypeSummary:
		return l.Role != Created
	}
	return false
}

// stem is what the names of a counter, of a histogram's lines and of the line
// that tells their start have in common.
func (l *Line) stem() string {
	if l.created() {
		return strings.TrimSuffix(l.Name, createdSuffix)
	}
	return strings.TrimSuffix(l.Family.Name, totalSuffix)
}

// objectOf is a hash of what the lines of one counter, histogram or summary have
// in common; 0 of a line that is none.
func objectOf(l *Line) uint64 {
	if !l.created() && !l.started() {
		return 0
	}
	var scratch [256]byte
	hash, _ := l.Labels.HashWithoutLabels(scratch[:0], labels.BucketLabel, model.QuantileLabel)
	for _, c := range []byte(l.stem()) {
		hash = (hash ^ uint64(c)) * 1099511628211 // FNV-1a
	}
	return hash
}

// sameObject is what equal hashes suggest.
func sameObject(a, b *Line) bool {
	if a.stem() != b.stem() {
		return false
	}
	without := func(l *Line) labels.Labels {
		return l.Labels.MatchLabels(false, model.MetricNameLabel, labels.BucketLabel, model.QuantileLabel)
	}
	return labels.Equal(without(a), without(b))
}

// startOf is the start of the series at a position.
func startOf(pos int, starts []int64, pairs []uint32, values []float64) int64 {
	if len(starts) > 0 {
		return starts[pos]
	}
	if len(pairs) == 0 || pairs[pos] == 0 {
		return 0
	}
	if s := values[pairs[pos]-1] * 1000; s > 0 && s < math.MaxInt64 {
		return int64(s)
	}
	return 0
}

// pair finds the line that tells the start of each.
func (r *Reader) pair() {
	if len(r.starts) > 0 {
		r.pairs = nil
		return
	}
	if r.creators == nil {
		r.creators = map[uint64]uint32{}
	}
	clear(r.creators)
	r.newPairs = r.store.pairs(r.newPairs[:0], r.creators, r.ids)
	r.pairs = r.newPairs
}

// pairs appends to dst, for each line, the position of the one that tells its
// start, plus 1, or 0; nothing if there is none. creators is scratch.
func (s *Store) pairs(dst []uint32, creators map[uint64]uint32, ids []ID) []uint32 {
	if !s.created.Load() {
		return dst
	}
	for pos, id := range ids {
		l := s.Line(id)
		if !l.created() {
			continue
		}
		if _, ok := creators[l.object]; !ok { // of duplicates the first counts
			creators[l.object] = uint32(pos)
		}
	}
	if len(creators) == 0 {
		return dst
	}
	for _, id := range ids {
		l, pair := s.Line(id), uint32(0)
		if l.object != 0 {
			if at, ok := creators[l.object]; ok && sameObject(l, s.Line(ids[at])) {
				pair = at + 1 // a line that tells a start is paired with itself
			}
		}
		dst = append(dst, pair)
	}
	return dst
}

// noteStarts makes the lines whose start changed changed ones.
func (r *Reader) noteStarts() {
	e := r.walk.expect
	if len(r.pairs) == 0 && len(e.pairs) == 0 && len(r.starts) == 0 && len(e.starts) == 0 {
		return
	}
	told := func(pos uint32) bool { return len(r.pairs) > 0 && r.pairs[pos] == pos+1 }
	if !r.rebuilt && (len(r.starts) > 0 || !slices.ContainsFunc(r.changed, told)) {
		return
	}
	for pos := range r.ids {
		if _, old, _, _ := r.At(pos); old >= 0 && r.Start(pos) != e.Start(old) {
			r.changed = append(r.changed, uint32(pos))
		}
	}
	slices.Sort(r.changed)
	r.changed = slices.Compact(r.changed)
}

// began stages the start of the line at pos, which is the last one staged.
func (r *Reader) began(pos int, start int64) {
	if start == 0 && len(r.starts) == 0 {
		return
	}
	r.starts = append(grow(r.starts, pos), start)
}

// grow makes a list as long as n, with zeros.
func grow(list []int64, n int) []int64 {
	for len(list) < n {
		list = append(list, 0)
	}
	return list
}
