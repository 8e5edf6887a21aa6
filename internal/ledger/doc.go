// Package ledger keeps the totals of a view so that none ever falls.
//
// In comes what was counted in a group: columns of instances that are there, and what departed ones left behind. Out go
// settlements, the exact growth of all instances of a group, and totals to expose.
//
// A total can shrink although no counter did: two addresses turn out to be one process, or a restart turns out to be
// none. So an account remembers what was shown, and shows the greater of it and the truth until the truth is greater
// again.
//
// Nothing here knows an instance or a view, and nothing asks whether an instance counts: the caller adds what does.
package ledger
