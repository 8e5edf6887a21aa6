package lines

import (
	"iter"
	"slices"
	"unsafe"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/prometheus/model/exemplar"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/textparse"
	"google.golang.org/protobuf/proto"
)

// exemplars are those of a body, as they are written there. Reading a body copies
// them and no more: few are ever decoded. What a sample costs that has none does
// not change.
type exemplars struct {
	at   []exemplarAt // by position; a position may have several
	text []byte       // of all of them, in their order
	left int          // that were not kept, for the limit
}

// exemplarAt is the position of an exemplar's line, and where its text ends.
type exemplarAt struct{ pos, end uint32 }

func (x *exemplars) reset() { x.at, x.text, x.left = x.at[:0], x.text[:0], 0 }

func (x *exemplars) bytes() int { return cap(x.at)*int(unsafe.Sizeof(exemplarAt{})) + cap(x.text) }

func (x *exemplars) clone() exemplars {
	return exemplars{slices.Clone(x.at), slices.Clone(x.text), x.left}
}

func (x *exemplars) replace(from *exemplars) {
	x.at, x.text, x.left = replace(x.at, from.at), replace(x.text, from.text), from.left
}

// all yields them with the positions of their lines. in is the format of the body.
func (x *exemplars) all(in format) iter.Seq2[int, exemplar.Exemplar] {
	return func(yield func(int, exemplar.Exemplar) bool) {
		decode := decodeExemplar
		if in == openMetrics {
			decode = parseExemplar
		}
		from := uint32(0)
		for _, at := range x.at {
			e, ok := decode(x.text[from:at.end])
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
