// Package watch is the algebra by which watchers of the same instances combine what they know of counters' totals.
//
//	process by process, as one watcher follows it → State ⊔ States of others → totals by group
//
// In comes, for each process and group, where a watcher met it, where it left it, and that it ended ([State.Tell]); what
// other watchers know, as a State that was decoded ([State.Join]); and the horizon ([State.Fold]). Out comes what was
// counted in each group ([State.Totals]), and bytes ([State.AppendTo]). It never happens that a total is above the
// truth, that something is counted twice, that joining in another order or once more changes a bit, that bytes panic,
// or that something is given up without being said. Nothing here does I/O, reads a clock or logs; a [State] is not safe
// for concurrent use, but a [State.Clone] costs no more than a list of pointers.
//
// # The lattice
//
// A State is a set of facts in one normal form, and joining is the union of two such sets. Which state knows more is a
// partial order, and the join is the least state that knows all that both do.
//
//   - A process is all keys (name and start) that are one's: keys of one name whose starts differ by no more than the
//     tolerance, and keys that some watcher told together. Joining unites the processes that share a key; however long
//     the chain of starts that moved is, it stays. Of a process the latest scrape and the latest end are kept, and it
//     has ended if the end is not before the scrape: who lives for one watcher lives for all.
//   - A version, the time at which someone told the process anew, stands above everything of lower versions and
//     replaces it. So what was taken back is taken back wherever it was told. Within a version groups are joined.
//   - Of a group readings are kept: where the process was met, if no other watcher met it earlier and with less; and
//     where it was left, if no other watcher left it later and with more. A watcher's reading is what it met and all
//     that it saw grow since. Any reading where it was left less any that was met before lies below the truth, so the
//     greatest difference does; where nothing was reset it is exact, from the first watcher's meeting to the last one's
//     leaving, though none saw all. A birth is a reading of 0 at the start. What nobody can compare, since no watcher
//     knows where it began, is joined by maximum.
//   - A histogram is one count. Sum and buckets hang on the readings of it; buckets of several layouts, resolutions and
//     formats are accounts of the same observations, of which the answer takes one. A reading with buckets of other
//     kinds is kept beside one that is later and greater, so that the buckets of growth stay known where the two
//     readings they lie between have the same ones.
//   - An account is what processes that ended counted together, with their keys, when they were seen first and last, and
//     how much they all came to. Accounts are only collected: joining is the union of two sets of them.
//
// # Totals
//
// Accounts without a common process add up, and to them what is known of other processes by themselves. If two accounts
// name one process, or a process that an account names is also known by itself, these are alternatives, and of all
// choices without a common process the greatest is the total, group by group. Each choice lies below the truth. Of a
// process that an account holds until a time, what it grew by from the first reading after that time is added.
//
// Joining can lower a total in two cases: something was taken back, or what looked like two processes proved to be one.
//
// # What is lost, and when
//
// Folding is not part of the lattice: it replaces facts by an account of them, at one watcher. Watchers that tell each
// other within the horizon of a process' end all they know of it lose nothing by it, whatever they missed and however
// often they were started from an older state or from none. Otherwise accounts become alternatives, and what only the
// lesser one held is given up: [Total.Lost] bounds it, and [Size] counts the processes. What lies between two watchers'
// readings, and was seen by neither, is then given up unsaid. A process that was told to have ended, was folded, and
// lives nevertheless goes on from its next reading.
//
// One watcher may know a process without its start and another one with it: of a name the greater of what is known
// without starts and of what is known with them counts. Keys of one process that nobody tells together and that are
// farther apart than the tolerance are two processes, so watchers must agree on where starts come from.
//
// # Parts of a fleet
//
// Making one fleet of parts, and a root above leaves, is joining, too: facts are of processes, not of fleets. A leaf's
// newer state adds to its older one, an older state that comes late changes nothing, and a process that two leaves saw
// counts once.
//
// # Rejected
//
// One mark, before which all is folded: who met an older process took it for dead, and the mark of a watcher without
// history wiped that of one with it. A mark for each name: what ended behind a balancer is not in order of starts. Sums
// by watcher, each folding what it saw first: two that fold apart count one process twice. Tombstones without totals: a
// total that holds a process cannot be told from one that does not. So accounts name all they hold; that is a key for
// each process that ever ended, some tens of bytes beside what it exposed while it lived.
package watch
