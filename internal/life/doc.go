// Package life keeps when the processes of one instance began, answered and ended.
//
// In come accepted scrapes, each with what it says of the process: the same as
// before, started anew, or another one. Out go the times that answers rest on:
// when the first process began, the spans that scrapes cover, the gaps between two
// processes that no scrape saw.
//
//	Began ≤ First ≤ Second ≤ Last; restarts and gaps ascend
//
// Nothing here decides whether a process restarted, knows a series or reads a
// clock. Times are Unix milliseconds.
package life
