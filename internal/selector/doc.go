// Package selector reads PromQL vector selectors.
//
// In comes a text such as http_requests_total{code=~"5.."}. Out goes the name of the metric that it fixes, if it fixes
// one, and the other matchers; or an error that says at which byte the text is wrong. A selector writes itself down
// again as PromQL.
//
// The grammar is that of Prometheus 3: names in quotes, three kinds of quotes, comments, a trailing comma. Prometheus'
// own parser is its oracle, in the bench module.
//
// Ranges, offsets, functions and operators are refused: a view selects series, and nothing is evaluated here.
package selector
