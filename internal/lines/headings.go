package lines

import (
	"strconv"

	"github.com/prometheus/common/model"
)

// A heading of protobuf and of samples from elsewhere is what the text format
// would have in front of the family.

// appendHeading appends the comments of a family.
func appendHeading[T string | []byte](b []byte, name, help, unit T, typ model.MetricType) []byte {
	if len(help) > 0 {
		b = appendComment(b, "HELP", name, help)
	}
	b = appendComment(b, "TYPE", name, T(typ))
	if len(unit) > 0 {
		b = appendComment(b, "UNIT", name, unit)
	}
	return b
}

// appendComment appends one comment. It escapes line feeds and backslashes.
func appendComment[T string | []byte](b []byte, word string, name, text T) []byte {
	b = append(append(append(b, "# "...), word...), ' ')
	if nameLen(name) == len(name) {
		b = append(b, name...)
	} else {
		b = strconv.AppendQuote(b, string(name))
	}
	b = append(b, ' ')
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
