// Package parse reads Prometheus expositions: the text format, OpenMetrics and
// delimited protobuf, plain or compressed. It agrees with textparse, the parser
// of Prometheus, on every input: the same series in the same order with the same
// labels, types, values, timestamps, start times and native histograms, and the
// same bodies refused.
//
// [Samples] reads one body. A [Reader] reads successive bodies of one target and
// pays only for what changed between them.
//
// It is stricter than textparse in three places. A native histogram whose spans
// do not fit its buckets is refused wherever it stands. An untyped protobuf
// metric without a value is 0, not the value of the metric before it. A line of
// OpenMetrics that starts with a NUL is refused.
package parse

import (
	"fmt"
	"net/http"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/exemplar"
	"github.com/prometheus/prometheus/model/labels"

	"github.com/promfold/promfold/histogram"
	"github.com/promfold/promfold/internal/lines"
)

// Accept is an Accept header for all formats that are read, the most exact first:
// protobuf has start times and native histograms, OpenMetrics has start times.
// AcceptText leaves out protobuf, which is cheaper to read: of recorded API
// servers a scrape as protobuf with native histograms takes two to three times as
// long to read as the same scrape as text, and without them about 4 times as long a
// line (go -C bench run ./figures). What did not change is skipped in both: lines of
// text are compared, and of a histogram's message a hash.
const (
	Accept     = lines.Accept
	AcceptText = lines.AcceptText
)

// AcceptEncoding is an Accept-Encoding header for the compressions that are
// undone. On a local network ask for identity: decompressing a body costs more
// than reading it.
const AcceptEncoding = lines.AcceptEncoding

// ErrLimit is wrapped by the error of a body that exceeds a limit of [Options].
var ErrLimit = lines.ErrLimit

// Error reports where a body stops being an exposition, and why. The error of an
// unknown content type or content encoding wraps [errors.ErrUnsupported].
type Error struct {
	Line   int    // from 1; 0 if unknown, and in protobuf, which has no lines
	Column int    // in bytes, from 1; 0 if Line is 0
	Offset int    // in bytes from the start of the decompressed body
	Text   string // the offending line, shortened; in protobuf the family's name
	Err    error
}

// Error returns the position, the reason and the offending text.
func (e *Error) Error() string { return (*lines.Error)(e).Error() }

// Unwrap returns the reason.
func (e *Error) Unwrap() error { return e.Err }

// publicError returns an error of the engine as an [*Error].
func publicError(err error) error {
	if e, ok := err.(*lines.Error); ok {
		return (*Error)(e)
	}
	return err
}

// Options set what a body may cost and how it is read. A zero field has its
// default.
type Options struct {
	MaxBody    int // bytes, decompressed; default 64 MiB
	MaxLines   int // samples of a body, each bucket counted; default 2,000,000
	MaxLine    int // bytes of a sample's line; default 16 KiB
	MaxLabels  int // of a sample, its name included; default 64
	MaxBuckets int // of one native histogram; default 100,000

	Fallback     string // content type of a body that comes without one, or with one that is not read; default the text format for the former
	OpenMetrics2 bool   // reads OpenMetrics 2.0, which is experimental
	AllowUnended bool   // a fleet, too, reads a text body whose last line is not ended; it may be cut off
	RequireWhole bool   // refuses a text body whose last line is not ended, or that has a line starting with a NUL
	JoinBuckets  bool   // returns a classic histogram as one sample of role Histogram
	// Relabel maps the labels of a sample, with __name__, when its line is new;
	// false drops it. Package aggregate/scrape has Prometheus' rules. A sample
	// with other labels than its body has gets no exemplar.
	Relabel func(labels.Labels) (labels.Labels, bool)

	IncludeExemplars bool // sets Sample.Exemplar; the body is parsed a second time if it has any. A fleet keeps the latest for Totals and Families
}

func (o *Options) limits() lines.Limits {
	return lines.Limits{
		Body: o.MaxBody, Lines: o.MaxLines, Line: o.MaxLine, Labels: o.MaxLabels, Buckets: o.MaxBuckets,
		Fallback: o.Fallback, OpenMetrics2: o.OpenMetrics2, RequireWhole: o.RequireWhole,
	}
}

// Role says what a sample is to its family.
type Role uint8

// The roles. A sample of no known family is a Value.
const (
	Value     Role = iota // the number itself: a counter, a gauge
	Bucket                // _bucket of a classic histogram
	Count                 // _count of a histogram or summary
	Sum                   // _sum of a histogram or summary
	Quantile              // a quantile of a summary
	Created               // _created: when the series began
	Histogram             // a whole histogram: a native one, or a classic one with Options.JoinBuckets
)

// The engine's roles have the same numbers: this does not compile otherwise.
var _ = [1]struct{}{}[Histogram-Role(lines.Native)+Quantile-Role(lines.Quantile)+Value-Role(lines.Value)]

// String returns the role in lower case.
func (r Role) String() string {
	names := [...]string{"value", "bucket", "count", "sum", "quantile", "created", "histogram"}
	if int(r) >= len(names) {
		return fmt.Sprintf("Role(%d)", uint8(r))
	}
	return names[r]
}

// Family is what the comments above a group of samples say of them. Its name is
// that of the text format: OpenMetrics declares x where the counter is x_total.
type Family struct {
	Name string
	Type model.MetricType // MetricTypeUnknown if no TYPE comment names the family
	Help string           // as first seen
	Unit string
}

// Sample is one sample of a body, or one made by the caller for
// Fleet.IngestSamples, which ignores Role and Bound.
type Sample struct {
	Family *Family // shared by the samples of a family; read only
	Name   string
	Role   Role
	Labels labels.Labels // with __name__
	Bound  float64       // le of a Bucket, quantile of a Quantile, else NaN
	Value  float64       // of a Histogram its count
	Time   time.Time     // the sample's own timestamp; zero if it has none
	Start  time.Time     // when the series began at 0; zero if unknown
	Delta  bool          // Value is the growth in (Start, Time], not a running total

	Histogram *histogram.Histogram // of role Histogram, else nil; it never changes and may be kept
	Exemplar  *exemplar.Exemplar   // the newest if there are several; nil if there is none
}

// Samples reads one body with the default options. The header may be nil:
// Content-Type gives the format, Content-Encoding the compression (gzip, zstd,
// identity, or several). The samples own what they hold; the body may be reused.
// The error is an [*Error].
func Samples(header http.Header, body []byte) ([]Sample, error) {
	var r Reader
	if err := r.Read(header, body); err != nil {
		return nil, err
	}
	return r.latest.now.samples, nil
}
