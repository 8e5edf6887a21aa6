// Package growth says what each series of an instance grew by from one scrape to
// the next.
//
// In come a staged scrape, what the instance exposed before, and what the whole
// scrape says about its process. A [Router] knows, once for a fleet, which views
// want a line; a [Plan] has the followed lines of one instance in order of
// position, each with the object it belongs to: a counter is one line, a
// histogram all lines of its series. Every object is judged once a scrape, and
// all views that want it take that one step from [Steps].
//
// Nothing here adds anything up, knows a target or a window, or changes before
// the scrape is accepted.
package growth
