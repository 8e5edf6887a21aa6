package main

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

var ignore = regexp.MustCompile(`#\s*rulecheck:ignore\b[ \t]*(\S*)[ \t]*(.*)`)

// ignoresOf returns the rules that comments in an expression, or above it,
// silence, with the reasons. The error is of comments without a reason, and of
// those that name no rule.
func ignoresOf(s source) (map[string]string, error) {
	reasons := map[string]string{}
	for _, m := range ignore.FindAllStringSubmatch(s.Above+"\n"+s.Text, -1) {
		name, reason := m[1], strings.TrimSpace(m[2])
		if !slices.ContainsFunc(rules, func(r rule) bool { return r.name == name }) {
			return reasons, fmt.Errorf("rulecheck:ignore names no rule: %q", name)
		}
		if reason == "" {
			return reasons, fmt.Errorf("rulecheck:ignore %s says no reason", name)
		}
		reasons[name] = reason
	}
	return reasons, nil
}
