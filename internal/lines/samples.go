package lines

import (
	"bytes"
	"errors"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/histogram"
	"github.com/prometheus/prometheus/model/labels"
)

// Sample is one sample of a body, or from elsewhere.
type Sample struct {
	*Line
	Value  float64                   // of a [Native] one the count of observations
	Time   int64                     // its own timestamp in Unix milliseconds, or [NoTime]
	Start  int64                     // when its series began at 0, in Unix milliseconds; 0: unknown
	Native *histogram.FloatHistogram // of a [Native] one, else nil
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
		samples[i] = Sample{s.Line(id), v, t, r.Start(i), r.Native(i)}
	}
	return samples, nil
}

// FromFamilies makes samples of what a client library gathered, in its order, as
// if it had been exposed in protobuf and read.
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

// NewSample is one from elsewhere: a value of a family. The labels have
// __name__, which is the family's name, or for the parts of a histogram or
// summary that with _bucket, _count or _sum; buckets have le, quantiles
// quantile.
func NewSample(family *Family, ls labels.Labels, value float64) Sample {
	return Sample{Line: &Line{Name: ls.Get(model.MetricNameLabel), Family: family, Labels: ls}, Value: value, Time: NoTime}
}

// ReadSamples is [Reader.Read] for samples from elsewhere. Of their lines the
// family's name and type and the labels count, which must have __name__; the
// samples of a family stand together. Its error is an [*Error], whose Line is the
// number of the sample, or a [*LimitError].
func (r *Reader) ReadSamples(c *Columns, samples []Sample) error {
	r.Discard()
	return r.stage(c, nil, samples, typed)
}

func (r *Reader) readSamples(samples []Sample) error {
	var last *Family
	for i := range samples {
		s := &samples[i]
		if s.Line == nil || !s.Labels.Has(model.MetricNameLabel) {
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
			return err
		}
	}
	return nil
}

var errNoName = errors.New("a sample without a name")

// sampleHeading stages what a body would say in front of a family.
func (r *Reader) sampleHeading(f *Family) {
	m := &r.messages
	m.text = appendHeading(m.text[:0], f.Name, f.Help, f.Unit, f.Type)
	if r.headingIs(m.text) {
		return
	}
	own := r.store.family(Family{Name: f.Name, Type: f.Type, Help: f.Help, Unit: f.Unit, format: typed})
	r.addHeading(r.store.addHeading(typed, m.text, own), 0)
}

func (r *Reader) readSample(s *Sample) error {
	m := &r.messages
	in := sampled{v: s.Value, t: s.Time, start: s.Start, kind: written}
	role := Value
	if s.Native != nil {
		role, in.v = Native, s.Native.Count
		m.native = appendNative(m.native[:0], s.Native)
		in.native = m.native
	}
	m.buf = s.Labels.Bytes(m.buf[:0])
	m.text = append(append(m.text[:0], byte(role)), m.buf...)
	return r.entryLine(m.text, in, func() (labels.Labels, error) { return s.Labels, nil })
}
