// Rulecheck finds the PromQL expressions that give a wrong number for a fleet:
// a rate of a sum, a mean of quantiles, a maximum of buckets, a sum of a value
// that every instance repeats, and others.
//
//	rulecheck [flags] PATH...
//
// A path is a Prometheus rule file, a PrometheusRule, a ConfigMap with
// dashboards, a Grafana dashboard, or a directory of these. Each finding has an
// input on which the expression is wrong: the PromQL engine and the library
// answer it when the program runs, and what they agree on is no finding.
//
// A comment in the expression, or in YAML above it, silences one rule:
//
//	# rulecheck:ignore sum-of-facts this cluster has one API server
//
// What may be meant by somebody who knows its limits, such as a sum of counters as
// they stand, is a note; all other findings are errors. The exit status is 0 without errors, 1 with some, or with -strict
// with notes, and 2 if a flag or a comment is wrong, or a file that is named could
// not be read. Files in a
// directory that are not YAML or JSON, such as templates, are named and left out.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"

	"github.com/promfold/promfold/examples/internal/printable"
)

func main() { os.Exit(run(os.Args[1:], printable.To(os.Stdout), printable.To(os.Stderr))) }

// The exit statuses.
const (
	exitClean    = 0
	exitFindings = 1
	exitTrouble  = 2
)

type options struct {
	json, sarif, rules, verbose, strict bool
	paths                               []string
}

// run checks the paths in args and returns the exit status.
func run(args []string, stdout, stderr io.Writer) int {
	o, err := parseFlags(args, stderr)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return exitClean
	case err != nil:
		fmt.Fprintln(stderr, "rulecheck:", err)
		return exitTrouble
	case o.rules:
		printRules(stdout)
		return exitClean
	}
	sources, troubles, unread := readPaths(o.paths)
	report := check(sources)
	report.Troubles = append(troubles, report.Troubles...)
	report.Unread = unread
	if err := write(o, report, stdout, stderr); err != nil {
		fmt.Fprintln(stderr, "rulecheck:", err)
		return exitTrouble
	}
	switch {
	case len(report.Troubles) > 0:
		return exitTrouble
	case report.counts(o.strict):
		return exitFindings
	}
	return exitClean
}

func parseFlags(args []string, stderr io.Writer) (options, error) {
	var o options
	f := flag.NewFlagSet("rulecheck", flag.ContinueOnError)
	f.SetOutput(stderr)
	f.BoolVar(&o.json, "json", false, "write a JSON document")
	f.BoolVar(&o.sarif, "sarif", false, "write SARIF 2.1.0, for code scanning")
	f.BoolVar(&o.rules, "rules", false, "list the rules and end")
	f.BoolVar(&o.strict, "strict", false, "notes change the exit status, too")
	f.BoolVar(&o.verbose, "v", false, "name the expressions that are not PromQL, too")
	f.Usage = func() {
		fmt.Fprintln(stderr, "usage: rulecheck [flags] PATH...")
		f.PrintDefaults()
	}
	if err := f.Parse(args); err != nil {
		return o, err
	}
	o.paths = f.Args()
	if len(o.paths) == 0 && !o.rules {
		return o, errors.New("no file or directory is named")
	}
	if o.json && o.sarif {
		return o, errors.New("-json and -sarif exclude each other")
	}
	return o, nil
}

// write writes the report to stdout in the format that o asks for. What could
// not be read goes to stderr.
func write(o options, r report, stdout, stderr io.Writer) error {
	for _, t := range r.Troubles {
		fmt.Fprintln(stderr, "rulecheck:", t)
	}
	for _, t := range r.Unread {
		fmt.Fprintln(stderr, "rulecheck: left out:", t)
	}
	if o.verbose {
		for _, s := range r.Skipped {
			fmt.Fprintf(stderr, "rulecheck: %s:%d: not PromQL: %s\n", s.File, s.Line, s.Why)
		}
	}
	switch {
	case o.json:
		return writeJSON(stdout, r)
	case o.sarif:
		return writeSARIF(stdout, r)
	}
	return writeText(stdout, r)
}
