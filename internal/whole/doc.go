// Package whole shows a fleet as if it were one instance: all families, each series once.
//
// In come the families that instances declare, totals of counters and histograms, values of gauges, and what has no sum
// over instances. Out go families with their series, as one body would expose them, and for each how many series were
// left out and why.
//
// Of several types for one name, that of the most instances counts. A summary is put together from its count, its sum
// and its quantiles. When a total began is the fleet's answer, not an instance's.
//
// Nothing is added up here: totals come from package ledger, and values of gauges from what the view says of them.
package whole
