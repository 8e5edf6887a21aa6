package lines

import (
	"strings"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
)

// An object is a counter, histogram or summary with all of its lines, also the
// one that holds its start: see Line.created.

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

// noObject is the objectHash of a line of none.
const noObject = 1

// objectHash returns objectOf, which is worked out once: only programs that expose
// the starts of their series in lines need it.
func (l *Line) objectHash() uint64 {
	if !l.created() && !l.started() {
		return noObject
	}
	t := l.tell()
	hash := t.object.Load()
	if hash == 0 {
		hash = objectOf(l)
		t.object.Store(hash)
	}
	return hash
}

// objectOf returns a hash of what the lines of one counter, histogram or summary
// have in common: the stem, and the labels but le and quantile. It is
// noObject for a line of none, and never 0.
func objectOf(l *Line) uint64 {
	var scratch [256]byte
	hash, _ := l.Labels().HashWithoutLabels(scratch[:0], labels.BucketLabel, model.QuantileLabel)
	for _, c := range []byte(l.stem()) {
		hash = (hash ^ uint64(c)) * 1099511628211 // FNV-1a
	}
	return max(hash, noObject+1)
}

// sameObject reports whether two lines with the same hash are of one object.
func sameObject(a, b *Line) bool {
	if a.stem() != b.stem() {
		return false
	}
	without := func(l *Line) labels.Labels {
		return l.Labels().MatchLabels(false, model.MetricNameLabel, labels.BucketLabel, model.QuantileLabel)
	}
	return labels.Equal(without(a), without(b))
}
