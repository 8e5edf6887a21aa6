package aggregate

import "github.com/promfold/promfold/internal/lines"

// ObserveSamples takes in a scrape that was read elsewhere, as samples: from a
// dto ([lines.FromFamilies]), from OpenTelemetry points ([lines.NewSample]). It
// is [Fleet.Observe] in all else; the scrape's Body, and what its Header says of
// that, do not count. Bodies and samples of an instance may follow each other.
// The samples may be reused after the call.
func (f *Fleet) ObserveSamples(sc Scrape, samples []lines.Sample) (Report, error) {
	return f.observed(sc, func(sc Scrape) (Report, error) {
		sc.Body = nil
		return f.takeIn(incoming{Scrape: sc, samples: samples, typed: true})
	})
}

// incoming is a scrape in one of its two forms.
type incoming struct {
	Scrape
	samples []lines.Sample
	typed   bool // there are samples, and no body
}

// open stages a scrape against columns.
func (s *staged) open(cols *lines.Columns, sc *incoming) error {
	s.body.Reset()
	if sc.typed {
		return s.r.ReadSamples(cols, sc.samples)
	}
	return s.r.Read(cols, sc.Body, sc.Header.Get("Content-Type"))
}
