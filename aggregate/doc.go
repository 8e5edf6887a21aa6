// Package aggregate turns scrapes of many instances into answers about the
// fleet.
//
// A [Fleet] takes in scrapes ([Fleet.Ingest]), failures ([Fleet.ScrapeFailed])
// and what is known of targets ([Fleet.SetTargets], or one by one:
// [Fleet.Describe], [Fleet.Remove]). Views answer questions: [Fleet.Counter],
// [Fleet.Gauge], [Fleet.Histogram], [Fleet.Ratio] of two counters, and
// [Fleet.Everything]. A view is declared once, before the scrapes it is about;
// its cost is paid as scrapes arrive. A [Snapshot] names the moment of a
// question, and a [Window] the time before it:
//
//	s := fleet.Snapshot(now)
//	groups, err := requests.In(s.Last(time.Minute)) // counters, histograms, ratios
//	levels, err := memory.At(s)                     // gauges
//
// # What the numbers mean
//
// An instance is a place in the fleet that runs one process at a time. Growth
// is judged per instance and series before anything is added (see the counter
// package for the verdicts), so a restart, a late scrape or a scrape that comes
// twice never shows in a sum.
//
//   - Increase: the exact sum of the steps that end in the window (s, e]. A
//     step that began before s is in it; [CounterGroup.Covers] returns the time
//     that the steps really span.
//   - Rate of an instance: its increase over the time in which it was observed.
//     The time between the last scrape of a process and the start of its
//     successor was not.
//   - Rate of the fleet: the sum of the instances' rates, each weighted by the
//     part of the window in which the instance lived: from its birth, or half
//     an interval before its first scrape, until now, or half an interval after
//     its last scrape. Increase over window, the usual form, is 37 % low for
//     workers that live 40 s; increase over interval 90 % high in a rolling
//     deploy.
//   - RateNow: the sum of the rates of the instances that are alive now.
//   - Lo and Hi bound the growth inside the observed time. Hi is +Inf after a
//     restart: increments between the last scrape and the restart are unknown.
//   - A gauge of an instance is the sum of its series in the group. Operations
//     such as [GaugeGroup.Max] go across instances, so Max returns the hottest
//     instance, not the largest series. What the number of the fleet is depends
//     on what the gauge means: [GaugeGroup.Value] combines the instances as the
//     view's [Combine] says, and package catalogue knows this for many metrics.
//     For usage against a limit, set the Limit of the [View]; for values that
//     cannot be added or compared, use [Distinct] and [GaugeGroup.Variants].
//   - Quantiles are of the merged observations or of the worst instance, with
//     the interval that holds them (see the histogram package).
//
// Missing is not zero: where a number is unknown, ok is false. Each answer has
// its [Coverage] and its warnings. A member that exposes the metric without a
// series in the group counts as 0. [Snapshot.AtLeast] demands a coverage.
// Explain returns, as text, what each member added to an answer, over which
// time, and on what evidence.
//
// # Who is who
//
// An address that is declared as a load balancer (Balanced in [Target]) is split
// into the processes behind it: by start time, confirmed by the counters, none
// of which may fall; without a start time by the name that a process gives
// itself, by the counters alone, or by the set of series. A scrape attributed
// without a start time of its own counts only when the next scrape confirms it.
// This ends when as many processes are known as are expected or, where that
// number is unknown, when no new one was met for so long that one more is
// improbable. Such growth is a lower bound. On recorded fleets it never was too
// high, and there was no false reset; with start times nothing was missed,
// without them 4 to 17 % of what API servers, etcd members and controllers
// counted.
//
// An address that reaches several processes without being declared is noticed
// when a start time comes back: Alternating in [Report] and [Instance] says so,
// and SplitAlternating in [Config] treats it as balanced. Two addresses of one
// process are noticed when their scrapes make one chain in which no counter
// falls. They count once; of both, the one with the higher Priority in [Target]
// is kept, then the one created last. Until this is proven both count, and a
// warning names them. localhost, 127.0.0.1 and ::1 with one port are one
// address.
//
// # Several watchers
//
// [Fleet.Merge] adds a fleet over other instances; the result equals a single
// fleet that saw everything. [Fleet.Join] adds what another watcher of the same
// instances knows, as in a highly available pair; the totals then hold what
// either saw, counted once.
//
// # Defaults
//
//	staleness          5 × the target's own interval, at least 1 min
//	start tolerance    2 s        two readings of one start time
//	clock skew         60 s       two clocks
//	window             5 min, kept at 16 checkpoints
//	body               64 MiB decompressed, 2 M lines, 16 KiB a line, 64 labels
//	instances          100,000
//	groups             what fits MaxBytes, 1 GiB over all views; where it does
//	                   not, groups that have no series left and did not
//	                   change within the window are forgotten first
//	births by absence  counted, unless a fifth of the body came or went
//	expected targets   those of SetTargets; without it those described, and
//	                   those tried within the last hour and not removed
//	departed           removed and in no window any more; or silent for an
//	                   hour of the fleet's scrapes
//
// The fleet drops the state of an instance that departed. What the instance
// counted stays in the totals and in answers since the start, but it is no
// longer a member of them. So a fleet holds the instances that are alive, and
// those that were alive within the longest window. One that comes back counts
// from then on.
//
// # Time and concurrency
//
// No clock is read: the caller passes all times, such as those of a [Scrape] and
// of a [Snapshot]. The same scrapes give the same answers, bit for bit; the
// order matters only among scrapes of one instance. Many goroutines may use a
// fleet: scrapes of different instances are read in parallel, and a question
// sees each scrape whole or not at all.
//
// # Glossary
//
//	target       an address that is scraped
//	instance     a place that runs one process at a time; behind a balancer,
//	             one process
//	incarnation  one life of an instance, from its start to its exit
//	balanced     of a target: a load balancer, which several instances answer
//	alternating  of an address: several processes answer, but it is not declared
//	twin         an instance that is another one's process, under another
//	             address; coverage counts it as a duplicate
//	scrape       one body of one target at one time
//	provisional  of a scrape: counts when the next one confirms whose it is
//	ambiguous    of a scrape: it may be of several instances, and counts for none
//	series       a metric's name and labels within one instance; the instance is
//	             never a label
//	step         the growth of a series between two accepted scrapes of one
//	             process, or from its birth to the first
//	birth        the beginning of a series at 0 while the fleet watched
//	reset        a series that began again at 0
//	restart      a new process of an instance
//	view         a standing question: which series, grouped how, kept how long
//	group        the part of a view's answer for one set of labels
//	member       an instance and its number in a group
//	window       the time (start, end] that a question is about
//	snapshot     the fleet at one moment
//	total        what a group grew by since the start of the fleet; never falls
//	coverage     on how much of the expected fleet an answer rests
//	partial      of an instance: it answers, but most of a family vanished
//	stale        of an instance: it did not answer lately, and was not removed
//	departed     of an instance: so long gone that its state was dropped
//	watcher      a fleet that scrapes the same instances as another one
package aggregate
