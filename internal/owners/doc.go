// Package owners says who keeps the counts of well-known metrics: the process that
// exposes them, or something that it only shows, such as a kernel, a database or
// the objects of a cluster, which goes on when the process restarts.
//
// In comes the name of a metric, as it is exposed or as its family is called. Out
// goes an [Entry]: the owner, and the source where it was read.
//
// The table is fixed when the library is built. No body is read here, and nothing
// is guessed: of a metric that the table does not have, [Of] says so.
package owners
