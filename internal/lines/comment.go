package lines

import (
	"bytes"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/textparse"
)

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
