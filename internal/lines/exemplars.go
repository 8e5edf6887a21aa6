package lines

import (
	"bytes"
	"io"

	"github.com/prometheus/prometheus/model/exemplar"
	"github.com/prometheus/prometheus/model/textparse"
)

// Exemplar is an exemplar and the sample it belongs to.
type Exemplar struct {
	Sample int // its place among those of [Samples]
	exemplar.Exemplar
}

// Exemplars are those of one body. Readers skip exemplars, so that only those who
// ask for them pay for them; they are read by themselves. Errors are those of
// [Samples].
func Exemplars(body []byte, contentType string) ([]Exemplar, error) {
	in, err := formatOf(contentType, Limits{})
	if err != nil || in == text || in == openMetrics && !bytes.Contains(body, []byte(" # {")) {
		_, err := Samples(body, contentType)
		return nil, err
	}
	p, err := textparse.New(body, contentType, nil, textparse.ParserOptions{KeepClassicOnClassicAndNativeHistograms: true})
	if err != nil {
		return nil, &FormatError{ContentType: contentType}
	}
	var (
		list []Exemplar
		e    exemplar.Exemplar
	)
	for n := 0; ; {
		entry, err := p.Next()
		switch {
		case err == io.EOF:
			return list, nil
		case err != nil:
			_, err := Samples(body, contentType) // which says where
			return nil, err
		case entry == textparse.EntryHistogram:
			p.Histogram()
		case entry != textparse.EntrySeries:
			continue
		}
		for p.Exemplar(&e) {
			list = append(list, Exemplar{n, e})
			e = exemplar.Exemplar{}
		}
		n++
	}
}
