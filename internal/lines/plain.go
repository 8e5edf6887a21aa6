package lines

import (
	"encoding/binary"
	"math"
	"math/bits"
	"strconv"
	"strings"
	"unsafe"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
)

// A line that the store does not know is read here if it is written as client
// libraries write it: a name, labels in braces without blanks, whose values are
// ASCII without escapes, one blank, a number. plain says "not sure" of every other
// line, and textparse reads it. The first body of a service has nothing but such
// lines, and textparse takes twice as long for them.

// plain is a text of that form.
type plain struct {
	text    []byte
	name    int          // the length of the metric's name
	labels  []plainLabel // by name
	lastly  int          // which of them is written last
	known   bool         // text was read
	empty   bool         // a label is empty
	sorted  bool         // the labels are written by name
	builder labels.ScratchBuilder
	floats

	le, quantile int // which of labels is that; −1: none, or it is empty

	hashed    bool // hash is that of the text without le, under a TYPE comment that means hashedAs
	hashedAs  uint32
	hash      uint64
	canonical []byte // scratch of series
}

// plainLabel is where a label is in a text.
type plainLabel struct{ name, nameEnd, value, valueEnd uint32 }

// maxFloats bounds floats.list.
const maxFloats = 1 << 12

// read finds the labels of a text whose name has so many bytes. ok is false if it
// is not sure.
func (p *plain) read(text []byte, name int) (ok bool) {
	p.known = p.known && p.name == name && p.readLast(text) || p.readAll(text, name)
	return p.known
}

// readLast is read for a text that is the one before up to the value of the last
// label, as the buckets of a histogram are.
func (p *plain) readLast(text []byte) bool {
	if len(p.labels) == 0 {
		return false
	}
	l := &p.labels[p.lastly]
	at := int(l.value)
	if l.value == l.valueEnd || len(text) < at || string(text[:at]) != string(p.text[:at]) {
		return false
	}
	end := plainEnd(text, at)
	if end == at || string(text[end:]) != `"} ` {
		return false
	}
	p.text, l.valueEnd = text, uint32(end)
	p.hashed = p.hashed && p.lastly == p.le
	return true
}

func (p *plain) readAll(text []byte, name int) (ok bool) {
	p.text, p.name, p.labels, p.empty, p.sorted = text, name, p.labels[:0], false, true
	p.le, p.quantile, p.hashed = -1, -1, false
	n := len(text)
	if name == 0 || n < name+1 || text[n-1] != ' ' {
		return false
	}
	if n == name+1 {
		return true
	}
	if text[name] != '{' || text[n-2] != '}' {
		return false
	}
	for i := name + 1; ; {
		l := plainLabel{name: uint32(i)}
		i += labelNameLen(text[i:])
		l.nameEnd, l.value = uint32(i), uint32(i+2)
		if i+2 >= n || int(l.name) == i || text[i] != '=' || text[i+1] != '"' {
			return false
		}
		i = plainEnd(text, i+2)
		if i+1 >= n || text[i] != '"' {
			return false
		}
		l.valueEnd = uint32(i)
		p.empty = p.empty || l.value == l.valueEnd
		p.labels = append(p.labels, l)
		switch text[i+1] {
		case ',':
			i += 2
		case '}':
			return i+3 == n && p.sort()
		default:
			return false
		}
	}
}

// plainEnd returns the offset of the first byte from b[i] on that is a quote, a
// backslash, a control character or not ASCII, or len(b).
func plainEnd(b []byte, i int) int {
	const ones, tops = 0x0101010101010101, 0x8080808080808080
	for ; i+8 <= len(b); i += 8 {
		w := binary.LittleEndian.Uint64(b[i:])
		quote, escape := w^ones*'"', w^ones*'\\'
		// The lowest bit set is that of the first such byte.
		found := (w | (w-ones*' ')&^w | (quote-ones)&^quote | (escape-ones)&^escape) & tops
		if found != 0 {
			return i + bits.TrailingZeros64(found)>>3
		}
	}
	for i < len(b) && b[i] >= ' ' && b[i] < 0x80 && b[i] != '"' && b[i] != '\\' {
		i++
	}
	return i
}

func (p *plain) nameOf(l plainLabel) []byte { return p.text[l.name:l.nameEnd] }

// sort sorts the labels by name. It returns false if two have one name, or if one
// is the metric's name: textparse decides what that means.
func (p *plain) sort() bool {
	written := p.labels[len(p.labels)-1]
	p.lastly = len(p.labels) - 1
	for i := range p.labels {
		name := p.nameOf(p.labels[i])
		if string(name) == model.MetricNameLabel {
			return false
		}
		for j := i; j > 0; j-- {
			before := p.nameOf(p.labels[j-1])
			if before[0] < name[0] || string(before) < string(name) {
				break
			}
			if string(before) == string(name) {
				return false
			}
			p.labels[j-1], p.labels[j] = p.labels[j], p.labels[j-1]
			p.sorted = false
		}
	}
	for p.labels[p.lastly] != written {
		p.lastly--
	}
	p.findBounds()
	return true
}

func (p *plain) findBounds() {
	for i, l := range p.labels {
		switch n := l.nameEnd - l.name; {
		case l.value == l.valueEnd:
		case n == uint32(len(labels.BucketLabel)) && string(p.nameOf(l)) == labels.BucketLabel:
			p.le = i
		case n == uint32(len(model.QuantileLabel)) && string(p.nameOf(l)) == model.QuantileLabel:
			p.quantile = i
		}
	}
}

// rewritten returns which of the labels is written as a float under a TYPE comment
// that means this, −1 if none is.
func (p *plain) rewritten(means uint32) int {
	switch means {
	case meaningHistogram:
		return p.le
	case meaningSummary:
		return p.quantile
	}
	return -1
}

// bound returns the number in that label; NaN if there is none.
func (p *plain) bound(means uint32) float64 {
	i := p.rewritten(means)
	if i < 0 {
		return math.NaN()
	}
	l := p.labels[i]
	return p.float(view(p.text[l.value:l.valueEnd])).v
}

// set returns the labels of the text with the metric's name. A bound under a TYPE
// comment that rewrites bounds is written as textparse writes it.
func (p *plain) set(means uint32) labels.Labels {
	rewritten := p.rewritten(means)
	b := &p.builder
	b.Reset()
	named := false
	for i, l := range p.labels {
		label, value := view(p.nameOf(l)), view(p.text[l.value:l.valueEnd])
		if !named && label > model.MetricNameLabel {
			b.Add(model.MetricNameLabel, view(p.text[:p.name]))
			named = true
		}
		if i == rewritten {
			value = p.float(value).text
		}
		b.Add(label, value)
	}
	if !named {
		b.Add(model.MetricNameLabel, view(p.text[:p.name]))
	}
	return b.Labels() // a copy
}

// float is a number as a body writes it, and as textparse does.
type float struct {
	written, text string
	v             float64 // NaN if the text is no number
}

// floats are those that were read. Histograms of one metric have the same bounds in
// the same order, so one is found behind the one before.
type floats struct {
	list []float
	at   map[string]int // in list, by float.written; nil: none is kept
	last int            // which was asked for last
}

func newFloats() floats { return floats{at: map[string]int{}} }

// float returns the number that a text writes.
func (x *floats) float(text string) float {
	for i := x.last; i < min(x.last+2, len(x.list)); i++ {
		if x.list[i].written == text {
			x.last = i
			return x.list[i]
		}
	}
	if i, ok := x.at[text]; ok {
		x.last = i
		return x.list[i]
	}
	v, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return float{text, text, math.NaN()}
	}
	f := float{strings.Clone(text), labels.FormatOpenMetricsFloat(v), v + 0} // −0 is written as 0
	if x.at == nil {
		return f
	}
	if len(x.list) == maxFloats {
		*x = newFloats()
	}
	x.last, x.at[f.written] = len(x.list), len(x.list)
	x.list = append(x.list, f)
	return f
}

// view returns a string of the same memory as b.
func view(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }

// copiesLabels says that labels, once built, share no memory with what they were
// built from.
const copiesLabels = labels.ImplementationName == "stringlabels"
