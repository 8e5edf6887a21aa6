package aggregate

import "github.com/promfold/promfold/internal/lines"

// IngestSamples takes in a scrape that was read elsewhere; its Body does not
// count. Bodies and samples of an instance may follow each other. The samples
// may be reused after the call.
func (f *Fleet) IngestSamples(sc Scrape, samples []lines.Sample) (Report, error) {
	return f.ingest(sc, func(sc Scrape) (Report, error) {
		sc.Body = nil
		return f.takeIn(incoming{Scrape: sc, samples: samples, typed: true})
	})
}

// incoming is a scrape in one of its two forms.
type incoming struct {
	Scrape
	samples  []lines.Sample
	typed    bool   // there are samples, and no body
	instance string // who answers there, as the program said
}

// open stages a scrape against columns.
func (s *staged) open(cols *lines.Columns, sc *incoming) error {
	s.body.Reset()
	if sc.typed {
		return s.r.ReadSamples(cols, sc.samples)
	}
	return s.r.Read(cols, sc.Body, sc.Header.Get("Content-Type"))
}
