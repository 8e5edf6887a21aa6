// Package fleets is what the promfold components of the Collector share: it
// reads metrics as scrapes of instances, keeps a fleet for each combination of
// the resource attributes that name one, and writes what the fleets know as
// metrics again.
//
//  1. A resource is an instance, and belongs to a fleet (instance.go, set.go).
//  2. The points of one resource in one request are a scrape, or several if a
//     series stands there more than once (rounds.go, read.go). Deltas are added
//     up first (delta.go).
//  3. The fleet judges what each series grew by.
//  4. Families are written as metrics, cumulative or delta (write.go).
//  5. The state of each fleet is a frame for the storage, or for a collector
//     above (frame.go).
package fleets
