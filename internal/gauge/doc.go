// Package gauge says what the values of a gauge mean together: the lines of one
// instance, the instances of a fleet, at a moment and over a window.
//
// In come readings: the lines of a body, the value of each instance with its
// standing, and when it changed; the series of a limit and of what uses it; who
// says it leads. Out go numbers with bounds, and in words what was left out. What
// is right depends on what a metric means across instances, which a [Combine]
// says.
//
// A [Track] keeps the values of one instance over time in bounded room, and
// [Over] combines tracks: the greatest of sums, not the sum of the greatest.
//
// Nothing here knows a fleet, a target or a clock. Times are Unix milliseconds.
package gauge
