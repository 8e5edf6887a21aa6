// Package room says what the memory of a fleet is held for, and whether there is
// room for what a scrape brings.
//
// In come sizes in bytes, of each instance and of what instances share. Out goes
// what is held, by kind, and a decision: it fits or not. Who asks for more than
// there is gives something up or is refused; others are not.
//
// Nothing here frees anything, or knows what is measured.
package room
