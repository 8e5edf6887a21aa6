// Package script draws what happens in a simulation, event by event, and makes a
// script that fails as small as it gets:
//
//	weights of kinds of events → events → the least that still fails
//
// An event names whom it is about by numbers that a simulation takes modulo what
// it has, so a script stays one whatever is left out of it.
package script

import (
	"maps"
	"math/rand/v2"
	"slices"
)

// Event is something that happens.
type Event struct {
	Kind    int
	A, B, C int   // what it is about, by kind
	After   int64 // the event before, in ms
}

// Draw returns at most so many events, each kind as often as its weight says.
func Draw(r *rand.Rand, weights map[int]int, most int) (events []Event) {
	var bag []int
	for _, kind := range slices.Sorted(maps.Keys(weights)) {
		for range weights[kind] {
			bag = append(bag, kind)
		}
	}
	after := []int64{0, 1000, 10_000, 30_000, 90_000}
	for range 1 + r.IntN(most) {
		events = append(events, Event{bag[r.IntN(len(bag))], r.IntN(30), r.IntN(12), r.IntN(256), after[r.IntN(len(after))]})
	}
	return events
}

// Shrink leaves events out, and makes their numbers smaller, as long as the
// script fails. It returns a list of its own.
func Shrink(events []Event, fails func([]Event) bool) []Event {
	events = slices.Clone(events)
	for size := len(events); size > 0; size /= 2 {
		for i := 0; i < len(events); {
			if less := slices.Delete(slices.Clone(events), i, min(i+size, len(events))); fails(less) {
				events = less
			} else {
				i += size
			}
		}
	}
	for i := range events {
		for _, x := range []*int{&events[i].A, &events[i].B, &events[i].C} {
			for n := range *x {
				old := *x
				if *x = n; fails(events) {
					break
				}
				*x = old
			}
		}
	}
	return events
}
