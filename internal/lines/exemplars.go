package lines

import (
	"bytes"
	"io"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/prometheus/model/exemplar"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/textparse"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"
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
	var list []Exemplar
	if panicked := guarded(func() { list, err = exemplarsOf(p) }); panicked != nil {
		return nil, &Error{Err: panicked}
	}
	return list, err
}

func exemplarsOf(p textparse.Parser) (list []Exemplar, err error) {
	var e exemplar.Exemplar
	for pos := 0; ; {
		entry, err := p.Next()
		switch {
		case err == io.EOF:
			return list, nil
		case err != nil:
			return nil, &Error{Err: err}
		case entry == textparse.EntryHistogram:
			p.Histogram() // decides whether the classic buckets follow
		case entry == textparse.EntrySeries:
			p.Series() // finds the last bucket
		default:
			continue
		}
		for p.Exemplar(&e) {
			list = append(list, Exemplar{pos, e})
			e = exemplar.Exemplar{}
		}
		pos++
	}
}

// quoteText keeps an exemplar of the line that was staged last, unless that
// exceeds the limit.
func quoteText(d *diff, text []byte) {
	x := &d.quoted
	switch {
	case len(text) == 0 || d.limits.Exemplars == 0:
		return
	case len(x.text)+len(text) > d.limits.Exemplars:
		x.left++
		return
	}
	x.text = append(x.text, text...)
	x.at = append(x.at, exemplarAt{uint32(d.len() - 1), uint32(len(x.text))})
}

// quoteParsed keeps the exemplars of the line that was staged last, as textparse
// reads them.
func quoteParsed(d *diff, p textparse.Parser) {
	if d.limits.Exemplars == 0 {
		return
	}
	_ = guarded(func() { // an exemplar that cannot be read is none
		for e := (exemplar.Exemplar{}); p.Exemplar(&e); e = (exemplar.Exemplar{}) {
			quoteMade(d, &e)
		}
	})
}

// quoteMade keeps an exemplar that somebody decoded.
func quoteMade(d *diff, e *exemplar.Exemplar) {
	if e == nil || d.limits.Exemplars == 0 {
		return
	}
	x := dto.Exemplar{Value: &e.Value}
	if e.HasTs {
		x.Timestamp = &timestamppb.Timestamp{Seconds: floorDiv(e.Ts, 1000), Nanos: int32(e.Ts-1000*floorDiv(e.Ts, 1000)) * 1e6}
	}
	e.Labels.Range(func(l labels.Label) { x.Label = append(x.Label, &dto.LabelPair{Name: &l.Name, Value: &l.Value}) })
	if message, err := proto.Marshal(&x); err == nil { // else a label is not UTF-8
		quoteText(d, message)
	}
}

func floorDiv(a, b int64) int64 {
	if a < 0 {
		return -((-a + b - 1) / b)
	}
	return a / b
}
