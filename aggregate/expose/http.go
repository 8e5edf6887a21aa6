package expose

import (
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"slices"
	"strings"
	"sync"

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

// gatherer makes families.
type gatherer interface {
	Gather() ([]*dto.MetricFamily, error)
}

// ServeHTTP serves the families in the format the client prefers, text where it
// does not say, compressed if it takes that.
func (e *Exposition) ServeHTTP(w http.ResponseWriter, r *http.Request) { serve(e, w, r) }

func serve(g gatherer, w http.ResponseWriter, r *http.Request) {
	families, err := g.Gather()
	switch {
	case errors.Is(err, errUnpublished):
		http.Error(w, err.Error(), http.StatusServiceUnavailable)
		return
	case err != nil:
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	format := expfmt.NegotiateAccept(r.Header, offered()...)
	w.Header().Set("Content-Type", string(format))
	w.Header().Add("Vary", "Accept, Accept-Encoding")
	if r.Method == http.MethodHead {
		return
	}
	out := io.Writer(w)
	if acceptsGzip(r.Header) {
		w.Header().Set("Content-Encoding", "gzip")
		z := gzip.NewWriter(w)
		defer z.Close()
		out = z
	}
	// What fails now is the connection; the client sees that it was cut.
	_ = write(out, families, format)
}

func acceptsGzip(h http.Header) bool {
	for part := range strings.SplitSeq(strings.Join(h.Values("Accept-Encoding"), ","), ",") {
		name, params, _ := strings.Cut(part, ";")
		if strings.EqualFold(strings.TrimSpace(name), "gzip") {
			q := strings.ReplaceAll(params, " ", "")
			return !slices.Contains([]string{"q=0", "q=0.0", "q=0.00", "q=0.000"}, q)
		}
	}
	return false
}

// Publisher serves what was gathered and saved last, so a killed program never
// showed more than it knows when it is back:
//
//	err := p.Publish(func() error { return checkpoint.Write(path, fleet.Save) })
type Publisher struct {
	from *Exposition

	gathering sync.Mutex
	gathered  int // how often

	mu       sync.RWMutex
	number   int // of the gathering that is shown; 0: none
	families []*dto.MetricFamily
}

var errUnpublished = errors.New("expose: nothing is published yet")

// NewPublisher returns a publisher that answers 503 until the first Publish.
func NewPublisher(e *Exposition) *Publisher { return &Publisher{from: e} }

// Publish gathers, saves, and shows what was gathered if saving succeeded, unless
// something that was gathered later is shown already.
func (p *Publisher) Publish(save func() error) error {
	number, families, err := p.gather()
	if err != nil {
		return err
	}
	if err := save(); err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if number > p.number {
		p.families, p.number = families, number
	}
	return nil
}

// gather gathers, one at a time, so that later numbers are of later states.
func (p *Publisher) gather() (number int, families []*dto.MetricFamily, err error) {
	p.gathering.Lock()
	defer p.gathering.Unlock()
	p.gathered++
	families, err = p.from.Gather()
	return p.gathered, families, err
}

// Gather returns what was published last; before that an error.
func (p *Publisher) Gather() ([]*dto.MetricFamily, error) {
	p.mu.RLock()
	defer p.mu.RUnlock()
	if p.number == 0 {
		return nil, errUnpublished
	}
	return p.families, nil
}

// ServeHTTP serves what was published last.
func (p *Publisher) ServeHTTP(w http.ResponseWriter, r *http.Request) { serve(p, w, r) }
