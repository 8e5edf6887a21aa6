// Package aggregate turns scrapes of many instances into answers about the fleet.
//
//	fleet, err := aggregate.NewFleet(aggregate.Config{})
//	requests, err := fleet.Counter(aggregate.View{Select: `http_requests_total{code=~"5.."}`, By: []string{"verb"}})
//
//	report, err := fleet.Ingest(aggregate.Scrape{Target: "10.0.0.7:8080", Time: t, Header: resp.Header, Body: body})
//	err = fleet.ScrapeFailed("10.0.0.8:8080", t, err)
//
//	groups, err := requests.In(fleet.Snapshot(t).Last(time.Minute))
//
// Views are declared once: [Fleet.Counter], [Fleet.Gauge], [Fleet.Histogram], [Fleet.Ratio], [Fleet.Everything]. A
// view knows the scrapes after its declaration.
//
// Questions go to a [Snapshot]: counters and histograms to a [Window] of it, gauges to the moment itself. In, At and
// Over return groups sorted by labels; a view without By has exactly one, which One returns.
//
// Who is expected is what [Fleet.SetTargets] says, or [Fleet.Describe] and [Fleet.Remove] one by one.
//
// # What the numbers mean
//
// Growth is judged per instance and series before anything is added, so a restart, a late or repeated scrape
// never shows in a sum; package counter has the verdicts.
//
//   - Increase is the exact sum of the steps that end in the window (s, e]. A step that began before s is in it;
//     [CounterGroup.Covers] says how long the steps really span.
//   - The rate of an instance is its increase over the time in which it was observed, without the time between the
//     last scrape of a process and the start of its successor.
//   - Rate, of the fleet, is the sum of these, each weighted by the part of the window in which the instance lived.
//   - Lo and Hi bound the growth inside the observed time. Hi is +Inf after a restart: increments after the last
//     scrape are unknown.
//
// Missing is not zero: what is unknown has ok == false; answers have a [Coverage].
//
// # Who is who
//
// The scrapes of a [Target] declared Balanced are attributed to the processes behind it: by start time, confirmed by
// the counters, none of which may fall; without one by the name that a process gives itself, the counters alone, or
// the set of series. Growth attributed without a start time is provisional until all processes were told apart. If a
// process turns up again below its supposed growth, that is taken back and attributed anew: totals shrink, but never
// what is exposed of them. On recorded fleets growth was never too high; without start times up to 1 % was missed of
// programs with many counters, up to a third of those with few.
//
// An alternating address that is not declared is reported when a start time comes back. Two addresses of one process
// count once when their scrapes make one chain in which no counter falls; until then both count, and a warning names
// them. localhost, 127.0.0.1 and ::1 with one port are one address.
//
// # Defaults
//
//	Since              the first accepted scrape
//	Window             5 min; where it begins is known to a sixteenth of it, at any interval
//	Staleness          3 × the target's own interval: the median of its last 8; 1 min if it was scraped once
//	StartTolerance     2 s
//	ClockSkew          1 min
//	MaxBytes           1 GiB of all that is held; SECURITY.md says what makes room
//	MaxInstances       100,000
//
// Births by absence count, unless a fifth of the body came or went. An instance departs once it was removed and no
// window reaches it, or after an hour of silence: its totals stay, and it is no member until it is back; of
// the last, 8,192 lines are kept for that.
//
// # Words
//
//	target        an address that is scraped
//	instance      a place in the fleet that runs one process at a time
//	incarnation   one process of an instance, from its start to its restart
//	balanced      of a target: each scrape may reach another instance
//	alternating   of an address: it proved to reach several processes
//	twin          another address of the same process, left out as a duplicate
//	step          two successive scrapes of a series, and its growth between
//	birth         the first value of a series that began while it was watched
//	reset         a fall of a counter: its process restarted, or cleared it
//	member        an instance that an answer rests on
//	partial       of an instance: it answers, but most of a family vanished
//	provisional   of growth: it may be another process', and counts by 0 in Lo
//	ambiguous     of a scrape: it may be of several instances, and counts for none
//	live, stale   answered within the staleness, or not
//	in doubt      its latest scrape failed: in the value or in Hi
//	departed      gone for long, see Defaults
//	total         growth since the start of the fleet; it never falls
//
// # Time and concurrency
//
// No clock is read. The same scrapes give the same answers, bit for bit; the order matters only among scrapes of one
// instance. Scrapes of different instances are read in parallel, and a question sees each scrape whole or not at all.
package aggregate
