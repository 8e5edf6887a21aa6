package expose

import (
	"compress/gzip"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
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

// Write writes families in a format. OpenMetrics has a _created line for what
// began at a known time, unless a family of that name is there, and is ended as
// it has to be.
func Write(w io.Writer, families []*dto.MetricFamily, format expfmt.Format) error {
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

// ServeHTTP shows the families in the format that the client prefers, text
// where it does not say, compressed if it takes that.
func (e *Exposition) ServeHTTP(w http.ResponseWriter, r *http.Request) { serve(e, w, r) }

func serve(g gatherer, w http.ResponseWriter, r *http.Request) {
	families, err := g.Gather()
	if err != nil {
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
	_ = Write(out, families, format)
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

// Publisher shows what was gathered and saved last, so that what it shows is
// never more than what a program that was killed knows when it is back:
//
//	err := p.Publish(func() error { return checkpoint.Write(path, fleet.Save) })
type Publisher struct {
	from *Exposition

	mu       sync.RWMutex
	families []*dto.MetricFamily
}

// NewPublisher makes a publisher of an exposition; it shows nothing yet.
func NewPublisher(e *Exposition) *Publisher { return &Publisher{from: e} }

// Publish gathers, saves, and shows what was gathered, if saving went well.
func (p *Publisher) Publish(save func() error) error {
	families, err := p.from.Gather()
	if err != nil {
		return err
	}
	if err := save(); err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.families = families
	return nil
}

// Gather gives what was published last.
func (p *Publisher) Gather() ([]*dto.MetricFamily, error) {
	p.mu.RLock()
	defer p.mu.RUnlock()
	return p.families, nil
}

// ServeHTTP shows it, as [Exposition.ServeHTTP] does.
func (p *Publisher) ServeHTTP(w http.ResponseWriter, r *http.Request) { serve(p, w, r) }
