// Package lines compares each body of an instance with what the instance exposed
// before, against a [Store] of the lines of all instances.
//
// In comes a body in the text format, OpenMetrics or delimited protobuf, or
// samples that a caller made, and the [Columns] of the instance. Out goes the
// difference, which [Reader.Read] stages and [Reader.Commit] applies: for each
// line its [ID], its position before, value, timestamp and start, which lines
// changed and which are gone. It agrees with textparse; package parse says where
// it is stricter. A failed read changes no columns. No value is judged here, no
// I/O is done, no clock is read, and nothing that is kept points into a body.
package lines
