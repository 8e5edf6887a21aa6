// Package window keeps what the series of one instance grew by, so that
// increases between two times can be read off.
//
// In come the steps of each series, already judged: what grew, and by how much
// the truth may differ. A [Table] adds them to columns, one for each group of a
// view and each bucket layout, and copies its row at checkpoints, which a
// [History] dates. Out go exact differences of rows, the events between two
// times with their bounds, and the [Class]es that are left of an instance when
// it is forgotten.
//
// Nothing here judges a step, knows a target or reads a clock, and a number
// that was added is never rounded before it is read.
package window
