package lines

import (
	"strconv"
	"strings"
)

// Help gathers what HELP comments say. The zero value is ready. Of several
// comments on one family the first one read stands.
type Help struct {
	read  map[uint32]bool // headings
	texts map[string]string
}

// Of is what is said about a family.
func (h *Help) Of(family string) (string, bool) {
	text, ok := h.texts[family]
	return text, ok
}

// Read takes in the comments of an instance's body.
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

// helpOf reads a HELP comment as exporters write it, with one blank between
// its parts. (As textparse reads it, it is in Family.Help, but only that of the
// body that came first.)
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
