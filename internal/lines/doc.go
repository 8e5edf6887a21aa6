// Package parse reads Prometheus expositions: Prometheus' text format,
// OpenMetrics 1.0 and (if asked for) 2.0, and delimited protobuf. It agrees with
// textparse, the parser of Prometheus itself, on every input: the same series in
// the same order, the same labels, types, values, timestamps, start times and
// native histograms, the same bodies refused.
//
// # One body
//
// [Samples] reads one body and gives its samples with names, types and labels.
// Nothing of it points into the body. [Exemplars] reads those. A [Decompressor]
// unpacks gzip and zstd, no further than a limit. [Accept] and [AcceptEncoding]
// are what to ask a target for.
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
// An instance may change its format from one scrape to the next, or the order of
// labels: its series stay the same ones. Samples that come from elsewhere, not
// from a body, enter by [Reader.ReadSamples].
//
// # What a line means
//
// A type is what the TYPE comment in force says. It is a line's own only if it
// names the line's family; else the family is the name and the type unknown.
// Families are called what the text format calls them: OpenMetrics declares x
// where the counter is x_total.
//
// When a series began ([Reader.Start]) is told by its protobuf message, or by
// the _created line beside it, in OpenMetrics and in what client libraries write
// in the text format. Such lines are lines as well.
//
// A native histogram is a line of its own role, [Native], in front of the lines
// of its classic buckets, if it has both.
//
// # Where it is stricter than textparse
//
// A native histogram whose spans do not fit its buckets is refused; textparse
// looks at the first one of a row only. An untyped protobuf metric without a
// value is 0, not what the metric before it was. In OpenMetrics a line that
// starts with a NUL is refused; behind a HELP textparse drops the NUL. [Limits]
// bound a body, and RequireWhole refuses one that was cut where textparse cannot
// see it.
package lines
