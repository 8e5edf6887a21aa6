// Package process follows the process that answers at one place: what its latest
// scrape left, and what the next one says of it.
//
// In comes a body, which is read against what the process exposed last. Out goes a
// decision: the same process goes on, it started anew, or another one answers. The
// fleet carries the decision out and commits the scrape. What the place was given
// while it was in doubt who answered can be taken back, see [Undo].
//
//	a Staged scrape changes nothing of its Process
//
// Nothing here knows views, targets, other instances or a lock.
package process
