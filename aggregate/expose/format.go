package expose

import (
	"errors"
	"fmt"
	"io"
	"mime"
	"slices"
	"strings"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
)

// offered are the formats, the preferred first.
func offered() []expfmt.Format {
	list := []expfmt.Format{expfmt.NewFormat(expfmt.TypeOpenMetrics)}
	if old, err := expfmt.NewOpenMetricsFormat(expfmt.OpenMetricsVersion_0_0_1); err == nil {
		list = append(list, old)
	}
	for _, t := range []expfmt.FormatType{expfmt.TypeProtoDelim, expfmt.TypeProtoText, expfmt.TypeProtoCompact, expfmt.TypeTextPlain} {
		list = append(list, expfmt.NewFormat(t))
	}
	return list
}

// Write writes the families in the format of a content type; an empty one is
// text.
func (e *Exposition) Write(w io.Writer, contentType string) error {
	format, err := formatOf(contentType)
	if err != nil {
		return err
	}
	families, err := e.Gather()
	if err != nil {
		return err
	}
	return write(w, families, format)
}

// formatOf is the format of a content type, which may leave out what there is
// one choice for.
func formatOf(contentType string) (expfmt.Format, error) {
	if contentType == "" {
		contentType = "text/plain"
	}
	typ, params, err := mime.ParseMediaType(contentType)
	if err != nil {
		return "", fmt.Errorf("expose: content type %q: %w", contentType, err)
	}
	format := expfmt.NewFormat(expfmt.TypeUnknown)
	switch version := params["version"]; {
	case typ == "text/plain":
		format = expfmt.NewFormat(expfmt.TypeTextPlain)
	case typ == expfmt.OpenMetricsType && version == "":
		format = expfmt.NewFormat(expfmt.TypeOpenMetrics)
	case typ == expfmt.OpenMetricsType && version != expfmt.OpenMetricsVersion_2_0_0:
		format, err = expfmt.NewOpenMetricsFormat(version)
	case typ == expfmt.ProtoType:
		format = expfmt.Format(contentType)
	}
	if err != nil || format.FormatType() == expfmt.TypeUnknown {
		return "", fmt.Errorf("expose: content type %q: %w", contentType, errors.ErrUnsupported)
	}
	if name, ok := params[model.EscapingKey]; ok {
		scheme, err := model.ToEscapingScheme(name)
		if err != nil {
			return "", fmt.Errorf("expose: content type %q: %w", contentType, err)
		}
		format = format.WithEscapingScheme(scheme)
	}
	return format, nil
}

// write writes families in a format. OpenMetrics has a _created line for what
// began at a known time, unless a family of that name is there, and its end.
func write(w io.Writer, families []*dto.MetricFamily, format expfmt.Format) error {
	families = distinct(families, format.ToEscapingScheme())
	names := make(map[string]bool, len(families))
	for _, f := range families {
		names[f.GetName()] = true
	}
	plain, dated := expfmt.NewEncoder(w, format), expfmt.NewEncoder(w, format, expfmt.WithCreatedLines())
	for _, f := range families {
		enc := plain
		if name, ok := createdName(f); ok && !names[name] {
			enc = dated
		}
		if err := enc.Encode(f); err != nil {
			return err
		}
	}
	if c, ok := plain.(expfmt.Closer); ok {
		return c.Close()
	}
	return nil
}

// distinct returns families whose names are unique after escaping: of two that
// would get one name, the later one gets a longer form of its own.
func distinct(families []*dto.MetricFamily, scheme model.EscapingScheme) []*dto.MetricFamily {
	if scheme == model.NoEscaping || scheme == model.ValueEncodingEscaping {
		return families
	}
	taken := make(map[string]bool, len(families))
	for _, f := range families { // names that stay as they are stand before those that change
		if name := f.GetName(); model.EscapeName(name, scheme) == name {
			taken[name] = true
		}
	}
	list, copied := families, false
	for i, f := range families {
		name := model.EscapeName(f.GetName(), scheme)
		if name == f.GetName() {
			continue
		}
		if !taken[name] {
			taken[name] = true
			continue
		}
		if !copied {
			list, copied = slices.Clone(families), true
		}
		name = model.EscapeName(f.GetName(), model.ValueEncodingEscaping)
		list[i] = &dto.MetricFamily{Name: &name, Help: f.Help, Type: f.Type, Metric: f.Metric, Unit: f.Unit}
	}
	return list
}

// createdName is the name of the lines that say when a family's series began.
// OpenMetrics takes a counter without _total for none.
func createdName(f *dto.MetricFamily) (string, bool) {
	name, ok := f.GetName(), false
	switch f.GetType() {
	case dto.MetricType_COUNTER:
		name, ok = strings.CutSuffix(name, "_total")
	case dto.MetricType_HISTOGRAM, dto.MetricType_SUMMARY:
		ok = true
	}
	return name + "_created", ok
}
