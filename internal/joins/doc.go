// Package joins measures whether totals survive what happens to those who watch.
// It simulates fleets of which everything is known, lets several watchers see a
// part of it, kills them, lets them tell each other what they know, and compares
// what they expose with the truth and with what any of them has seen:
//
//	places where processes run → scrapes of some watchers → joins, merges, deltas → totals, against the truth
//
// A fleet is of a mode, which says what happens in it, and has a seed: equal ones
// give equal fleets. Each watcher loses from none to 60 % of its scrapes; in some
// modes clocks differ by up to [aggregate.Config.ClockSkew]. What has to hold:
//
//   - Joining is idempotent, commutative and associative, and leaves who tells as
//     it is; so a pair that told each other exposes the same. What a watcher knows
//     itself, or knew when it was saved, is no news to it, in whatever configuration.
//   - No total is above the truth.
//   - No exposed total ever falls, also where a watcher goes on from a saved
//     state: it shows what it had shown when that was saved, at least.
//   - Save(Load(Save)) are the bytes of Save.
//   - Of processes that say when they started, a total holds all that is known of
//     each to any of those who told. What ended longer ago than the horizon may be
//     lost if it was not told in time; then Health says that something was given up.
//     Of what outlives processes it holds what one of them saw, or two that read
//     so far apart as clocks may differ at least.
//   - All growth is given out as deltas once.
//   - A root shows what the one fleet does that saw all its leaves did, in whatever
//     order these told it, and an old state that comes late changes nothing: nor does
//     one of a leaf that was removed, until it tells of a later scrape.
package joins
