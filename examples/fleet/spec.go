package main

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/prometheus/prometheus/model/labels"
)

type kind int

const (
	counterKind kind = iota
	gaugeKind
	histogramKind
)

// kinds are the flags' and the document's words, in the order of the document.
var kinds = [...]string{"counter", "gauge", "histogram"}

func (k kind) String() string { return kinds[k] }

// operations are what the values of a gauge's instances can be made to.
var operations = []string{"sum", "min", "max", "mean", "fact"}

// spec is one question, as written on the command line.
type spec struct {
	text        string // as given
	kind        kind
	operation   string // gauges
	metric      string
	where       []*labels.Matcher
	by, without []string
}

// specError says where in a SPEC something else should stand.
type specError struct {
	text    string
	column  int // in bytes, from 1
	problem string
}

func (e *specError) Error() string {
	return fmt.Sprintf("%q: column %d: %s", e.text, e.column, e.problem)
}

// parseSpec reads
//
//	[operation "("] metric ["{" [matcher {"," matcher} [","]] "}"] [")"] [("by"|"without") "(" [label {"," label}] ")"]
//
// with blanks wherever PromQL allows them.
func parseSpec(k kind, text string) (spec, error) {
	p := &specParser{text: text}
	s := spec{text: text, kind: k}
	if err := p.spec(&s); err != nil {
		return spec{}, err
	}
	return s, nil
}

type specParser struct {
	text string
	at   int // the byte to be read next
}

func (p *specParser) spec(s *spec) (err error) {
	start := p.skip()
	if s.metric, err = p.name("a metric", true); err != nil {
		return err
	}
	inside := p.accept('(')
	if inside {
		switch {
		case s.kind != gaugeKind:
			return p.fail(start, "%s( does not go with a %s, an operation is for gauges", s.metric, s.kind)
		case !slices.Contains(operations, s.metric):
			return p.fail(start, "unknown operation %s, one of %s", s.metric, strings.Join(operations, ", "))
		}
		s.operation = s.metric
		if s.metric, err = p.name("a metric", true); err != nil {
			return err
		}
	} else if s.kind == gaugeKind {
		s.operation = "sum"
	}
	if p.accept('{') {
		if err := p.matchers(s); err != nil {
			return err
		}
	}
	if inside && !p.accept(')') {
		return p.expected("“)” after the metric")
	}
	return p.grouping(s)
}

// matchers reads what follows “{”.
func (p *specParser) matchers(s *spec) error {
	for !p.accept('}') {
		at := p.skip()
		name, err := p.label(s)
		if err != nil {
			return err
		}
		op, err := p.operator()
		if err != nil {
			return err
		}
		value, err := p.quoted()
		if err != nil {
			return err
		}
		m, err := labels.NewMatcher(op, name, value)
		if err != nil {
			return p.fail(at, "%v", err)
		}
		s.where = append(s.where, m)
		if !p.accept(',') && p.next() != '}' {
			return p.expected("“,” or “}”")
		}
	}
	return nil
}

func (p *specParser) operator() (labels.MatchType, error) {
	p.skip()
	// The longer ones first: = begins =~.
	for _, op := range []labels.MatchType{labels.MatchRegexp, labels.MatchNotRegexp, labels.MatchNotEqual, labels.MatchEqual} {
		if strings.HasPrefix(p.text[p.at:], op.String()) {
			p.at += len(op.String())
			return op, nil
		}
	}
	return 0, p.expected("one of = != =~ !~")
}

// quoted reads a string in ", ' or `, with the escapes of Go, as PromQL does.
func (p *specParser) quoted() (string, error) {
	start := p.skip()
	quote := p.next()
	if quote != '"' && quote != '\'' && quote != '`' {
		return "", p.expected("a value in quotes")
	}
	p.at++
	if quote == '`' {
		raw, _, ok := strings.Cut(p.text[p.at:], "`")
		if !ok {
			return "", p.fail(start, "this quote is not closed")
		}
		p.at += len(raw) + 1
		return raw, nil
	}
	var value strings.Builder
	for p.next() != quote {
		if p.at == len(p.text) {
			return "", p.fail(start, "this quote is not closed")
		}
		r, multibyte, rest, err := strconv.UnquoteChar(p.text[p.at:], quote)
		if err != nil {
			return "", p.fail(p.at, "no such escape")
		}
		if multibyte {
			value.WriteRune(r)
		} else {
			value.WriteByte(byte(r))
		}
		p.at = len(p.text) - len(rest)
	}
	p.at++
	return value.String(), nil
}

// grouping reads the rest: by (…), without (…) or nothing.
func (p *specParser) grouping(s *spec) error {
	start := p.skip()
	if start == len(p.text) {
		return nil
	}
	word, _ := p.name("", false)
	list := &s.by
	switch strings.ToLower(word) {
	case "by":
	case "without":
		list = &s.without
	default:
		return p.fail(start, "expected by, without or the end, found %s", p.found(start))
	}
	if !p.accept('(') {
		return p.expected("“(” after " + word)
	}
	for !p.accept(')') {
		name, err := p.label(s)
		if err != nil {
			return err
		}
		*list = append(*list, name)
		if !p.accept(',') && p.next() != ')' {
			return p.expected("“,” or “)”")
		}
	}
	if end := p.skip(); end < len(p.text) {
		return p.expected("the end")
	}
	return nil
}

// label reads a label's name. A histogram cannot be taken apart by its buckets.
func (p *specParser) label(s *spec) (string, error) {
	start := p.skip()
	name, err := p.name("a label", false)
	if err == nil && s.kind == histogramKind && name == labels.BucketLabel {
		return "", p.fail(start, "le names the buckets of a histogram, not a series")
	}
	return name, err
}

// name reads a metric's or a label's name; only metrics have colons.
func (p *specParser) name(what string, colons bool) (string, error) {
	start := p.skip()
	for p.at < len(p.text) {
		c := p.text[p.at]
		letter := c == '_' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || colons && c == ':'
		if !letter && (p.at == start || c < '0' || c > '9') {
			break
		}
		p.at++
	}
	if p.at == start {
		return "", p.expected("the name of " + what)
	}
	return p.text[start:p.at], nil
}

// skip passes blanks and says where it stopped.
func (p *specParser) skip() int {
	for p.at < len(p.text) && strings.IndexByte(" \t\r\n", p.text[p.at]) >= 0 {
		p.at++
	}
	return p.at
}

// next is the byte to be read next; 0 at the end.
func (p *specParser) next() byte {
	if p.at == len(p.text) {
		return 0
	}
	return p.text[p.at]
}

// accept passes c, and blanks before it, if it comes next.
func (p *specParser) accept(c byte) bool {
	if p.skip(); p.next() != c {
		return false
	}
	p.at++
	return true
}

func (p *specParser) expected(what string) error {
	at := p.skip()
	return p.fail(at, "expected %s, found %s", what, p.found(at))
}

func (p *specParser) found(at int) string {
	if at == len(p.text) {
		return "the end"
	}
	rest := []rune(p.text[at:])
	return strconv.Quote(string(rest[:min(12, len(rest))]))
}

func (p *specParser) fail(at int, format string, args ...any) error {
	return &specError{p.text, at + 1, fmt.Sprintf(format, args...)}
}
