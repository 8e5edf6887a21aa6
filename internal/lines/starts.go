package lines

import (
	"math"
	"strings"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
)

// When a series began at 0 is written in its own message in protobuf, and in a
// line beside it in OpenMetrics 1.0: x_created with the same labels. Client
// libraries write such lines in the text format too, as gauges. A line and the
// line with its start are paired when lines come, go or move. A steady read only
// checks whether a start changed.

// created reports whether the line may hold the start of other lines.
func (l *Line) created() bool {
	return l.Role == Created || l.Family.Type == model.MetricTypeGauge && strings.HasSuffix(l.Name, createdSuffix)
}

// started reports whether another line may hold the start of this one.
func (l *Line) started() bool {
	switch l.Family.Type {
	case model.MetricTypeCounter, model.MetricTypeHistogram, model.MetricTypeSummary:
		return l.Role != Created
	}
	return false
}

// stem returns what the name of a counter or the names of a histogram's lines
// have in common with the name of the line that holds their start.
func (l *Line) stem() string {
	if l.created() {
		return strings.TrimSuffix(l.Name, createdSuffix)
	}
	return strings.TrimSuffix(l.Family.Name, totalSuffix)
}

// objectOf returns a hash of what the lines of one counter, histogram or summary
// have in common: the stem, and the labels but le and quantile. It is 0 for a
// line of none.
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

// sameObject reports whether two lines with the same hash are of one object.
func sameObject(a, b *Line) bool {
	if a.stem() != b.stem() {
		return false
	}
	without := func(l *Line) labels.Labels {
		return l.Labels.MatchLabels(false, model.MetricNameLabel, labels.BucketLabel, model.QuantileLabel)
	}
	return labels.Equal(without(a), without(b))
}

// startOf returns the start of the series at a position, 0 if unknown.
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

// pairs appends to dst, for each line, the position of the line with its start
// plus 1, or 0. It appends nothing if no line has one. creators is scratch: where
// the line with the start of an object is.
func (s *Store) pairs(dst []uint32, creators map[uint64]uint32, ids []ID) []uint32 {
	if !s.created.Load() {
		return dst
	}
	for pos, id := range ids {
		l := s.Line(id)
		if !l.created() {
			continue
		}
		if _, ok := creators[l.object]; !ok { // the first of duplicates counts
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
				pair = at + 1 // a line that holds a start is paired with itself
			}
		}
		dst = append(dst, pair)
	}
	return dst
}
