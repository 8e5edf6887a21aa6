package lines

import (
	"math"
	"strconv"
	"strings"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
)

// ID names a line of a [Store]. Ids are small and reused after a
// [Store.Sweep], so that arrays indexed by them stay dense.
type ID uint32

// Role is what a line is to its family.
type Role uint8

// The roles. A line of no known family is a Value.
const (
	Value    Role = iota // the sample itself: a counter, a gauge
	Bucket               // _bucket of a histogram; Line.Bound is its le
	Count                // _count of a histogram or summary
	Sum                  // _sum of a histogram or summary
	Quantile             // a quantile of a summary; Line.Bound is which
	Created              // _created: when the series came to be
	Native               // a native histogram; the value is the count of observations
)

func (r Role) String() string {
	return [...]string{"value", "bucket", "count", "sum", "quantile", "created", "native"}[r]
}

// Family is what the comments above a group of lines say of them.
type Family struct {
	Name string
	Type model.MetricType // MetricTypeUnknown if no TYPE comment names the family
	Help string           // as first seen: two versions of a program may word it differently
	Unit string
}

// family is a Family as a TYPE comment declares it.
type family struct {
	Family
	id     uint32 // see meaning
	format format // of the body with the comment; a line's own family is in text
}

// Line is one distinct series line of a fleet, without its value. It is shared
// by all instances that expose it and never changes.
type Line struct {
	Name   string // "http_request_duration_seconds_bucket"
	Family *Family
	Role   Role
	Labels labels.Labels // as textparse says, with __name__
	Bound  float64       // le of a Bucket, quantile of a Quantile; else NaN

	under  *family // in force where the line stands, if it is its own
	hash   uint64  // of the labels
	object uint64  // hash of the name its family's series begin with, and of the labels they share
}

// roleOf says what a line of that name is to the family; ok is false if it does
// not belong to it.
func roleOf[T string | []byte](f *family, name T) (r Role, ok bool) {
	n := len(f.Name)
	if len(name) < n || string(name[:n]) != f.Name {
		if f.format != typed || f.Type != model.MetricTypeCounter {
			return Value, false
		}
		stem, total := strings.CutSuffix(f.Name, totalSuffix)
		return Created, total && string(name) == stem+createdSuffix
	}
	histogram := f.Type == model.MetricTypeHistogram || f.Type == model.MetricTypeGaugeHistogram
	summary := f.Type == model.MetricTypeSummary
	switch string(name[n:]) {
	case "":
		if summary {
			return Quantile, true
		}
		return Value, true
	case "_bucket":
		return Bucket, histogram
	case "_count":
		return Count, histogram || summary
	case "_sum":
		return Sum, histogram || summary
	case "_created":
		return Created, histogram || summary || f.Type == model.MetricTypeCounter
	}
	if f.format != openMetrics && f.format != typed {
		return Value, false
	}
	switch string(name[n:]) {
	case "_total":
		return Value, f.Type == model.MetricTypeCounter
	case "_info":
		return Value, f.Type == model.MetricTypeInfo
	case "_gcount":
		return Count, f.Type == model.MetricTypeGaugeHistogram
	case "_gsum":
		return Sum, f.Type == model.MetricTypeGaugeHistogram
	}
	return Value, false
}

// nameInText is what the family of a line is called in Prometheus' text format,
// and here: OpenMetrics declares x where the counter is x_total.
func (f *family) nameInText(line string) string {
	if f.format != openMetrics {
		return f.Name
	}
	switch f.Type {
	case model.MetricTypeInfo:
		return line
	case model.MetricTypeCounter:
		if name, created := strings.CutSuffix(line, createdSuffix); created && name == f.Name {
			return strings.TrimSuffix(f.Name, totalSuffix) + totalSuffix
		}
		return line
	}
	return f.Name
}

const (
	totalSuffix   = "_total"
	createdSuffix = "_created"
)

// A text has one meaning under the comments of its own family, which is the
// family's id, and else one of these, by what the type in force does to labels.
const (
	meaningPlain     = iota
	meaningHistogram // le is written as a float
	meaningSummary   // quantile is written as a float
	meanings

	firstFamily = meanings * uint32(formats)
)

// meaning tells the meanings of a text apart: f is the family that the last TYPE
// comment names, nil if there is none yet. A text that does not start with its
// metric's name (but with a quote inside braces, say) has a meaning under each
// family.
//
// One text may be written in one format and an error in another: each has
// meanings of its own.
func meaning[T string | []byte](in format, f *family, text T) uint32 {
	alone := meanings * uint32(in)
	if f == nil {
		return alone + meaningPlain
	}
	n := nameLen(text)
	if n == 0 {
		return f.id
	}
	if _, ok := roleOf(f, text[:n]); ok {
		return f.id
	}
	return alone + f.rewrites()
}

// rewrites is the meaning of a text that is not of the family.
func (f *family) rewrites() uint32 {
	switch {
	case f == nil:
	case f.Type == model.MetricTypeHistogram:
		return meaningHistogram
	case f.Type == model.MetricTypeSummary:
		return meaningSummary
	}
	return meaningPlain
}

// nameLen is the length of the metric name at the start of a text.
func nameLen[T string | []byte](text T) int {
	for i := range len(text) {
		c := text[i]
		if !('a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || c == '_' || c == ':' || i > 0 && '0' <= c && c <= '9') {
			return i
		}
	}
	return len(text)
}

// newLine makes the line of a series. f is nil or the family it stands under.
func (s *Store) newLine(ls labels.Labels, f *family) *Line {
	l := &Line{Name: ls.Get(model.MetricNameLabel), Labels: ls, Bound: math.NaN()}
	if f != nil {
		if role, ok := roleOf(f, l.Name); ok {
			l.under, l.Role = f, role
		}
	}
	switch {
	case l.under == nil:
		l.Family = &s.family(Family{Name: l.Name, Type: model.MetricTypeUnknown}, text).Family
	case f.format == text:
		l.Family = &f.Family
	default:
		l.Family = &s.family(Family{Name: f.nameInText(l.Name), Type: f.Type, Help: f.Help, Unit: f.Unit}, text).Family
	}
	l.hash, l.object = ls.Hash(), objectOf(l)
	switch l.Role {
	case Bucket:
		l.Bound, l.Role = bound(ls, labels.BucketLabel, l.Role)
	case Quantile:
		l.Bound, l.Role = bound(ls, "quantile", l.Role)
	}
	return l
}

// bound reads the number in the label that makes a line a bucket or a quantile.
// Without such a number it is neither.
func bound(ls labels.Labels, name string, r Role) (float64, Role) {
	v, err := strconv.ParseFloat(ls.Get(name), 64)
	if err != nil || math.IsNaN(v) {
		return math.NaN(), Value
	}
	return v, r
}
