package main

import (
	"bufio"
	"cmp"
	"crypto/sha256"
	"fmt"
	"hash"
	"io"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// output is the text of one sequence. Each line belongs to a section, and each
// section has a hash of its own, so that a difference is found by its kind.
type output struct {
	to       *bufio.Writer
	all      hash.Hash
	sections map[string]hash.Hash
	section  hash.Hash
	origin   time.Time // times are printed from here
	line     []byte
	size     int64
}

func newOutput(to io.Writer, origin time.Time) *output {
	return &output{to: bufio.NewWriterSize(to, 1<<20), all: sha256.New(), sections: map[string]hash.Hash{}, origin: origin}
}

// in turns to a section.
func (o *output) in(section string) {
	if o.sections[section] == nil {
		o.sections[section] = sha256.New()
	}
	o.section = o.sections[section]
}

// printf writes a line.
func (o *output) printf(format string, args ...any) {
	o.line = fmt.Appendf(o.line[:0], format, args...)
	o.end()
}

// end writes the line that was made.
func (o *output) end() {
	o.line = append(o.line, '\n')
	o.all.Write(o.line)
	o.section.Write(o.line)
	o.size += int64(len(o.line))
	_, _ = o.to.Write(o.line) // Flush tells
}

// sums returns the hashes: of the whole, then of each section.
func (o *output) sums(name string) []string {
	list := []string{fmt.Sprintf("sha256 %x %s", o.all.Sum(nil), name)}
	for _, section := range slices.Sorted(maps.Keys(o.sections)) {
		list = append(list, fmt.Sprintf("sha256 %x %s %s", o.sections[section].Sum(nil), name, section))
	}
	return list
}

// at prints a time as milliseconds since the first scrape of the sequence.
func (o *output) at(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return strconv.FormatInt(t.Sub(o.origin).Milliseconds(), 10)
}

// num prints all of a number: the shortest decimal that reads as the same float.
func num(x float64) string {
	if math.IsNaN(x) {
		return "NaN"
	}
	return strconv.FormatFloat(x, 'g', -1, 64)
}

// String is the number alone if it is exact.
func (e estimate) String() string {
	switch {
	case !e.ok:
		return "-"
	case e.lo == e.value && e.hi == e.value:
		return num(e.value)
	}
	return num(e.value) + "[" + num(e.lo) + "," + num(e.hi) + "]"
}

func (n named) String() string {
	if !n.ok {
		return "-"
	}
	text := n.instance + ":" + n.estimate.String()
	if n.share != 0 {
		text += ":" + num(n.share)
	}
	return text
}

// String lists what is not 0, in the order of the fields.
func (c coverage) String() string {
	var b strings.Builder
	for i, x := range [...]struct {
		name string
		n    int
	}{
		{"expected", c.expected}, {"missing", c.missing}, {"partial", c.partial}, {"reporting", c.reporting}, {"stale", c.stale},
		{"failed", c.failed}, {"reset", c.reset}, {"duplicates", c.duplicates}, {"ambiguous", c.ambiguous},
	} {
		if x.n != 0 || i == 0 {
			fmt.Fprintf(&b, " %s=%d", x.name, x.n)
		}
	}
	return b.String()[1:]
}

func eventsText(events [eventKinds]int) string {
	var b strings.Builder
	for i, n := range events {
		if n != 0 {
			fmt.Fprintf(&b, " %s:%d", eventNames[i], n)
		}
	}
	return b.String()
}

func flags(names string, set ...bool) string {
	var b strings.Builder
	for i, name := range strings.Fields(names) {
		if set[i] {
			b.WriteString(" " + name)
		}
	}
	return b.String()
}

func byLabels(list []series) []series {
	slices.SortStableFunc(list, func(a, b series) int { return cmp.Compare(a.labels, b.labels) })
	return list
}

// report prints what a scrape did.
func (o *output) report(s scrape, r report, err error) {
	o.in("reports")
	if err != nil {
		o.printf("%s %s refused: %s", o.at(s.time), s.target, refusal(err))
		return
	}
	o.printf("%s %s -> %s life=%d lines=%d changed=%d came=%d went=%d%s candidates=%v partial=%v", o.at(s.time), s.target, r.instance, r.incarnation,
		r.lines, r.changed, r.came, r.went,
		flags("duplicate new restarted ambiguous provisional alternating", r.duplicate, r.fresh, r.restarted, r.ambiguous, r.provisional, r.alternating),
		r.candidates, r.partial)
	o.in("followed")
	o.printf("%s %s grown=%d births=%d resets=%d refused=%d", o.at(s.time), s.target, r.grown, r.births, r.resets, r.refused)
}

// warnings counts those of an answer. Their words are printed on demand alone,
// after their number.
func (o *output) warnings(what string, words bool, groups []*group) {
	o.in("warnings")
	all, n := map[string]int{}, 0
	for _, g := range groups {
		n += len(g.warnings)
		for _, w := range g.warnings {
			all[w]++
		}
	}
	o.printf("%s warnings=%d different=%d", what, n, len(all))
	if words {
		o.in("words")
		for _, w := range slices.Sorted(maps.Keys(all)) {
			o.printf("  %d x %s", all[w], w)
		}
	}
}
