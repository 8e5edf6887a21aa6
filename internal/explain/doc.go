// Package explain turns what an answer rests on into words.
//
// In come values: the numbers of a group and of its members, what happened to their series, why something was left out,
// where the data of an instance came from. Out go lines of text, warnings and events.
//
// Equal values give equal text: all that is gathered in a map is sorted before it is said. Times are in UTC. A list of
// names is cut after the first few, with the number of the others.
//
// Nothing is computed here that an answer rests on, but for how uneven a load is. The warnings that say who is who are
// the fleet's own.
package explain
