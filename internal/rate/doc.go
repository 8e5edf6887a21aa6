// Package rate turns what was counted of the members of a fleet into rates of the fleet.
//
// In come plain numbers: what each member grew by in a window, how much of the window was observed, and how much of it
// the member lived. Out go growth per second, weighted by life, and bounds of the mean over the window itself, its edges
// and ends included. Package counter and the fleet call the same functions.
//
// The upper bounds assume that nothing unseen was faster than the fastest growth seen, and count growth that was seen but
// may be older. Nothing is extrapolated into the value, no step is counted twice, and the order of the members changes no
// bit.
package rate
