package main

import (
	"fmt"
	"strconv"

	"github.com/promfold/promfold/examples/internal/example"
)

// render returns the rounds of the demo as a table.
func render(rounds []round) []example.Line {
	var t example.Table
	t.Right("s", "load/s", "seen/s", "replicas", "each/s", "|  naive/s", "replicas", "each/s")
	t.Left("")
	for _, r := range rounds {
		row := []example.Span{example.Normal(fmt.Sprintf("%3d", r.Second)), example.Normal(fmt.Sprintf("%.0f", r.Load))}
		row = append(append(row, r.Here.cells()...), r.Naive.cells()...)
		text := r.What
		if r.Here.Why != "" {
			if text != "" {
				text += "; "
			}
			text += "stays as it is: " + r.Here.Why
		}
		t.Add(append(row, example.Warning(text))...)
	}
	return t.Lines()
}

// cells are what was seen, what is wanted, and what each replica has to do. More
// than one can do is an alarm.
func (s *side) cells() []example.Span {
	seen := example.Notice("unknown")
	if s.Seen != nil {
		seen = example.Normal(fmt.Sprintf("%.0f", *s.Seen))
	}
	each := example.Normal(fmt.Sprintf("%.0f", s.Load))
	if s.Load > capacity {
		each = example.Alarm(fmt.Sprintf("%.0f !", s.Load))
	}
	return []example.Span{seen, example.Bold(strconv.Itoa(s.Replicas)), each}
}
