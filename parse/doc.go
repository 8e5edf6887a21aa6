// Package parse reads Prometheus expositions. It agrees with textparse, the
// parser of Prometheus itself, on every input: the same series in the same
// order, the same labels, types, values and timestamps, the same bodies
// refused.
//
// # One body
//
// [Samples] reads one body and gives its samples with names, types and labels.
// Nothing of it points into the body.
//
// # The same targets again and again
//
// Scrapes of one service repeat themselves: from one scrape to the next only
// some values change, and two instances expose nearly the same lines. Three
// types make use of that:
//
//   - A [Store] holds each distinct line of a fleet once: its text as written,
//     and what the text means ([Line]). Lines are named by an [ID].
//   - [Columns] hold what one instance exposed last: the ids of its lines in
//     their order, their values, and timestamps where lines have some.
//   - A [Reader] is the working memory of one worker. [Reader.Read] compares a
//     body with the columns of its instance and stages the difference,
//     [Reader.Commit] applies it. An error leaves store, columns and reader as
//     if the body had never been seen.
//
// A type is what the "# TYPE" comment in force says. It is a line's own only if
// it names the line's family; else the family is the name and the type unknown.
package parse
