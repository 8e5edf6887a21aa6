package lines

import (
	"strconv"
	"strings"

	"github.com/prometheus/common/model"
)

// A heading of protobuf and of samples from elsewhere is what the text format
// would have in front of the family.

// appendHeading appends the comments of a family.
func appendHeading(b []byte, name, help, unit string, typ model.MetricType) []byte {
	name = quotedName(name)
	if len(help) > 0 {
		b = appendComment(b, "HELP", name, help)
	}
	b = appendComment(b, "TYPE", name, string(typ))
	if len(unit) > 0 {
		b = appendComment(b, "UNIT", name, unit)
	}
	return b
}

// quotedName returns the name of a metric as comments have it.
func quotedName(name string) string {
	if nameLen(name) == len(name) {
		return name
	}
	return strconv.Quote(name)
}

// appendComment appends one comment of a quotedName. It escapes line feeds and
// backslashes.
func appendComment(b []byte, word, name, text string) []byte {
	b = append(append(append(b, "# "...), word...), ' ')
	b = append(append(b, name...), ' ')
	if strings.IndexByte(text, '\\') < 0 && strings.IndexByte(text, '\n') < 0 {
		return append(append(b, text...), '\n')
	}
	for i := range len(text) {
		switch c := text[i]; c {
		case '\\':
			b = append(b, `\\`...)
		case '\n':
			b = append(b, `\n`...)
		default:
			b = append(b, c)
		}
	}
	return append(b, '\n')
}
