package main

import (
	"encoding/json"
	"io"
	"net/url"
	"path/filepath"
	"strings"
)

// Document is what -json writes.
type Document struct {
	Expressions int       `json:"expressions"`
	Findings    []Finding `json:"findings"`
	Ignored     []Finding `json:"ignored,omitempty"`
	NotPromQL   []Place   `json:"notPromQL,omitempty"`
	Unread      []string  `json:"unread,omitempty"`
	Troubles    []string  `json:"troubles,omitempty"`
}

// Place is where an expression stands.
type Place struct {
	File       string `json:"file"`
	Line       int    `json:"line"`
	Title      string `json:"title,omitempty"`
	Expression string `json:"expression"`
	Why        string `json:"why"`
}

// Finding is a wrong expression.
type Finding struct {
	Place
	Rule     string   `json:"rule"`
	Level    level    `json:"level"`
	Part     string   `json:"part"`
	Input    []string `json:"input"`
	Asked    string   `json:"asked"`
	PromQL   string   `json:"promql"`
	Promfold string   `json:"promfold"`
	Instead  string   `json:"instead,omitempty"`
	View     string   `json:"view"`
	Note     string   `json:"note,omitempty"`
	Reason   string   `json:"reason,omitempty"` // it is ignored for
}

func place(s source, why string) Place { return Place{s.File, s.Line, s.Title, s.Text, why} }

func documents(list []finding) []Finding {
	out := []Finding{} // an empty list, not null
	for _, f := range list {
		out = append(out, Finding{place(f.source, f.Why), f.Rule, f.Level, f.Part, f.Input, f.Asked, f.Theirs, f.Ours, f.PromQL, f.View, f.Note, f.Reason})
	}
	return out
}

func writeJSON(w io.Writer, r report) error {
	d := Document{Expressions: r.Expressions, Findings: documents(r.Findings), Ignored: documents(r.Ignored), Unread: r.Unread, Troubles: r.Troubles}
	for _, s := range r.Skipped {
		d.NotPromQL = append(d.NotPromQL, place(s.source, s.Why))
	}
	return indented(w, d)
}

func indented(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(v)
}

type object = map[string]any

// writeSARIF writes the findings for code scanning. What a comment ignores is
// there as suppressed.
func writeSARIF(w io.Writer, r report) error {
	var list []object
	for _, r := range rules {
		list = append(list, object{
			"id": r.name, "shortDescription": object{"text": r.what}, "fullDescription": object{"text": r.why},
			"defaultConfiguration": object{"level": "error"},
		})
	}
	results := []object{}
	for _, f := range append(append([]finding(nil), r.Findings...), r.Ignored...) {
		instead := f.PromQL
		if instead == "" {
			instead = f.View
		}
		one := object{
			"ruleId": f.Rule, "level": f.Level,
			"message": object{"text": f.What + ": " + f.Part + "\n" + f.Why + "\nInput: " + strings.Join(f.Input, "; ") + "\nPromQL: " + f.Theirs + " (" + f.Asked + "); right: " + f.Ours + ".\nInstead: " + instead},
			"locations": []object{{"physicalLocation": object{
				"artifactLocation": object{"uri": uri(f.File)}, "region": object{"startLine": f.Line},
			}}},
		}
		if f.Reason != "" {
			one["suppressions"] = []object{{"kind": "inSource", "justification": f.Reason}}
		}
		results = append(results, one)
	}
	return indented(w, object{
		"$schema": "https://json.schemastore.org/sarif-2.1.0.json", "version": "2.1.0",
		"runs": []object{{
			"tool":    object{"driver": object{"name": "rulecheck", "informationUri": "https://github.com/promfold/promfold", "rules": list}},
			"results": results,
		}},
	})
}

// uri returns the name of a file as SARIF wants it: with slashes, and what is
// special in a URI escaped.
func uri(file string) string { return (&url.URL{Path: filepath.ToSlash(file)}).String() }
