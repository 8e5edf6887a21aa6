package main

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/prometheus/common/model"

	"github.com/promfold/promfold/aggregate"
)

type kind int

const (
	counterKind kind = iota
	gaugeKind
	histogramKind
)

// kinds are the words of flags and document, in the order of the document.
var kinds = [...]string{"counter", "gauge", "histogram"}

func (k kind) String() string { return kinds[k] }

// operations combine the instances' values of a gauge.
var operations = map[string]aggregate.Combine{
	"sum": aggregate.Sum, "min": aggregate.Min, "max": aggregate.Max, "mean": aggregate.Mean,
	"consensus": aggregate.Consensus,
}

// uncounted is what an API server exposes in place of a number that it could
// not count.
const uncounted = -1

// spec is one question, as written on the command line.
type spec struct {
	text        string // as given
	kind        kind
	operation   string // gauges
	selector    string // PromQL; the library reads it
	by, without []string
}

var (
	grouped  = regexp.MustCompile(`(?is)^(.*?)\b(by|without)\s*\(([^()]*)\)$`)
	operated = regexp.MustCompile(`(?s)^(\w+)\s*\((.*)\)$`)
)

// parseSpec takes apart
//
//	[operation "("] selector [")"] [("by"|"without") "(" [label {"," label}] ")"]
//
// The flag package adds the text to its errors.
func parseSpec(k kind, text string) (spec, error) {
	s := spec{text: text, kind: k, selector: strings.TrimSpace(text)}
	if k == gaugeKind {
		s.operation = "sum"
	}
	if m := grouped.FindStringSubmatch(s.selector); m != nil {
		s.selector = strings.TrimSpace(m[1])
		list := &s.by
		if strings.EqualFold(m[2], "without") {
			list = &s.without
		}
		var err error
		if *list, err = labelList(m[3]); err != nil {
			return spec{}, err
		}
	}
	if m := operated.FindStringSubmatch(s.selector); m != nil {
		_, known := operations[m[1]]
		switch {
		case k != gaugeKind:
			return spec{}, fmt.Errorf("%s( does not fit a %s; an operation is for gauges", m[1], k)
		case !known:
			return spec{}, fmt.Errorf("unknown operation %s; use sum, min, max, mean or consensus", m[1])
		}
		s.operation, s.selector = m[1], strings.TrimSpace(m[2])
	}
	if s.selector == "" {
		return spec{}, errors.New("the metric is missing")
	}
	return s, nil
}

// labelList reads the names between parentheses. A name that PromQL quotes is
// quoted here, too. A comma may end the list. A name given twice counts once.
func labelList(text string) (names []string, err error) {
	text = strings.TrimSuffix(strings.TrimSpace(text), ",")
	if strings.TrimSpace(text) == "" {
		return nil, nil
	}
	for name := range strings.SplitSeq(text, ",") {
		name = strings.TrimSpace(name)
		if plain, err := strconv.Unquote(name); err == nil {
			name = plain
		} else if !model.LegacyValidation.IsValidLabelName(name) {
			return nil, fmt.Errorf("%q is not the name of a label", name)
		}
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names, nil
}

// metric returns the metric that a selector names before its braces.
func (s *spec) metric() string {
	name, _, _ := strings.Cut(s.selector, "{")
	return strings.TrimSpace(name)
}

// view returns the view to declare. A window of sinceStart needs totals only.
func (s *spec) view(totalsOnly bool) aggregate.View {
	v := aggregate.View{Select: s.selector, By: s.by, Without: s.without}
	if s.kind != gaugeKind {
		v.TotalsOnly = totalsOnly
		return v
	}
	if v.Combine = operations[s.operation]; v.Combine == aggregate.Mean || v.Combine == aggregate.Consensus {
		v.Within = aggregate.Sum
	}
	if v.Combine == aggregate.Consensus {
		v.Sentinels = []float64{uncounted}
	}
	return v
}
