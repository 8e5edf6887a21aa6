package lines

import (
	"encoding/binary"
	"errors"
	"math"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/exemplar"
	"github.com/prometheus/prometheus/model/histogram"
	"github.com/prometheus/prometheus/model/labels"
)

// Sample is one sample of a body, or one from elsewhere.
type Sample struct {
	Family *Family
	Name   string
	Role   Role
	Labels labels.Labels // with __name__
	Bound  float64       // le of a Bucket, quantile of a Quantile, else NaN
	Value  float64       // of a Native sample the count of observations
	Time   int64         // its own timestamp in Unix milliseconds, or [NoTime]
	Start  int64         // when the series began at 0, in Unix milliseconds; 0 if unknown

	Native  *histogram.FloatHistogram // of a Native sample, else nil
	Classic *Classic                  // only in samples for [Reader.ReadSamples]

	Exemplar *exemplar.Exemplar // only in samples for [Reader.ReadSamples]

	line string // of a sample of [Columns.Sample], if it was read from samples: the text of its line
}

// Classic is a whole classic histogram. In a body it is several lines.
type Classic struct {
	Bounds     []float64 // ascending upper bounds
	Counts     []float64 // observations up to each bound; one more is up to +Inf
	Count, Sum float64   // Sum is NaN if unknown
}

// sampleOf returns the sample of a line, without what only a body says.
func sampleOf(l *Line) Sample {
	return Sample{Family: l.Family, Name: l.Name, Role: l.Role, Labels: l.Labels(), Bound: l.Bound}
}

// Sample returns the sample at a position. [Reader.ReadSamples] reads it as the
// line that it was, also as a part of a histogram.
func (c *Columns) Sample(s *Store, pos int) Sample {
	id := c.ID(pos)
	x := sampleOf(s.Line(id))
	x.Value, x.Time, x.Start, x.Native = c.Value(pos), c.Time(pos), c.Start(pos), c.Native(pos)
	if s.Line(id).in == typed {
		x.line = s.lines.text(uint32(id))
	}
	return x
}

// Samples reads one body, in its order. The samples own what they hold: the body
// may be reused. An empty content type is text. Errors are those of
// [Reader.Read], with the default limits.
func Samples(body []byte, contentType string) ([]Sample, error) {
	var (
		c Columns
		s = NewStore()
		r = NewReader(s, Limits{})
	)
	if err := r.Read(&c, body, contentType); err != nil {
		return nil, err
	}
	samples := make([]Sample, r.Len())
	for i := range samples {
		id := r.ID(i)
		_, v, t := r.At(i)
		samples[i] = sampleOf(s.Line(id))
		samples[i].Value, samples[i].Time, samples[i].Start, samples[i].Native = v, t, r.Start(i), r.Native(i)
	}
	return samples, nil
}

// NewSample returns a sample without a timestamp.
func NewSample(f *Family, ls labels.Labels, v float64) Sample {
	return Sample{Family: f, Name: ls.Get(model.MetricNameLabel), Labels: ls, Bound: math.NaN(), Value: v, Time: NoTime}
}

// sampleReader reads samples that a caller made. The text of a line is its role,
// the sample's labels, and for a bucket of a Classic sample the bound.
type sampleReader struct {
	*diff
	labels []byte // of the sample that is read, as encoded
	text   []byte // of a heading or a line
	native []byte // an encoded histogram
}

func (r *sampleReader) read(samples []Sample) error {
	var last *Family
	for i := range samples {
		s := &samples[i]
		if !s.Labels.Has(model.MetricNameLabel) {
			return &Error{Line: i + 1, Column: 1, Err: errNoName}
		}
		f := s.Family
		if f == nil {
			f = &Family{Name: s.Labels.Get(model.MetricNameLabel), Type: model.MetricTypeUnknown}
		}
		if last == nil || f != last && (f.Name != last.Name || f.Type != last.Type) {
			if len(f.Name)+len(f.Help)+len(f.Unit)+len(f.Type) > r.limits.Line {
				return &Error{Line: i + 1, Column: 1, Err: overLimit("bytes in a comment", r.limits.Line)}
			}
			r.stageHeading(f)
			last = f
		}
		if err := r.readSample(s); err != nil {
			return &Error{Line: i + 1, Column: 1, Err: err}
		}
	}
	return nil
}

var (
	errNoName = errors.New("a sample without a name")
	errCounts = errors.New("a histogram needs one count for each bound")
)

// stageHeading stages what a body would say in front of a family.
func (r *sampleReader) stageHeading(f *Family) {
	r.text = appendHeading(r.text[:0], f.Name, f.Help, f.Unit, f.Type)
	if r.headingIs(r.text) {
		return
	}
	r.declare(r.text, r.store.family(*f, typed))
}

// readSample stages the lines of a sample.
func (r *sampleReader) readSample(s *Sample) error {
	r.labels = s.Labels.Bytes(r.labels[:0])
	is := reading{v: s.Value, t: s.Time, start: s.Start, kind: written}
	if s.Native == nil && s.Classic == nil {
		r.text = append(append(r.text[:0], byte(Value)), r.labels...)
		if s.line != "" {
			r.text = append(r.text[:0], s.line...)
		}
		err := r.find(r.text, is, func() (labels.Labels, error) { return s.Labels, nil })
		quoteMade(r.diff, s.Exemplar)
		return err
	}
	if h := s.Native; h != nil {
		if sizeOf(h) > r.limits.Buckets {
			return overLimit("buckets", r.limits.Buckets)
		}
		r.native = appendNative(r.native[:0], h)
		is.v, is.native = h.Count, r.native
		if err := r.stagePart(s, Native, 0, is); err != nil {
			return err
		}
		quoteMade(r.diff, s.Exemplar)
		is.native = nil
	}
	if s.Classic != nil {
		return r.readClassic(s, is)
	}
	return nil
}

// readClassic stages the lines that a body has for a classic histogram.
func (r *sampleReader) readClassic(s *Sample, is reading) error {
	h := s.Classic
	if n := len(h.Counts) - len(h.Bounds); n != 0 && n != 1 {
		return errCounts
	}
	before := math.Inf(-1)
	for i, n := range h.Counts {
		bound := math.Inf(1)
		if i < len(h.Bounds) {
			bound = h.Bounds[i]
		}
		is.v = n
		if err := r.stagePart(s, Bucket, bound, is); err != nil {
			return err
		}
		if e := s.Exemplar; e != nil && s.Native == nil && before < e.Value && e.Value <= bound {
			quoteMade(r.diff, e)
		}
		before = bound
	}
	is.v = h.Count
	if err := r.stagePart(s, Count, 0, is); err != nil || math.IsNaN(h.Sum) {
		return err
	}
	is.v = h.Sum
	return r.stagePart(s, Sum, 0, is)
}

// stagePart stages one line of a sample. bound is that of a bucket.
func (r *sampleReader) stagePart(s *Sample, role Role, bound float64, is reading) error {
	r.text = append(append(r.text[:0], byte(role)), r.labels...)
	if role == Bucket {
		bound += 0 // −0 is 0
		r.text = binary.LittleEndian.AppendUint64(r.text, math.Float64bits(bound))
	}
	return r.find(r.text, is, func() (labels.Labels, error) { return partLabels(s, role, bound), nil })
}

// partLabels returns the labels that a body has on the part of a sample.
func partLabels(s *Sample, role Role, bound float64) labels.Labels {
	suffix := ""
	switch role {
	case Bucket:
		suffix = "_bucket"
	case Count:
		suffix = "_count"
	case Sum:
		suffix = "_sum"
	default:
		return s.Labels
	}
	b := labels.NewBuilder(s.Labels).Set(model.MetricNameLabel, s.Labels.Get(model.MetricNameLabel)+suffix)
	if role == Bucket {
		b.Set(labels.BucketLabel, labels.FormatOpenMetricsFloat(bound))
	}
	return b.Labels()
}
