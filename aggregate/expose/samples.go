package expose

import (
	"errors"
	"fmt"
	"io"

	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	"github.com/promfold/promfold/parse"
)

// Write writes samples as an exposition of a content type, text if it is empty,
// the samples of a family together. [parse.Samples] reads the same samples back,
// as far as the format has a place for them: text has none for start times,
// exemplars, units and types that only OpenMetrics knows; native buckets are in
// protobuf alone. OpenMetrics has a start time as a sample of role Created, and
// no type for a counter whose name does not end in _total, nor for an info
// without _info.
//
// Role and Bound of a sample count. A sample without a name is refused, one
// that is no histogram, and a delta with [errors.ErrUnsupported]; nothing is
// written then.
func Write(w io.Writer, contentType string, samples []parse.Sample) error {
	format, err := formatOf(contentType)
	if err != nil {
		return err
	}
	list, err := group(samples)
	if err != nil {
		return err
	}
	switch format.FormatType() {
	case expfmt.TypeTextPlain:
		return writeLines(w, list, format.ToEscapingScheme(), false)
	case expfmt.TypeOpenMetrics:
		return writeLines(w, list, format.ToEscapingScheme(), true)
	}
	return write(w, familiesOf(list), format)
}

// grouped are the samples of a family, in their order.
type grouped struct {
	parse.Family
	samples []*parse.Sample
}

// group finds the families by name and type, in the order of their first
// samples.
func group(samples []parse.Sample) ([]*grouped, error) {
	type key struct {
		name string
		typ  model.MetricType
	}
	var (
		list   []*grouped
		byKey  = map[key]*grouped{}
		last   *parse.Family
		latest *grouped
	)
	for i := range samples {
		s := &samples[i]
		switch {
		case nameOf(s) == "":
			return nil, fmt.Errorf("expose: sample %d has no name", i)
		case s.Delta:
			return nil, fmt.Errorf("expose: sample %d is a delta: %w", i, errors.ErrUnsupported)
		case s.Histogram != nil:
			if err := s.Histogram.Validate(); err != nil {
				return nil, fmt.Errorf("expose: sample %d: %w", i, err)
			}
		}
		f := s.Family
		if f == nil {
			f = &parse.Family{Name: nameOf(s), Type: model.MetricTypeUnknown}
		}
		if latest == nil || f != last {
			k := key{f.Name, f.Type}
			if latest = byKey[k]; latest == nil {
				latest = &grouped{Family: *f}
				latest.Type = readable(f.Type)
				list, byKey[k] = append(list, latest), latest
			}
			last = f
		}
		latest.samples = append(latest.samples, s)
	}
	return list, nil
}

// readable returns a type that readers know, unknown for what a caller made up.
func readable(t model.MetricType) model.MetricType {
	switch t {
	case model.MetricTypeCounter, model.MetricTypeGauge, model.MetricTypeHistogram, model.MetricTypeGaugeHistogram,
		model.MetricTypeSummary, model.MetricTypeInfo, model.MetricTypeStateset:
		return t
	}
	return model.MetricTypeUnknown
}

// nameOf is the name of a sample, which one made by a caller may have in its
// labels alone.
func nameOf(s *parse.Sample) string {
	if name := s.Labels.Get(model.MetricNameLabel); name != "" {
		return name
	}
	return s.Name
}
