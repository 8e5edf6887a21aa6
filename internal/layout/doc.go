// Package layout is the engine of package histogram: distributions of observations known by the buckets they fell into.
//
// In come cumulative counts by the bounds of a [Layout], exponential buckets ([Native]) and quantiles that an instance
// computed itself ([Summary]), each once, or with bounds on every bucket's count. [Judge] and [JudgeNative] decide what
// grew between two readings of one histogram, all of its buckets together.
//
// Out come quantiles, shares and rows of a [Distribution], each with an interval that holds for every truth that the
// buckets allow, and the member that is [Worst].
//
// Layouts are never reconciled when something is added or merged, only when a question is asked. So neither order nor
// grouping shows in an answer, sums stay exact, no count is dropped, and no NaN comes out.
package layout
