package truth

import (
	"fmt"

	"github.com/promfold/promfold/internal/cases"
)

// quantiles are those that are asked.
var quantiles = []float64{.5, .9, .99}

// questions returns what is asked at each time, without time and window, and
// declares the views for it.
func questions(f *Fleet) []cases.Ask {
	p := &f.program
	var list []cases.Ask
	declared := len(f.Case.Views) > 0
	add := func(v cases.View, questions ...cases.Question) {
		if !declared {
			f.Case.Views = append(f.Case.Views, v)
		}
		for _, q := range questions {
			list = append(list, cases.Ask{View: v.Selector, Question: q})
		}
	}
	word := func(w string) cases.Question { return cases.Question{Word: w} }
	add(cases.View{Kind: "counter", Selector: "c", Owner: p.owner}, word("increase"), word("rate"), word("ratenow"), word("hottest"), word("share"))
	if f.places[0].zones != nil {
		add(cases.View{Kind: "counter", Selector: `c{zone="x"}`, Owner: p.owner}, word("increase"), word("rate"))
	}
	if p.series > 1 {
		add(cases.View{Kind: "counter", Selector: `c{k="1"}`, Owner: p.owner}, word("increase"), word("rate"))
	}
	if p.machine {
		add(cases.View{Kind: "counter", Selector: "x", Owner: one(f.dice, "external", "")}, word("increase"), word("rate"))
	}
	if p.form != "" {
		asks := []cases.Question{word("count"), word("rate")}
		if p.form != summary { // its quantiles are of a time of its own
			for _, q := range quantiles {
				asks = append(asks, cases.Question{Word: "quantile", Param: q})
			}
			asks = append(asks, cases.Question{Word: "over", Param: one(f.dice, one(f.dice, p.bounds...), f.value())})
		}
		add(cases.View{Kind: "histogram", Selector: "h"}, asks...)
	}
	return list
}

// selected is what a view of the case is about.
func selected(selector string) selection {
	v := selection{}
	if n, _ := fmt.Sscanf(selector, "c{zone=%q}", &v.zone); n == 1 {
		return selection{family: "c", zone: v.zone}
	}
	if n, _ := fmt.Sscanf(selector, "c{%s", &v.label); n == 1 {
		return selection{family: "c", label: v.label[:len(v.label)-1]}
	}
	return selection{family: selector}
}
