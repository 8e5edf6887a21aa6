package lines

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
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
}

// Classic is a whole classic histogram. In a body it is several lines.
type Classic struct {
	Bounds     []float64 // ascending upper bounds
	Counts     []float64 // observations up to each bound; one more is up to +Inf
	Count, Sum float64   // Sum is NaN if unknown
}

// Sample returns the sample at a position.
func (c *Columns) Sample(s *Store, pos int) Sample {
	x := s.Line(c.ids[pos]).sample()
	x.Value, x.Time, x.Start, x.Native = c.Value(pos), c.Time(pos), c.Start(pos), c.Native(pos)
	return x
}

func (l *Line) sample() Sample {
	return Sample{Family: l.Family, Name: l.Name, Role: l.Role, Labels: l.Labels, Bound: l.Bound}
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
		id, _, v, t := r.At(i)
		samples[i] = s.Line(id).sample()
		samples[i].Value, samples[i].Time, samples[i].Start, samples[i].Native = v, t, r.Start(i), r.Native(i)
	}
	return samples, nil
}

// NewSample returns a sample without a timestamp.
func NewSample(f *Family, ls labels.Labels, v float64) Sample {
	return Sample{Family: f, Name: ls.Get(model.MetricNameLabel), Labels: ls, Bound: math.NaN(), Value: v, Time: NoTime}
}

// FromFamilies returns the samples of what a client library gathered, in its
// order, as if it had been exposed in protobuf and read.
func FromFamilies(families []*dto.MetricFamily) ([]Sample, error) {
	var b bytes.Buffer
	e := expfmt.NewEncoder(&b, expfmt.NewFormat(expfmt.TypeProtoDelim))
	for _, f := range families {
		if err := e.Encode(f); err != nil {
			return nil, err
		}
	}
	return Samples(b.Bytes(), protobufType)
}

// ReadSamples is [Reader.Read] for samples from elsewhere. It uses their
// family's name, type, help and unit, their labels, value, time and start, and
// Native and Classic, and ignores Name, Role and Bound: these follow from the
// family and the labels. The labels have __name__. Of a bucket that is the
// family's name with _bucket, and they have le; of a sample with Native or
// Classic it is the family's name. The samples of a family stand together. The
// error is an [*Error] whose Line is the number of the sample.
func (r *Reader) ReadSamples(c *Columns, samples []Sample) error {
	r.Discard()
	return r.stage(c, nil, samples, typed)
}

func (r *Reader) readSamples(samples []Sample) error {
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
			r.sampleHeading(f)
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

// sampleHeading stages what a body would say in front of a family.
func (r *Reader) sampleHeading(f *Family) {
	m := &r.messages
	m.text = appendHeading(m.text[:0], f.Name, f.Help, f.Unit, f.Type)
	if r.headingIs(m.text) {
		return
	}
	own := r.store.family(*f, typed)
	r.addHeading(r.store.addHeading(typed, m.text, own), 0)
}

// readSample stages the lines of a sample. The text of such a line is its role,
// its labels, and of a Classic sample the bound of a bucket.
func (r *Reader) readSample(s *Sample) error {
	m := &r.messages
	m.buf = s.Labels.Bytes(m.buf[:0])
	in := sampled{v: s.Value, t: s.Time, start: s.Start, kind: written}
	if h := s.Native; h != nil {
		if sizeOf(h) > r.limits.Buckets {
			return overLimit("buckets", r.limits.Buckets)
		}
		m.native = appendNative(m.native[:0], h)
		in.v, in.native = h.Count, m.native
		if err := r.readPart(s, Native, math.NaN(), in); err != nil {
			return err
		}
		in.native = nil
	}
	if h := s.Classic; h != nil {
		if n := len(h.Counts) - len(h.Bounds); n != 0 && n != 1 {
			return errCounts
		}
		return r.readClassic(s, h, in)
	}
	if s.Native != nil {
		return nil
	}
	return r.readPart(s, Value, math.NaN(), in)
}

// readClassic stages the lines that a body has of a classic histogram.
func (r *Reader) readClassic(s *Sample, h *Classic, in sampled) error {
	for i, n := range h.Counts {
		bound := math.Inf(1)
		if i < len(h.Bounds) {
			bound = h.Bounds[i]
		}
		in.v = n
		if err := r.readPart(s, Bucket, bound, in); err != nil {
			return err
		}
	}
	in.v = h.Count
	if err := r.readPart(s, Count, math.NaN(), in); err != nil || math.IsNaN(h.Sum) {
		return err
	}
	in.v = h.Sum
	return r.readPart(s, Sum, math.NaN(), in)
}

// readPart stages one line of a sample.
func (r *Reader) readPart(s *Sample, role Role, bound float64, in sampled) error {
	m := &r.messages
	m.text = append(append(m.text[:0], byte(role)), m.buf...)
	if role == Bucket {
		m.text = binary.LittleEndian.AppendUint64(m.text, math.Float64bits(bound+0)) // −0 is 0
	}
	return r.entryLine(m.text, in, func() (labels.Labels, error) { return partLabels(s, role, bound), nil })
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
		b.Set(labels.BucketLabel, labels.FormatOpenMetricsFloat(bound+0))
	}
	return b.Labels()
}
