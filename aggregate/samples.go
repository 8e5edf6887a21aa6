package aggregate

import (
	"errors"
	"fmt"

	"github.com/promfold/promfold/internal/lines"
	"github.com/promfold/promfold/internal/samples"
	"github.com/promfold/promfold/parse"
)

// IngestSamples takes in a scrape that was read elsewhere; its Body does not
// count. Bodies and samples of an instance may follow each other. The samples
// may be reused after the call. A delta is refused with
// [errors.ErrUnsupported].
func (f *Fleet) IngestSamples(sc Scrape, list []parse.Sample) (Report, error) {
	return f.ingest(sc, func(sc Scrape) (Report, error) {
		for i := range list {
			if list[i].Delta {
				return Report{}, fmt.Errorf("sample %d is a delta: %w", i, errors.ErrUnsupported)
			}
		}
		sc.Body = nil
		return f.takeIn(incoming{Scrape: sc, samples: samples.AppendLines(nil, list), typed: true})
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
	contentType := sc.Header.Get("Content-Type")
	if contentType == "" {
		contentType = s.f.cfg.Fallback
	}
	return s.r.Read(cols, sc.Body, contentType)
}
