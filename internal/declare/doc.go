// Package declare turns what a program says of a view into what a fleet keeps of it.
//
// In come [View] values, as a program fills them in, and a [Catalogue] that
// completes them. Out go [Spec] values: a selector that was read, a grouping, how
// values combine. One view may need others, such as that of the gauge that says
// who leads; they stand behind it in the list. What contradicts itself, or does
// not fit the kind, is refused in words.
//
// A view whose selector fixes no name selects every family of its kind, by
// declared type. Counters include the _count and _sum of summaries; gauges
// include infos and state sets. A family without a TYPE has no kind, nor have
// quantiles of summaries: the role [Unmergeable] selects those. Each group has
// the name of its metric as __name__: that of the series, for histograms that of
// the family. Matchers on __name__ compare the same name. The answers equal those
// of views of single metrics, except that a member is listed with 0 only if
// another series of the family is selected.
//
// Nothing here knows a fleet or has seen a scrape.
package declare
