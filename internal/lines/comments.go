package lines

import (
	"bytes"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/textparse"
)

// comments collects what the comments of a heading say.
type comments struct {
	in         format
	family     *family   // in force; one of typed is not the store's yet
	typed      []*family // by the TYPE comments of the heading
	name, help string    // of the last HELP comment
	unit       string    // of the last UNIT comment
	unitOf     string    // its family
}

func (c *comments) add(e entry) {
	switch e.kind {
	case textparse.EntryHelp:
		c.name, c.help = string(e.name), string(e.help)
	case textparse.EntryUnit:
		c.unitOf, c.unit = string(e.name), string(e.help)
	case textparse.EntryType:
		c.family = &family{Family: Family{Name: string(e.name), Type: e.typ}, format: c.in}
		c.typed = append(c.typed, c.family)
	}
	if len(c.typed) == 0 {
		return
	}
	if c.family.Name == c.name {
		c.family.Help = c.help
	}
	if c.family.Name == c.unitOf {
		c.family.Unit = c.unit
	}
}

// families returns the store's families for those that the heading declares.
func (c *comments) families(s *Store) []*family {
	var list []*family
	for _, f := range c.typed {
		list = append(list, s.family(f.Family, c.in))
	}
	return list
}

// plainComment reads the comment at b[at:] if it is a HELP or TYPE comment as client
// libraries write it: one blank between its parts, a help text of printable ASCII
// without escapes. ok is false if it is not sure, and textparse reads the comment. A
// first body has hundreds of them, and textparse needs a window for each.
func plainComment(b []byte, at int) (e entry, ok bool) {
	line, _, ended := bytes.Cut(b[at:], []byte("\n"))
	if !ended {
		return entry{}, false
	}
	e.end = at + len(line) + 1
	const lead = len("# HELP ")
	if len(line) < lead {
		return entry{}, false
	}
	rest := line[lead:]
	n := nameLen(rest)
	if n == 0 || n+1 >= len(rest) || rest[n] != ' ' {
		return entry{}, false
	}
	e.name, rest = rest[:n], rest[n+1:]
	switch string(line[:lead]) {
	case "# HELP ":
		e.kind, e.help = textparse.EntryHelp, rest
		return e, rest[0] != ' ' && isPrintable(rest)
	case "# TYPE ":
		e.kind = textparse.EntryType
		e.typ, ok = plainTypes[string(rest)]
	}
	return e, ok
}

var plainTypes = map[string]model.MetricType{
	"counter": model.MetricTypeCounter, "gauge": model.MetricTypeGauge, "untyped": model.MetricTypeUnknown,
	"histogram": model.MetricTypeHistogram, "summary": model.MetricTypeSummary,
}

// isPrintable reports whether all bytes are printable ASCII but a backslash.
func isPrintable(text []byte) bool {
	for i := 0; i < len(text); i++ {
		if i = plainEnd(text, i); i < len(text) && text[i] != '"' {
			return false
		}
	}
	return true
}
