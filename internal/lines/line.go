package lines

import (
	"math"
	"strconv"
	"strings"
	"sync/atomic"

	"github.com/prometheus/common/model"
)

// ID names a line of a [Store]. IDs are small, and a [Store.Sweep] frees them for
// other lines, so arrays indexed by ID stay dense.
type ID uint32

// Role says what a line is to its family.
type Role uint8

// The roles. A line of no known family is a Value.
const (
	Value    Role = iota // the number itself: a counter, a gauge
	Bucket               // _bucket of a classic histogram
	Count                // _count of a histogram or summary
	Sum                  // _sum of a histogram or summary
	Quantile             // a quantile of a summary
	Created              // _created: when the series began
	Native               // a native histogram; its value is the count of observations
)

// Family is what the comments above a group of lines say of them.
type Family struct {
	Name string           // as the text format has it: OpenMetrics declares x where the counter is x_total
	Type model.MetricType // MetricTypeUnknown if no TYPE comment names the family
	Help string           // as first seen: two versions of a program may word it differently
	Unit string
}

// family is a Family as the TYPE comment of a body declares it.
type family struct {
	Family
	id     uint32 // see meaning
	format format // of the body; that of a line's own family is text
}

// Line is a distinct line of a fleet without its value. All instances that
// expose it share it. It never changes.
type Line struct {
	Name   string // "http_request_duration_seconds_bucket"
	Family *Family
	Bound  float64 // le of a Bucket, quantile of a Quantile, else NaN
	Role   Role
	// Dropped says that Store.Relabel drops the line. It is evidence still of
	// what became of a process; nothing else may take it.
	Dropped bool

	in    format  // of the bodies in which it stands
	plain uint8   // 1 plus what the TYPE comment in force does to the labels of a plain text: see meaning; 0: it is none
	same  uint32  // see seriesID
	under *family // the declared family, nil if the line belongs to none
	hash  uint64  // see hashOf

	text *string // in the store: whoever asks for labels keeps sweeps away
	told atomic.Pointer[told]
	held *atomic.Int64 // see Store.lineBytes
}

const (
	totalSuffix   = "_total"
	createdSuffix = "_created"
)

// roleOf returns what a line of this name is to the family; ok is false if the
// line does not belong to it.
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
	case createdSuffix:
		return Created, histogram || summary || f.Type == model.MetricTypeCounter
	}
	if f.format != openMetrics && f.format != typed {
		return Value, false
	}
	switch string(name[n:]) {
	case totalSuffix:
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

// nameInText returns the family's name in the text format, given the name of one
// of its lines.
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

// The same text may be different lines under different TYPE comments. The key of
// a text says which line it is: the id of its own family, else one of these,
// which say what the type in force does to labels. Each format has keys of its
// own, because a text of one format may be an error in another.
const (
	meaningPlain     = iota
	meaningHistogram // le is rewritten as a float
	meaningSummary   // quantile is rewritten as a float
	meanings         // the number of them

	firstFamily = meanings * uint32(formats) // family ids start here
)

// meaning returns the key of a text. f is the family of the last TYPE comment,
// nil if there is none. A text that does not start with a metric name, but with
// a quoted name in braces for example, gets a key for each family.
func meaning[T string | []byte](in format, f *family, text T) uint32 {
	if f == nil {
		return meanings*uint32(in) + meaningPlain
	}
	n := nameLen(text)
	if n == 0 {
		return f.id
	}
	if _, ok := roleOf(f, text[:n]); ok {
		return f.id
	}
	return meaningAway(in, f)
}

// meaningAway returns the key of a text that does not belong to f, the family of
// the last TYPE comment.
func meaningAway(in format, f *family) uint32 { return meanings*uint32(in) + f.rewrites() }

// rewrites returns what the family's type does to the labels of a line that does
// not belong to the family.
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

// nameLen returns the length of the metric name at the start of a text.
func nameLen[T string | []byte](text T) int {
	for i := range len(text) {
		if class := classes[text[i]]; class == 0 || i == 0 && class == isDigit {
			return i
		}
	}
	return len(text)
}

// labelNameLen returns the length of the label name at the start of b.
func labelNameLen(b []byte) int {
	for i, c := range b {
		if class := classes[c]; class == 0 || class == isColon || i == 0 && class == isDigit {
			return i
		}
	}
	return len(b)
}

// classes has what a byte is in the name of a metric, 0 if it cannot be in one.
var classes = func() (c [256]uint8) {
	for b := range c {
		switch {
		case 'a' <= b && b <= 'z', 'A' <= b && b <= 'Z', b == '_':
			c[b] = isLetter
		case '0' <= b && b <= '9':
			c[b] = isDigit
		case b == ':':
			c[b] = isColon
		}
	}
	return c
}()

const (
	isLetter = 1 + iota
	isDigit  // not the first byte
	isColon  // not in the name of a label
)

// limit sets the bound of a bucket or quantile. Without one the line is a Value.
func (l *Line) limit(bound float64) {
	switch {
	case l.Role != Bucket && l.Role != Quantile:
	case math.IsNaN(bound):
		l.Role = Value
	default:
		l.Bound = bound
	}
}

// boundOf returns the number that a label says, NaN if it is none.
func boundOf(value string) float64 {
	v, err := strconv.ParseFloat(value, 64)
	if err != nil {
		return math.NaN()
	}
	return v
}

// seriesID returns the id of the line that stands for all spellings of the
// line's series; id is the line's own.
func (l *Line) seriesID(id ID) ID {
	if l.same != 0 {
		return ID(l.same - 1)
	}
	return id
}
