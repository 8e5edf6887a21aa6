package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/prometheus/prometheus/promql/parser"

	"github.com/promfold/promfold/aggregate/catalogue"
)

// report is what was found in all files.
type report struct {
	Expressions int
	Findings    []finding
	Ignored     []finding // that a comment silences
	Skipped     []skipped
	Unread      []string // files in directories that are no YAML or JSON
	Troubles    []string // files that could not be read, comments that are wrong
}

// finding is a wrong expression, with the input that shows it.
type finding struct {
	source
	Rule, What, Why string
	Part            string // of the expression that is wrong, as PromQL prints it
	Input           []string
	Asked           string
	Theirs, Ours    string // both numbers
	PromQL, View    string // what to ask instead
	Note            string
	Level           level
	Reason          string // it is ignored for
}

// level is how sure it is that nobody wants the number, as SARIF calls it.
type level string

const (
	wrong level = "error" // it is no answer to any question
	meant level = "note"  // it may be meant, by somebody who knows when it falls
)

// counts reports whether a finding changes the exit status.
func (r *report) counts(strict bool) bool {
	return slices.ContainsFunc(r.Findings, func(f finding) bool { return strict || f.Level == wrong })
}

// skipped is an expression that is not PromQL.
type skipped struct {
	source
	Why string
}

// check asks every rule about every expression.
func check(sources []source) report {
	k := learn(sources)
	r := report{Expressions: len(sources)}
	for _, s := range sources {
		e, err := parse(s.Text)
		if err != nil {
			r.Skipped = append(r.Skipped, skipped{s, firstLine(err.Error())})
			continue
		}
		ignores, err := ignoresOf(s)
		if err != nil {
			r.Troubles = append(r.Troubles, fmt.Sprintf("%s:%d: %v", s.File, s.Line, err))
		}
		for _, f := range k.findings(s, e) {
			if reason, ok := ignores[f.Rule]; ok {
				f.Reason = reason
				r.Ignored = append(r.Ignored, f)
			} else {
				r.Findings = append(r.Findings, f)
			}
		}
	}
	return r
}

// learn reads what the files themselves say of metrics.
func learn(sources []source) *knowledge {
	k := &knowledge{catalogue: catalogue.Kubernetes(), rated: map[string]bool{}, recorded: map[string]source{}}
	for _, s := range sources {
		if s.Record != "" {
			k.recorded[s.Record] = s
		}
		e, err := parse(s.Text)
		if err != nil {
			continue
		}
		parser.Inspect(e, func(n parser.Node, _ []parser.Node) error {
			if c, ok := n.(*parser.Call); ok {
				if s, ok := rated(c); ok {
					k.rated[s.Name] = true
				}
			}
			return nil
		})
	}
	return k
}

// proven is a suspicion that both numbers confirm.
type proven struct {
	rule  rule
	match *match
	proof proof
	at    int // of the node at which it was found, in the expression
}

// prove returns what rules prove of one expression; e is changed. The outermost
// part that is wrong is told, not what is inside it, but for metrics that are
// gone.
func (k *knowledge) prove(e parser.Expr) (found []proven) {
	normalise(e)
	outer := &parser.ParenExpr{Expr: e}
	_, recorded := expand(outer, k, 0)
	done := map[parser.Node]bool{}
	parser.Inspect(outer, func(n parser.Node, path []parser.Node) error {
		expr, ok := n.(parser.Expr)
		if !ok || n == outer || recorded[n] {
			return nil
		}
		inside := slices.ContainsFunc(path, func(p parser.Node) bool { return done[p] })
		for _, r := range rules {
			if inside && r.name != goneMetric.name {
				continue
			}
			m := r.find(k, expr, path[1:])
			if m == nil {
				continue
			}
			// What is not shown is not said: both agree, or one cannot be asked.
			if p, err := m.prove(); err == nil && p.wrong(m.empty) {
				found = append(found, proven{r, m, p, int(expr.PositionRange().Start)})
				done[m.part] = true
				return nil
			}
		}
		return nil
	})
	return found
}

// findings returns what is wrong with an expression of a file.
func (k *knowledge) findings(s source, e parser.Expr) (found []finding) {
	for _, p := range k.prove(e) {
		f := p.finding()
		f.source = s
		if s.Multi {
			f.Line += strings.Count(s.Text[:min(p.at, len(s.Text))], "\n")
		}
		found = append(found, f)
	}
	return dedupe(found)
}

// dedupe leaves out what was found twice, as the part of two nodes.
func dedupe(list []finding) (kept []finding) {
	for _, f := range list {
		if !slices.ContainsFunc(kept, func(o finding) bool { return o.Rule == f.Rule && o.Part == f.Part }) {
			kept = append(kept, f)
		}
	}
	return kept
}

// finding writes what was proven in words.
func (p proven) finding() finding {
	m := p.match
	f := finding{
		Rule: p.rule.name, What: p.rule.what, Why: p.rule.why, Part: masked(m.part.String()), Asked: m.asked,
		Theirs: "no result", Ours: p.proof.ours.String(), PromQL: masked(m.promql), View: masked(m.view), Note: masked(m.note),
		Level: wrong,
	}
	if m.meant {
		f.Level = meant
	}
	if p.proof.answered {
		f.Theirs = fmt.Sprintf("%.6g", p.proof.theirs)
	}
	for _, line := range m.input.describe() {
		f.Input = append(f.Input, masked(line))
	}
	return f
}

func firstLine(s string) string {
	s, _, _ = strings.Cut(s, "\n")
	return s
}
