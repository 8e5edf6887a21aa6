// Package kept holds what was kept for views until a program declares them again.
//
// In come the tables of a view, one for each instance, with what the view followed besides; out go rows that depend
// neither on the store nor on the order in which things came, and the bytes of them. A view finds its rows by a key:
// what decides which rows it keeps. What it answers with may change from one program to the next.
//
// Equal views are equal bytes, and bytes that are not in order are refused. Nothing here knows an instance or a fleet:
// rows stand in the order that the caller's instances have.
package kept
