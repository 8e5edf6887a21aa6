package lines

import (
	"bytes"
	"io"
	"iter"
	"slices"
	"unsafe"

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

// exemplars are those of a body, as they are written there. Reading a body copies
// them and no more: few are ever decoded. What a sample costs that has none does
// not change.
type exemplars struct {
	at   []exemplarAt // by position; a position may have several
	text []byte       // of all of them, in their order
}

// exemplarAt is the position of an exemplar's line, and where its text ends.
type exemplarAt struct{ pos, end uint32 }

func (x *exemplars) reset() { x.at, x.text = x.at[:0], x.text[:0] }

func (x *exemplars) bytes() int { return cap(x.at)*int(unsafe.Sizeof(exemplarAt{})) + cap(x.text) }

func (x *exemplars) clone() exemplars { return exemplars{slices.Clone(x.at), slices.Clone(x.text)} }

func (x *exemplars) replace(from *exemplars) {
	x.at, x.text = replace(x.at, from.at), replace(x.text, from.text)
}

// quoteText keeps an exemplar of the line that was staged last, unless that
// exceeds the limit.
func quoteText(d *diff, text []byte) {
	x := &d.quoted
	if len(text) == 0 || len(x.text)+len(text) > d.limits.Exemplars {
		return
	}
	x.text = append(x.text, text...)
	x.at = append(x.at, exemplarAt{uint32(d.len() - 1), uint32(len(x.text))})
}

// quote keeps the exemplar of the OpenMetrics line that was staged last, whose
// value starts at body[value:] and whose line feed ends at body[:end].
func (t *textReader) quote(value, end int) {
	if t.limits.Exemplars == 0 || t.in != openMetrics {
		return
	}
	if i := bytes.Index(t.body[value:end], []byte(" # {")); i >= 0 {
		quoteText(t.diff, bytes.TrimSuffix(t.body[value+i+len(" # "):end], []byte("\n")))
	}
}

// quote keeps an exemplar of the line that was staged last.
func (p *protobufReader) quote(message []byte) {
	if len(message) > 0 {
		quoteText(p.diff, message)
	}
}

// quoteParsed keeps the exemplars of the line that was staged last, as textparse
// reads them.
func quoteParsed(d *diff, p textparse.Parser) {
	if d.limits.Exemplars == 0 {
		return
	}
	for e := (exemplar.Exemplar{}); p.Exemplar(&e); e = (exemplar.Exemplar{}) {
		quoteMade(d, &e)
	}
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

// Exemplars yields the exemplars that were kept, with the positions of their
// lines. The caller owns them.
func (c *Columns) Exemplars() iter.Seq2[int, exemplar.Exemplar] {
	return func(yield func(int, exemplar.Exemplar) bool) {
		decode := decodeExemplar
		if c.format == openMetrics {
			decode = parseExemplar
		}
		from := uint32(0)
		for _, at := range c.quoted.at {
			e, ok := decode(c.quoted.text[from:at.end])
			from = at.end
			if ok && !yield(int(at.pos), e) {
				return
			}
		}
	}
}

// parseExemplar decodes an exemplar of OpenMetrics.
func parseExemplar(text []byte) (e exemplar.Exemplar, ok bool) {
	body := slices.Concat([]byte("# TYPE x counter\nx_total 1 # "), text, []byte("\n# EOF\n"))
	p := textparse.NewOpenMetricsParser(body, nil)
	for {
		switch entry, err := p.Next(); {
		case err != nil:
			return e, false
		case entry == textparse.EntrySeries:
			ok = p.Exemplar(&e)
			return e, ok
		}
	}
}

// decodeExemplar decodes an exemplar of protobuf.
func decodeExemplar(message []byte) (e exemplar.Exemplar, ok bool) {
	var x dto.Exemplar
	if proto.Unmarshal(message, &x) != nil {
		return e, false
	}
	var b labels.ScratchBuilder
	for _, l := range x.Label {
		b.Add(l.GetName(), l.GetValue())
	}
	b.Sort()
	e.Labels, e.Value = b.Labels(), x.GetValue()
	if t := x.GetTimestamp(); t != nil {
		e.HasTs, e.Ts = true, t.GetSeconds()*1000+int64(t.GetNanos())/1e6
	}
	return e, true
}
