// Package fold adds what the series of one instance did in a scrape to what each
// view keeps of that instance.
//
// In come the [growth.Steps] of a scrape, already judged, the plan that leads from
// an object to the columns of views, and a few facts of the scrape. A [Binding] is
// a view's part of an instance: a table of increases, the process that is
// followed, and the values of gauges. [Drafts] are the columns that a scrape on
// its way in needs; the bindings stay as they are until it is accepted.
//
// Nothing here judges a step, decides whose a scrape is, reads a clock or locks. A
// fleet is known by the numbers that it gives to groups, see [Groups].
package fold
