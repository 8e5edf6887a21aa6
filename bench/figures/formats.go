package main

import (
	"bytes"
	"compress/gzip"
	"maps"
	"slices"

	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/textparse"

	"github.com/promfold/promfold/bench"
	"github.com/promfold/promfold/internal/lines"
)

// formatFigures compare reading other formats than text, and what unpacking
// costs. The bodies are those of the steady instance, written anew.
func formatFigures(d *data, rounds int) []figure {
	st := labels.NewSymbolTable()
	list := d.steady
	in := func(name string, format expfmt.Format, parser func(body []byte) textparse.Parser) figure {
		bodies := rewrite(list, format)
		rd := newReading()
		read := func(body []byte) int {
			rd.as = string(format)
			return rd.read("a", body)
		}
		var lines []int
		for _, b := range bodies {
			lines = append(lines, read(b))
		}
		return compare(name, rounds, len(bodies), false,
			way{run: func() (n int) {
				for _, b := range bodies {
					n += read(b)
				}
				return n
			}},
			way{run: func() (n int) {
				for i, b := range bodies {
					v, err := bench.WalkLabelsOf(parser(b))
					must(err)
					sink += v
					n += lines[i]
				}
				return n
			}})
	}
	return []figure{
		in("read/openmetrics", expfmt.NewFormat(expfmt.TypeOpenMetrics), func(b []byte) textparse.Parser { return textparse.NewOpenMetricsParser(b, st) }),
		in("read/protobuf", expfmt.NewFormat(expfmt.TypeProtoDelim), func(b []byte) textparse.Parser {
			return textparse.NewProtobufParser(b, false, true, false, false, st)
		}),
		gunzip(list, rounds),
	}
}

// gunzip is how many times longer a packed body takes than one that is not.
func gunzip(list []scrape, rounds int) figure {
	rd := newReading()
	var packed [][]byte
	for _, s := range list {
		var b bytes.Buffer
		z := gzip.NewWriter(&b)
		_, err := z.Write(s.body)
		must(err)
		must(z.Close())
		packed = append(packed, b.Bytes())
	}
	var unpack lines.Decompressor
	plain := each(list, func(s scrape) int { return rd.read("a", s.body) })
	both := way{run: func() (n int) {
		for _, b := range packed {
			body, err := unpack.Body(b, "gzip", 0)
			must(err)
			n += rd.read("a", body)
		}
		return n
	}}
	return compare("read/gunzip", rounds, len(list), true, both, plain)
}

// rewrite writes bodies in another format.
func rewrite(list []scrape, format expfmt.Format) (bodies [][]byte) {
	for _, s := range list {
		families, err := bench.Families(s.body)
		must(err)
		var b bytes.Buffer
		e := expfmt.NewEncoder(&b, format)
		for _, name := range slices.Sorted(maps.Keys(families)) {
			must(e.Encode(families[name]))
		}
		if c, ok := e.(expfmt.Closer); ok {
			must(c.Close())
		}
		bodies = append(bodies, b.Bytes())
	}
	return bodies
}
