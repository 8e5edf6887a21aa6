// Package counter says how much a counter grew.
//
// A counter is a number that only grows and begins again at 0 when its process does. All that is asked of it is how
// much it grew, how fast, and of many, together. That would be a subtraction, were it not for what happens between
// two readings. This package names what happened: every pair of points gets a [Verdict], an increase, and bounds of
// the true increase. Nothing is extrapolated, and nothing is rounded before it is read.
//
// # The traps
//
// Each has a runnable example.
//
//   - Restart. 100, 130, 20 is a growth of 30 + 20, not of −80. What was counted after 130 and before the end is lost:
//     the increase is at least 50, if it was a restart and not a lost part of the counter.
//   - Masked restart. 100, then 130 from a process that started in between, is a growth of 130, and no drop says so.
//     The start of the process, or of the series, does ([Tracker.ObserveProcess], [Point].Start). But not all a process
//     exposes is its own: the bytes of a network namespace go on. See [Life] and [Owner].
//   - Sum, then rate. When one of ten instances restarts, the sum of the ten falls, and what is left looks like growth
//     from 0. Rate each instance, then add: [MeanRate], [RateNow]. Nothing here takes a sum of readings.
//   - Balancer. Two instances behind one address, read in turn, look like a counter that restarts at every reading.
//     The start of the process tells them apart ([OtherError]); each needs a Tracker of its own.
//   - Born series. The first error of a process is the first time its counter is seen, at 1: growth from 0 if we know
//     that it began while we watched, a mere baseline if not. See [Appearance].
//   - Tiny decrease. 5,000,000, then 4,999,999 is no restart that lost five million, but a float that was rounded, or a
//     client that is not synchronised. The old value stays the high-water mark ([Jitter]).
//   - NaN gap. A NaN, or a stale marker, is no reading. What was known before it is compared with what comes after,
//     and a restart in the gap is not lost with it.
//
// # Two doors
//
// A [Tracker] follows one series: it refuses late and conflicting points, judges each step, and answers for windows.
//
//	var requests counter.Tracker
//	step, err := requests.ObserveProcess(counter.Point{Time: ms, Value: v}, processStart)
//	w, err := requests.Window(now-300_000, now)
//	grown, ok := w.Increase()
//	speed, ok := w.Rate()
//
// [Rules] judge single steps for those who keep the points themselves; the Tracker has no other verdicts.
//
// # Windows
//
// A step belongs to the window (start, end] that holds its end, with all its growth. So the increase of a window is
// what was counted, an integer where the counter is one, and increases of adjacent windows add up. Where a step began
// before the window, the answer says what it covers. The rate is the increase of those steps over the time they took.
//
// # As PromQL does it
//
// A [Range] reproduces PromQL's functions over stored points: rate, increase, delta, irate, idelta and resets, its
// anchored and smoothed modifiers. When to use which:
//
//	to know what happened, to add, to bill, to scale        Tracker
//	to show the number a dashboard shows                    Range, Extrapolated
//	counts of rare events, nothing invented at the ends     Range, Anchored (or a Tracker: it also sees restarts)
//	rates over windows hardly longer than the interval      Range, Smoothed (needs a point after the window)
//	the last movement, jumpy                                Range.Irate
//	a gauge                                                 Range.Delta, Range.Idelta; never a Tracker
//
// The formulas are with the methods. Where the two differ, a Tracker is right by its own definition and PromQL by its
// own: extrapolation gives 21.67 requests where 10 were counted; any decrease is a reset; a NaN between two points
// hides one; last − first + Σ loses the growth of large counters to cancellation (1e16, 1e16+2, 5 gives 6, not 7).
//
// # Exactness
//
// Sums are kept exactly and rounded once. The order of instances, the way they are spread over shards and the way a
// window is cut change no bit of a total. [Rules.NextUint] and [Tracker.ObserveUint] do the same for 64-bit counters
// that a float64 has no room for.
package judge
