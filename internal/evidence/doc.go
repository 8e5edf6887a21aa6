// Package evidence reads off bodies who may have answered.
//
// In come the lines of a staged scrape, its header, and what instances exposed last. Out go what package identity
// weighs: the start of the process, the name that it gives itself, and how much two scrapes are alike.
//
// Comparing costs a walk over all lines, so it is done only where identity is in question. The places of a staged
// body's lines are noted once and then compared with as many instances as there are candidates.
//
// Nothing is decided here, and nothing that is compared changes.
package evidence
