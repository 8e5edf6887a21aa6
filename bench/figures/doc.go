// Command figures measures promfold against the ways its users would otherwise
// go, which are in bench/peers.go, on a recording of real API servers:
//
//	go -C bench run ./figures [-json] [-quick] [-only REGEXP] [-corpus DIR]
//
// Rows named real, first and memory/instance are of all rounds of the recording,
// the others of its longest run without a new line. Each row is the median of
// runs of both ways, one after the other in this process. The ratio says how many
// times faster ours is, but how many times slower of read/memequal (the floor),
// read/gunzip, read/native (text), fleet/real-20-views (two views) and
// ingest/one-new-line (none).
//
// What limits the rows now:
//
//   - read/memequal, read/textparse-labels: memory. To add up the bytes of a body
//     that is not in the cache takes 7 of 16 ns a line, with the body in the cache
//     a read takes 12; the texts of the store are read beside it. On amd64 lines
//     are compared in assembly, where the portable code is bound by its
//     instructions, and a body is fetched ahead.
//
//   - fleet/real: reading. Half of the instructions compare lines and read numbers;
//     an eighth is for what no run has, most of it lines that no instance had before.
//
//   - fleet/real-20-views: of what twenty views take more than two, half is judging
//     and adding up what they follow, two fifths are plans: those of first scrapes,
//     and where lines come or go, entries and objects are copied, moved by runs.
//
//   - ingest/one-new-line: an eighth more instructions in no one place: the plan is
//     copied, blocks of values are slid to where they stand now, and what fell is
//     looked for by old positions.
//
//   - read/first-empty: 3,650 instructions a line, in no one place. A fifth find the
//     line unknown (its end, its family, its hash), a quarter give it a place and keep
//     its text, a quarter find where its labels are, its bound and its series. To build
//     the labels took a third of what were 6,800.
//
//   - read/balanced: half of the instructions compare runs and read numbers, a tenth
//     packs blocks of values of another process anew.
//
//   - read/native: what changed. 5.2 million instructions a scrape against 2.8 as
//     text: a third for histograms of which something changed, a fifth for counters
//     and gauges, a tenth for lines that no scrape had before, and less than that each
//     for hashes and skipped messages, headings, and walking over the messages.
//
//   - query/rate-first: half of it is what is not in the cache. A body of 2 MB was
//     read in between, and nearly all code of a question runs once: with 1 MB of
//     cache it waits for 850 lines of instructions and 570 of data. A quarter of
//     these is making room for the answer, a fifth the snapshot and who counts, the
//     rest lies in two hundred functions of at most 26 lines. The other half is 50
//     thousand instructions, 18 of them for the rates of 36 parts in 14 groups, 14
//     to count what these grew by. To treat calm instances apart would not help: in
//     117 of 129 windows an instance had an event (a birth, a restart, its first
//     scrape). To read single counts where they are kept takes as long as to unpack
//     the row of a counter. What would help is a smaller answer: that of an
//     instance has 800 bytes, that of a part 64.
//
//   - query/quantile-first: the same, with 1,180 and 990 lines. Of 98 thousand
//     instructions (118 with rows that were unpacked, and buckets added as floats)
//     13 subtract sums of observations, 10 add up buckets, 7 subtract them, 8 lower
//     bounds by what may not have been, and 11 find the quantiles.
//
//   - declare/longest-ingest: an instance is bound to a view in about the time of a
//     fold, and the lock is given up after each; 734 ms for 1,000 instances before,
//     6 ms now. What was kept for a view is still claimed with the fleet stopped: a
//     tenth of a millisecond for an instance of 12,000 lines, before its first scrape.
package main
