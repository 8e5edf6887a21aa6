// Package counter says how much one counter grew, and how fast.
//
// A counter is a number that only grows, and begins again at 0 when its process does. A [Tracker] takes its readings,
// names what happened between two of them ([Verdict]), and answers how much it grew in a [Window], with bounds of the
// truth. [MeanRate] and [RateNow] add the windows of many trackers to the rate of a fleet. Nothing is extrapolated, and
// sums are exact until they are read.
//
//	var t counter.Tracker
//	step, err := t.Observe(counter.Point{Time: now, Value: v, Process: started})
//	w, err := t.Window(now.Add(-5*time.Minute), now)
//	grown, ok := w.Increase()
//	rate, ok := w.Rate()
//
// # The traps
//
// Each has a runnable example.
//
//   - Restart: 100, 130, 20 is a growth of 30 + 20, not of −80. Growth after 130 and before the end is unknown.
//   - Masked restart: 100, then 130 from a process that started in between, is a growth of 130. Only the start of the
//     process or of the series shows it ([Point]). What the process merely displays goes on ([Owner]).
//   - Sum, then rate: when one of ten instances restarts, their sum falls, and what is left looks like growth from 0.
//     Rate each instance, then add. Nothing here takes a sum of readings.
//   - Balancer: two instances behind one address, read in turn, look like a counter that restarts at every reading.
//     The start of the process tells them apart ([ErrProcess]); give each a Tracker of its own.
//   - Born series: the first error of a process shows as a counter at 1. That is growth from 0 if the series is known
//     to have begun while it was watched, and a baseline if not.
//   - Tiny decrease: 5,000,000, then 4,999,999 is rounding or a replica that lags, not a restart.
//   - NaN gap: a NaN, or a stale marker, is no reading. The points around it are compared with each other.
//
// # Windows
//
// A step belongs to the window (start, end] that holds its end, with all its growth. So the increase of a window is
// what was counted, an integer where the counter is one, and increases of adjacent windows add up. Where a step began
// before the window, [Window.Covers] says so. The rate is the increase of those steps over the time they took.
//
// # PromQL
//
// A [Range] answers over stored points exactly as PromQL does: to show the number that a dashboard shows, or to
// replace its queries one by one. Where the two differ, each is right by its own definition: PromQL extrapolates to the
// ends of a window, takes any decrease for a reset, loses a reset behind a NaN, and its last − first + Σ loses the
// growth of large counters to cancellation.
//
// All times are taken to the millisecond.
package counter
