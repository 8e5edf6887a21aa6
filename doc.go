// Package promfold says what a fleet does when all you have is the /metrics of
// its instances. This page is the tour. Four packages are public, their engines
// are internal, and data flows through them in one direction:
//
//  1. bytes → lines ([github.com/promfold/promfold/parse]). A body is read
//     against the lines that its instance exposed before: only values that
//     changed cost anything. What the fast path does not understand goes to
//     Prometheus' own parser, which is the authority on the grammar. Nothing is
//     taken from a body that is wrong anywhere.
//
//  2. lines → columns (internal/lines, as is the reading). Each instance has a column of values, in
//     the order of its own body; what a line means is kept once per fleet. The
//     instance is never a label of a series: it is a dimension of its own, and
//     stays one until the answer.
//
//  3. columns → increases ([github.com/promfold/promfold/counter],
//     [github.com/promfold/promfold/histogram]). It is decided
//     first whose scrape it is (internal/identity), then what each new value
//     means: growth, a reset, a birth, a gap. A series is judged once for all
//     views (internal/growth). Increases are exact, so that no order of
//     additions shows.
//
//  4. increases → views ([github.com/promfold/promfold/aggregate]). A view is a
//     standing question, declared once. It adds the increases of each instance
//     to the groups that it asks about, as the scrapes arrive.
//
//  5. views → answers (aggregate, too). Rates come before sums, maxima stand
//     where others take means, histograms of any layout are merged into
//     quantiles with bounds. Each answer says on which instances it rests, how
//     far it may be off, and why.
//
// Start with [github.com/promfold/promfold/aggregate.Fleet]; the example below
// is the README's program without a network. The packages work alone, too: parse for typed
// samples, counter for one series, histogram for one distribution.
package promfold
