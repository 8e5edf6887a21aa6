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
	last    int          // which of them is written last
	known   bool         // text was read
	empty   bool         // a label is empty
	bound   float64      // of the label that is rewritten; NaN if there is none
	builder labels.ScratchBuilder
	floats  map[string]float // by a bound as it is written
}

// plainLabel is where a label is in a text.
type plainLabel struct{ name, nameEnd, value, valueEnd uint32 }

// maxFloats bounds plain.floats.
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
	if len(p.labels) == 0 || p.empty {
		return false
	}
	l := &p.labels[p.last]
	at := int(l.value)
	if len(text) < at || string(text[:at]) != string(p.text[:at]) {
		return false
	}
	end := plainEnd(text, at)
	if end == at || string(text[end:]) != `"} ` {
		return false
	}
	p.text, l.valueEnd = text, uint32(end)
	return true
}

func (p *plain) readAll(text []byte, name int) (ok bool) {
	p.text, p.name, p.labels, p.empty = text, name, p.labels[:0], false
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
	p.last = len(p.labels) - 1
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
		}
	}
	for p.labels[p.last] != written {
		p.last--
	}
	return true
}

// set returns the labels of the text with the metric's name, whose length it is
// given. A bound under a TYPE comment that rewrites bounds is written as textparse
// writes it.
func (p *plain) set(name int, f *family) labels.Labels {
	rewritten := ""
	switch f.rewrites() {
	case meaningHistogram:
		rewritten = labels.BucketLabel
	case meaningSummary:
		rewritten = model.QuantileLabel
	}
	p.bound = math.NaN()
	b := &p.builder
	b.Reset()
	named := false
	for _, l := range p.labels {
		label, value := view(p.nameOf(l)), view(p.text[l.value:l.valueEnd])
		if !named && label > model.MetricNameLabel {
			b.Add(model.MetricNameLabel, view(p.text[:name]))
			named = true
		}
		if label == rewritten {
			f := p.float(value)
			value, p.bound = f.text, f.v
		}
		b.Add(label, value)
	}
	if !named {
		b.Add(model.MetricNameLabel, view(p.text[:name]))
	}
	return b.Labels() // a copy
}

// float is a number and how textparse writes it.
type float struct {
	text string
	v    float64 // NaN if the text is no number
}

// float returns the number that a text writes.
func (p *plain) float(text string) float {
	f, ok := p.floats[text]
	if ok {
		return f
	}
	v, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return float{text, math.NaN()}
	}
	if p.floats == nil || len(p.floats) == maxFloats {
		p.floats = map[string]float{}
	}
	f = float{labels.FormatOpenMetricsFloat(v), v + 0} // −0 is written as 0
	p.floats[strings.Clone(text)] = f
	return f
}

// view returns a string of the same memory as b.
func view(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }

// copiesLabels says that labels, once built, share no memory with what they were
// built from.
const copiesLabels = labels.ImplementationName == "stringlabels"
