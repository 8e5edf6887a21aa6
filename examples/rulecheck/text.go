package main

import (
	"fmt"
	"io"
	"strings"
)

// writeText writes each finding as a paragraph, and a line for all.
func writeText(w io.Writer, r report) error {
	var b strings.Builder
	for _, f := range r.Findings {
		fmt.Fprintf(&b, "%s:%d: %s%s: %s\n", f.File, f.Line, map[bool]string{true: "note: "}[f.Level == meant], f.Rule, f.What)
		if f.Title != "" {
			fmt.Fprintf(&b, "  in       %s\n", f.Title)
		}
		fmt.Fprintf(&b, "  part     %s\n", f.Part)
		fmt.Fprintf(&b, "  why      %s\n", f.Why)
		for i, line := range f.Input {
			fmt.Fprintf(&b, "  %-8s %s\n", map[bool]string{true: "input"}[i == 0], line)
		}
		fmt.Fprintf(&b, "  PromQL   %s (%s)\n", f.Theirs, f.Asked)
		fmt.Fprintf(&b, "  promfold %s\n", f.Ours)
		if f.PromQL != "" {
			fmt.Fprintf(&b, "  instead  %s\n", f.PromQL)
		}
		fmt.Fprintf(&b, "  %-8s %s\n", map[bool]string{true: "instead", false: "or"}[f.PromQL == ""], f.View)
		if f.Note != "" {
			fmt.Fprintf(&b, "  note     %s\n", f.Note)
		}
		b.WriteByte('\n')
	}
	for _, f := range r.Ignored {
		fmt.Fprintf(&b, "%s:%d: %s: ignored: %s\n", f.File, f.Line, f.Rule, f.Reason)
	}
	fmt.Fprintf(&b, "%s, %s", count(r.Expressions, "expression"), count(len(r.Findings), "finding"))
	if n := len(r.Ignored); n > 0 {
		fmt.Fprintf(&b, ", %d ignored", n)
	}
	if n := len(r.Skipped); n > 0 {
		fmt.Fprintf(&b, ", %d not PromQL", n)
	}
	b.WriteByte('\n')
	_, err := io.WriteString(w, b.String())
	return err
}

func count(n int, what string) string {
	if n != 1 {
		what += "s"
	}
	return fmt.Sprintf("%d %s", n, what)
}
