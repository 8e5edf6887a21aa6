package cases

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Read returns the cases of a text. An error is a *SyntaxError; file is its.
func Read(file, text string) ([]*Case, error) {
	r := reader{file: file}
	for line := range strings.Lines(text) {
		r.line++
		if why := r.take(strings.TrimSuffix(line, "\n")); why != "" {
			return nil, &SyntaxError{file, r.line, why}
		}
	}
	return r.cases, nil
}

// reader reads line by line. Each method returns what is wrong, or nothing.
type reader struct {
	file  string
	line  int
	cases []*Case
	open  *Scrape // whose body goes on
}

func (r *reader) take(line string) string {
	if body, ok := strings.CutPrefix(line, "> "); ok || line == ">" {
		if r.open == nil {
			return "a body line without a scrape"
		}
		r.open.Body += body + "\n"
		return ""
	}
	r.open = nil
	words := strings.Fields(line)
	switch {
	case len(words) == 0:
		return ""
	case words[0] == "case":
		return r.begin(words[1:])
	case len(r.cases) == 0:
		return "expected case NAME"
	}
	c := r.cases[len(r.cases)-1]
	if why, ok := strings.CutPrefix(line, "#"); ok {
		c.Why = append(c.Why, strings.TrimSpace(why))
		return ""
	}
	if read, ok := settings[words[0]]; ok {
		return read(c, words)
	}
	read, ok := steps[words[0]]
	if !ok {
		return "unknown word " + words[0]
	}
	s, why := read(c, words[1:])
	if why != "" {
		return why
	}
	r.open, _ = s.(*Scrape)
	c.Steps, c.lines = append(c.Steps, s), append(c.lines, r.line)
	return ""
}

func (r *reader) begin(words []string) string {
	if len(words) != 1 {
		return "expected case NAME"
	}
	r.cases = append(r.cases, &Case{Name: words[0], file: r.file, line: r.line})
	return ""
}

// settings read what the fleet is made with, wherever it stands.
var settings = map[string]func(c *Case, words []string) string{
	"since": func(c *Case, words []string) string {
		if len(words) != 2 {
			return "expected since S"
		}
		at, why := readTime(words[1])
		c.Since = &at
		return why
	},
	"window": func(c *Case, words []string) (why string) {
		if len(words) != 2 {
			return "expected window D"
		}
		c.Window, why = readDuration(words[1])
		return why
	},
	"catalogue": func(c *Case, words []string) string {
		if len(words) != 2 || words[1] != "kubernetes" {
			return "expected catalogue kubernetes"
		}
		c.Catalogue = words[1]
		return ""
	},
	"counter": readView, "gauge": readView, "histogram": readView,
}

func readView(c *Case, words []string) string {
	if len(words) < 2 {
		return "expected " + words[0] + " SELECTOR"
	}
	v := View{Kind: words[0], Selector: words[1]}
	for _, opt := range words[2:] {
		name, value, ok := strings.Cut(opt, "=")
		switch {
		case !ok || value == "":
			return "expected opt=value, not " + opt
		case name == "by":
			v.By = strings.Split(value, ",")
		case name == "type":
			v.Type = value
		case name == "combine" && combines[value] != 0:
			v.Combine = value
		case name == "owner" && owners[value] != 0:
			v.Owner = value
		case name == "signed" && value == "true":
			v.Signed = true
		default:
			return "unknown option " + opt
		}
	}
	if c.view(v.Selector) != nil {
		return "two views of " + v.Selector
	}
	c.Views = append(c.Views, v)
	return ""
}

func (c *Case) view(selector string) *View {
	i := slices.IndexFunc(c.Views, func(v View) bool { return v.Selector == selector })
	if i < 0 {
		return nil
	}
	return &c.Views[i]
}

// steps read the steps, without their first word.
var steps = map[string]func(c *Case, words []string) (Step, string){
	"balanced": func(_ *Case, words []string) (Step, string) {
		if len(words) == 2 {
			if n, err := strconv.Atoi(words[1]); err == nil && n >= 0 {
				return &Balanced{words[0], n}, ""
			}
		}
		return nil, "expected balanced TARGET N"
	},
	"expect": func(_ *Case, words []string) (Step, string) {
		if len(words) == 0 {
			return nil, "expected expect TARGET…"
		}
		return &Expect{words}, ""
	},
	"scrape": readScrape,
	"fail": func(_ *Case, words []string) (Step, string) {
		if len(words) != 3 || failures[words[2]] == nil {
			return nil, "expected fail TARGET T refused|timeout"
		}
		at, why := readTime(words[1])
		return &Fail{words[0], at, words[2]}, why
	},
	"gone": func(_ *Case, words []string) (Step, string) {
		if len(words) != 2 {
			return nil, "expected gone TARGET T"
		}
		at, why := readTime(words[1])
		return &Gone{words[0], at}, why
	},
	"ask": readAsk,
}

func readScrape(_ *Case, words []string) (Step, string) {
	if len(words) < 2 {
		return nil, "expected scrape TARGET T"
	}
	at, why := readTime(words[1])
	if why != "" {
		return nil, why
	}
	s := &Scrape{Target: words[0], At: at}
	for _, word := range words[2:] {
		name, value, ok := strings.Cut(word, "=")
		header, isHeader := strings.CutPrefix(name, "header:")
		switch {
		case word == "protobuf":
			s.Proto = true
		case !ok || name == "" || header == "":
			return nil, "unknown word " + word
		case isHeader:
			s.Header = append(s.Header, [2]string{header, strings.ReplaceAll(value, "_", " ")})
		default:
			s.Labels = append(s.Labels, [2]string{name, value})
		}
	}
	return s, ""
}

func readAsk(c *Case, words []string) (Step, string) {
	if len(words) < 5 {
		return nil, "expected ask T WINDOW VIEW QUESTION EXPECT"
	}
	a := &Ask{View: words[2], Question: Question{Word: words[3]}}
	var why string
	if a.At, why = readTime(words[0]); why != "" {
		return nil, why
	}
	if words[1] != "all" {
		if a.Window, why = readDuration(words[1]); why != "" {
			return nil, why
		}
	}
	if c.view(a.View) == nil {
		return nil, "no view " + a.View
	}
	param, ok := questions[a.Question.Word]
	if !ok {
		return nil, "unknown question " + a.Question.Word
	}
	words = words[4:]
	if param {
		if a.Question.Param, why = readNumber(words[0]); why != "" {
			return nil, why
		}
		words = words[1:]
	}
	a.Expect, why = readExpectation(words)
	return a, why
}

func readExpectation(words []string) (e Expectation, why string) {
	if len(words) == 0 {
		return e, "no expectation"
	}
	e.Word, words = words[0], words[1:]
	tolerant := false
	switch e.Word {
	case "none":
		if len(words) > 0 {
			return e, "unknown word " + words[0]
		}
		return e, ""
	case "value", "warns-or-value":
		tolerant = true
	case "holds", "atmost":
	default:
		return e, "unknown expectation " + e.Word
	}
	if len(words) == 0 {
		return e, e.Word + " without a number"
	}
	if e.X, why = readNumber(words[0]); why != "" || len(words) == 1 {
		return e, why
	}
	percent, hasSign := strings.CutPrefix(words[1], "±")
	percent, hasUnit := strings.CutSuffix(percent, "%")
	if !tolerant || !hasSign || !hasUnit || len(words) > 2 {
		return e, "unknown word " + words[1]
	}
	e.Percent, why = readNumber(percent)
	return e, why
}

func readNumber(word string) (float64, string) {
	x, err := strconv.ParseFloat(word, 64)
	if err != nil || math.IsNaN(x) {
		return 0, fmt.Sprintf("%q is no number", word)
	}
	return x, ""
}

// readTime reads seconds since Epoch, to the millisecond.
func readTime(word string) (time.Duration, string) {
	x, why := readNumber(word)
	if why == "" && math.Abs(x) > 1e8 {
		why = word + " is too far from the epoch"
	}
	return time.Duration(math.Round(x*1000)) * time.Millisecond, why
}

func readDuration(word string) (time.Duration, string) {
	d, err := time.ParseDuration(word)
	if err != nil || d <= 0 {
		return 0, fmt.Sprintf("%q is no duration", word)
	}
	return d, ""
}
