// Package aggregate turns scrapes of many instances into answers about the
// fleet.
//
// A [Fleet] is fed with scrapes ([Fleet.Observe]), failures ([Fleet.Fail]) and
// departures ([Fleet.Gone]), and asked through views: [Fleet.Counter],
// [Fleet.Gauge], [Fleet.Histogram], and [Ratio] of two counters. A view is
// declared once, answers any time, and costs where the data arrives.
//
// # What the numbers mean
//
// An instance is a place in the fleet that runs one process at a time. Growth
// is judged per instance and series before anything is added (see the counter
// package for the verdicts), so a restart, a late scrape or a scrape that comes
// twice never shows in a sum.
//
//   - Increase: the exact sum of the steps that end in the window (s, e]. A
//     step that began before s is in it; [CounterMember.Covers] says how long
//     the steps really span.
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
//     restart: what a process counted after its last scrape, nobody knows.
//   - A gauge of an instance is the sum of its series in the group. Operations
//     ([GaugeGroup.Max], [GaugeGroup.Fact], …) go across instances; so max is the
//     hottest instance, not the largest series. Which of them is right depends
//     on what the gauge means ([Meaning]): [GaugeGroup.Value] follows what the
//     view says of it, [Kubernetes] knows it of many metrics. What is used up
//     to a limit is a [GaugeRatio], what has no arithmetic [GaugeView.Distinct].
//   - Quantiles are of the merged observations or of the worst instance, with
//     the interval that holds them (see the histogram package).
//
// Missing is not zero: what is not known has ok == false, each answer has its
// [Coverage], and what a reader should know stands in its Warnings. A member
// that exposes the metric without a series in the group is there with 0. A
// question can demand a coverage ([AtLeast]); Explain tells of an answer what
// each member gave to it, over which time, and on what evidence.
//
// # Who is who
//
// An address that was declared to be a load balancer ([Fleet.Balanced]) is split
// into the processes behind it: by start time, confirmed by the counters, none
// of which may have fallen; without a start time by the names in which a
// program calls itself, by the counters alone, or by the set of series. What
// was attributed without a start time of its own counts only when the next
// scrape confirms it, until as many were told apart as are expected or, where
// the number is unknown, no new one was met for so long that one more is
// improbable. Growth so found is a lower bound. On recorded fleets it never was more
// than there was, and no reset was seen that was none; with start times nothing
// was missed, without them 4 to 17 % of what API servers, etcd members and
// controllers counted.
//
// An address that reaches several processes without having been declared is
// found out when a start time comes back ([Report], [Instance];
// [Config].SplitAlternating splits it). Two addresses of one process are found
// out when their scrapes make one chain in which no counter falls, and count
// once ([Fleet.Describe] says which is kept). Until that is proven both count,
// and a warning names them. localhost, 127.0.0.1 and ::1 with one port are one
// address.
//
// # Several watchers
//
// Fleets over different instances are merged: [Fleet.Merge] is as if one had
// seen all. Fleets that watch the same instances, of a highly available pair,
// are joined: [Fleet.Join] makes the totals of each hold what either saw,
// counted once.
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
//	expected targets   those seen within the last hour and not said to be gone
//	departed           said to be gone and in no window any more; or silent
//	                   for an hour of the fleet's scrapes
//
// An instance that departed is retired: what it counted stays in the totals and
// in the sums of questions about everything, but it is no member of them any
// more, and its state is given up. So a fleet holds those that are alive, and
// those that were within the longest window. One that comes back counts from
// then on.
//
// # Time and concurrency
//
// No clock is read: [Scrape.Time] and the now of a question are the only times.
// The same scrapes give the same answers, bit for bit; the order matters only
// among scrapes of one instance. A fleet may be used by many goroutines: scrapes
// of different instances are read in parallel, and a question sees each scrape
// whole or not at all.
package aggregate
