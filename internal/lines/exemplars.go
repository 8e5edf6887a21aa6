package lines

import (
	"bytes"
	"io"

	"github.com/prometheus/prometheus/model/exemplar"
	"github.com/prometheus/prometheus/model/textparse"
)

// Exemplar is an exemplar and the position of the line it belongs to.
type Exemplar struct {
	Pos int
	exemplar.Exemplar
}

// Exemplars returns the exemplars of a body that a [Reader] has read. A Reader
// skips them, so that only callers who want them pay for them: textparse reads
// the whole body once more.
func Exemplars(body []byte, contentType string, limits Limits) ([]Exemplar, error) {
	in, err := formatOf(contentType, limits)
	if err != nil {
		return nil, err
	}
	var p textparse.Parser
	switch in {
	case openMetrics:
		if !bytes.Contains(body, []byte(" # {")) {
			return nil, nil
		}
		p = textparse.NewOpenMetricsParser(body, nil)
	case openMetrics2:
		p = newOpenMetrics2Parser(body)
	case protobuf:
		p = newProtobufParser(body)
	default:
		return nil, nil
	}
	var (
		list []Exemplar
		e    exemplar.Exemplar
	)
	for pos := 0; ; {
		entry, err := p.Next()
		switch {
		case err == io.EOF:
			return list, nil
		case err != nil:
			return nil, &Error{Err: err}
		case entry == textparse.EntryHistogram:
			p.Histogram() // decides whether the classic buckets follow
		case entry != textparse.EntrySeries:
			continue
		}
		for p.Exemplar(&e) {
			list = append(list, Exemplar{pos, e})
			e = exemplar.Exemplar{}
		}
		pos++
	}
}
