package lines

import (
	"strconv"
	"strings"
)

// Help collects what HELP comments say. The zero value is ready. The first
// non-empty text of a family counts.
type Help struct {
	read  map[uint32]bool // headings
	texts map[string]string
}

// Of returns the help text of a family; ok is false if there is none.
func (h *Help) Of(family string) (text string, ok bool) {
	text, ok = h.texts[family]
	return text, ok
}

// Read adds the comments of an instance's body.
func (h *Help) Read(s *Store, c *Columns) {
	if h.read == nil {
		h.read, h.texts = map[uint32]bool{}, map[string]string{}
	}
	for _, x := range c.headings {
		if h.read[x.id] {
			continue
		}
		h.read[x.id] = true
		for line := range strings.Lines(s.headings.text(x.id)) {
			if name, text, ok := helpOf(line); ok && h.texts[name] == "" && text != "" {
				h.texts[name] = text
			}
		}
	}
}

// helpOf reads a HELP comment as exporters write it, with one blank between its
// parts. (Family.Help has what textparse reads, but only of the first body.)
func helpOf(line string) (name, text string, ok bool) {
	rest, ok := strings.CutPrefix(strings.TrimSuffix(line, "\n"), "# HELP ")
	if !ok {
		return "", "", false
	}
	if quoted, err := strconv.QuotedPrefix(rest); err == nil {
		name, err = strconv.Unquote(quoted)
		rest, ok = strings.CutPrefix(rest[len(quoted):], " ")
		return name, helpUnescaper.Replace(rest), ok && err == nil
	}
	name, rest, ok = strings.Cut(rest, " ")
	return name, helpUnescaper.Replace(rest), ok
}

var helpUnescaper = strings.NewReplacer(`\\`, `\`, `\n`, "\n")
