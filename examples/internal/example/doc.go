// Package example holds what the examples have in common, so that the folder of
// each holds only what it is about: flags and exit statuses, the replay of a
// recording, the rounds of a live run, tables, the terminal, JSON.
//
// Label values and error texts come from outside, so they may hold sequences
// that command a terminal. [Table], [Screen] and [JSON] let none of them pass.
package example
