package main

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/prometheus/prometheus/promql/parser"
)

// promQL parses expressions. Experimental functions and modifiers are allowed:
// whether a server has them on is not the question.
var promQL = parser.NewParser(parser.Options{
	EnableExperimentalFunctions: true, ExperimentalDurationExpr: true, EnableExtendedRangeSelectors: true, EnableBinopFillModifiers: true,
})

var (
	duration = regexp.MustCompile(`(\[|:|\boffset\s+-?)(\s*)(\$\{[^}]*\}|\$\w+|\[\[\w+\]\])`)
	variable = regexp.MustCompile(`\$\{[^}]*\}|\$\w+|\[\[\w+(:\w+)?\]\]`)
)

// placeholder stands for a variable of a dashboard, of which nothing is known.
const placeholder = "rulecheck_variable"

const (
	maxExpression = 64 << 10 // bytes: the longest of those that people write are a tenth of it
	maxNested     = 1000     // each rule looks at each part, with all that is in it
)

// parse parses an expression of a dashboard or a rule file. Variables become
// durations where those stand, else a name, else a number. One that nobody
// writes is refused: to check it would take for ever.
func parse(text string) (parser.Expr, error) {
	if len(text) > maxExpression {
		return nil, fmt.Errorf("longer than %d bytes", maxExpression)
	}
	expr, err := read(text)
	if err == nil && nested(expr, maxNested) {
		return nil, fmt.Errorf("nested more than %d deep", maxNested)
	}
	return expr, err
}

// nested reports whether an expression has more than so many in one another.
func nested(n parser.Node, most int) bool {
	if most < 0 {
		return true
	}
	for c := range parser.ChildrenIter(n) {
		if nested(c, most-1) {
			return true
		}
	}
	return false
}

func read(text string) (parser.Expr, error) {
	text = duration.ReplaceAllString(text, "${1}${2}5m")
	expr, err := promQL.ParseExpr(variable.ReplaceAllString(text, placeholder))
	if err != nil && variable.MatchString(text) {
		if e, numbers := promQL.ParseExpr(quotedOnly(text)); numbers == nil {
			return e, nil
		}
	}
	return expr, err
}

// quotedOnly puts the placeholder where a variable stands in quotes, and a
// number elsewhere.
func quotedOnly(text string) string {
	var b strings.Builder
	quote, last := byte(0), 0
	for _, at := range variable.FindAllStringIndex(text, -1) {
		for i := last; i < at[0]; i++ {
			switch c := text[i]; {
			case quote == 0 && (c == '"' || c == '\'' || c == '`'):
				quote = c
			case c == quote && text[i-1] != '\\':
				quote = 0
			}
		}
		b.WriteString(text[last:at[0]])
		if quote != 0 {
			b.WriteString(placeholder)
		} else {
			b.WriteString("0.9")
		}
		last = at[1]
	}
	return b.String() + text[last:]
}

// anywhere reports whether an expression of a dashboard is about a metric that
// a variable names.
func anywhere(s *parser.VectorSelector) bool {
	return s.Name == "" || strings.Contains(s.Name, placeholder)
}
