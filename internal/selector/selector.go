package selector

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
)

// Selector selects series.
type Selector struct {
	Metric string // the name that the selector fixes; empty: none
	Where  []*labels.Matcher
}

// Parse reads a PromQL vector selector. The error says at which byte it is
// wrong.
func Parse(text string) (Selector, error) {
	p := &reader{text: text}
	if err := p.parse(); err != nil {
		return Selector{}, fmt.Errorf("selector %q at byte %d: %w", text, p.pos, err)
	}
	for i, m := range p.matchers {
		if m.Name == model.MetricNameLabel && m.Type == labels.MatchEqual && m.Value != "" {
			return Selector{m.Value, append(p.matchers[:i:i], p.matchers[i+1:]...)}, nil
		}
	}
	return Selector{Where: p.matchers}, nil
}

// Every reports whether the selector fixes no name, so that it selects series
// of many metrics.
func (s *Selector) Every() bool { return s.Metric == "" }

// String returns the selector as PromQL, or "" if it is empty.
func (s *Selector) String() string {
	name, list := s.Metric, make([]string, 0, len(s.Where)+1)
	named := func(m *labels.Matcher) bool { return m.Name == model.MetricNameLabel }
	if !model.LegacyValidation.IsValidMetricName(name) || notMetrics[strings.ToLower(name)] || slices.ContainsFunc(s.Where, named) {
		if name = ""; s.Metric != "" {
			list = append(list, model.MetricNameLabel+"="+strconv.Quote(s.Metric))
		}
	}
	for _, m := range s.Where {
		list = append(list, m.String())
	}
	if len(list) == 0 {
		return name
	}
	return name + "{" + strings.Join(list, ",") + "}"
}

// reader is the text of a selector and the place up to which it was read.
type reader struct {
	text     string
	pos      int
	matchers []*labels.Matcher
}

// notMetrics are words that PromQL does not take for the name of a metric
// outside of braces.
var notMetrics = map[string]bool{
	"atan2": true, "bool": true, "group_left": true, "group_right": true, "ignoring": true, "inf": true, "nan": true, "on": true,
}

// parse reads the whole text.
func (p *reader) parse() error {
	p.space()
	start := p.pos
	name := p.word(true)
	if notMetrics[strings.ToLower(name)] {
		p.pos = start
		return fmt.Errorf("%q is a keyword", name)
	}
	if name != "" {
		if err := p.add(labels.MatchEqual, model.MetricNameLabel, name); err != nil {
			return err
		}
		p.space()
	}
	switch {
	case p.take("{"):
		if err := p.list(); err != nil {
			return err
		}
		p.space()
	case name == "":
		return p.expected("the name of a metric or {")
	}
	if p.pos < len(p.text) {
		return p.expected("the end of a vector selector")
	}
	return p.check(name != "")
}

// check refuses two names, and what would select everything by an oversight.
func (p *reader) check(named bool) error {
	if named {
		for _, m := range p.matchers[1:] {
			if m.Name == model.MetricNameLabel {
				return fmt.Errorf("a second name: %q", m.Value)
			}
		}
		return nil
	}
	for _, m := range p.matchers {
		if !m.Matches("") {
			return nil
		}
	}
	return fmt.Errorf("at least one matcher must not match an empty value")
}

// list reads the matchers up to the closing brace.
func (p *reader) list() error {
	for {
		p.space()
		if len(p.text) > p.pos && p.text[p.pos] == '}' {
			break
		}
		if err := p.matcher(); err != nil {
			return err
		}
		p.space()
		if !p.take(",") {
			break
		}
	}
	if !p.take("}") {
		return p.expected("\",\" or \"}\"")
	}
	return nil
}

// matcher reads name op "value", or the metric's name alone, in quotes.
func (p *reader) matcher() error {
	name, quoted := p.word(false), false
	if name == "" {
		var err error
		if name, quoted, err = p.quoted(); err != nil {
			return err
		}
		if !quoted {
			return p.expected("a label name or \"}\"")
		}
	}
	p.space()
	op, ok := p.operator()
	switch {
	case !ok && quoted:
		return p.add(labels.MatchEqual, model.MetricNameLabel, name)
	case !ok:
		return p.expected("=, !=, =~ or !~")
	}
	p.space()
	at := p.pos
	value, ok, err := p.quoted()
	switch {
	case err != nil:
		return err
	case !ok:
		return p.expected("a quoted value")
	}
	if err := p.add(op, name, value); err != nil {
		p.pos = at
		return err
	}
	return nil
}

func (p *reader) add(op labels.MatchType, name, value string) error {
	m, err := labels.NewMatcher(op, name, value)
	if err != nil {
		return err
	}
	p.matchers = append(p.matchers, m)
	return nil
}

func (p *reader) operator() (labels.MatchType, bool) {
	switch {
	case p.take("=~"):
		return labels.MatchRegexp, true
	case p.take("="):
		return labels.MatchEqual, true
	case p.take("!~"):
		return labels.MatchNotRegexp, true
	case p.take("!="):
		return labels.MatchNotEqual, true
	}
	return 0, false
}

// word reads a name; one outside of braces may have colons.
func (p *reader) word(colons bool) string {
	start := p.pos
	for ; p.pos < len(p.text); p.pos++ {
		c := p.text[p.pos]
		letter := 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || c == '_' || colons && c == ':'
		if !letter && (p.pos == start || c < '0' || c > '9') {
			break
		}
	}
	return p.text[start:p.pos]
}

// quoted reads a string in double, single or back quotes; false if there is none.
func (p *reader) quoted() (text string, ok bool, err error) {
	if p.pos == len(p.text) || !strings.Contains("\"'`", p.text[p.pos:p.pos+1]) {
		return "", false, nil
	}
	quote := p.text[p.pos]
	p.pos++
	var b strings.Builder
	for p.pos < len(p.text) {
		c := p.text[p.pos]
		r, size := utf8.DecodeRuneInString(p.text[p.pos:])
		switch {
		case c == quote:
			p.pos++
			return b.String(), true, nil
		case r == utf8.RuneError:
			return "", false, fmt.Errorf("invalid UTF-8")
		case quote != '`' && c == '\n':
			return "", false, fmt.Errorf("a line feed in a string")
		case quote != '`' && c == '\\':
			r, wide, rest, err := strconv.UnquoteChar(p.text[p.pos:], quote)
			if err != nil {
				return "", false, fmt.Errorf("invalid escape in a string")
			}
			p.pos = len(p.text) - len(rest)
			if wide || r < utf8.RuneSelf {
				b.WriteRune(r)
			} else {
				b.WriteByte(byte(r))
			}
			continue
		}
		b.WriteString(p.text[p.pos : p.pos+size])
		p.pos += size
	}
	return "", false, fmt.Errorf("a string without its end")
}

// take reads a token, if it is next.
func (p *reader) take(token string) bool {
	if !strings.HasPrefix(p.text[p.pos:], token) {
		return false
	}
	p.pos += len(token)
	return true
}

// space skips blanks, line feeds and comments.
func (p *reader) space() {
	for p.pos < len(p.text) {
		switch p.text[p.pos] {
		case ' ', '\t', '\n', '\r':
			p.pos++
		case '#':
			if i := strings.IndexByte(p.text[p.pos:], '\n'); i >= 0 {
				p.pos += i
			} else {
				p.pos = len(p.text)
			}
		default:
			return
		}
	}
}

func (p *reader) expected(what string) error {
	if p.pos == len(p.text) {
		return fmt.Errorf("expected %s, not the end", what)
	}
	r, _ := utf8.DecodeRuneInString(p.text[p.pos:])
	return fmt.Errorf("expected %s, not %q", what, r)
}
