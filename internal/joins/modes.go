package joins

import (
	"maps"
	"time"
)

// mode is what happens in a fleet.
type mode struct {
	name, about string
	least, most int // watchers
	horizon     time.Duration
	prompt      bool // everybody hears of everything well before the horizon
	young       bool // half of the processes began to count when they were met
	unsaid      bool // no Since is given: each begins with its first scrape
	forms       bool // histograms in two forms and changing buckets, and summaries that become histograms
	deltas      bool
	roots       bool  // the watchers are leaves below a root, and places move between them
	clocks      bool  // those of the watchers differ, and what outlives processes of class vague begins anew now and then
	mixed       bool  // each watcher has another configuration, also after it was killed
	tight       int64 // what each may hold, and some more for each place, while series come and go; 0: there is room for all
	shards      bool  // the first two watchers see a part each, the others all
	classes     []string
	weights     map[int]int
	why         string // more is lost than near
}

// near is why something is lost in every mode.
const near = "what outlives processes, read nearer to each other than clocks may differ"

var usual = map[int]int{scrapeOne: 6, scrapeAll: 10, grow: 6, growAll: 6, restart: 2, gone: 1, cut: 1, exchange: 4, show: 2,
	checkpointed: 1, restoreOld: 1, restoreEmpty: 1}

func with(more map[int]int) map[int]int {
	all := maps.Clone(usual)
	maps.Copy(all, more)
	return all
}

// below is what happens below a root.
func below(more map[int]int) map[int]int {
	all := map[int]int{scrapeOne: 6, scrapeAll: 10, grow: 6, growAll: 6, restart: 2, gone: 1, move: 4, tell: 6, show: 2, round: 1}
	maps.Copy(all, more)
	return all
}

var modes = []mode{
	{name: "pair", about: "two watchers that tell each other in time, are killed, and begin anew", least: 2, most: 2,
		horizon: 10 * time.Minute, prompt: true, young: true, classes: []string{exact}, weights: usual},
	{name: "several", about: "two to four watchers that tell each other in time", least: 2, most: 4,
		horizon: 10 * time.Minute, prompt: true, young: true, classes: []string{exact}, weights: with(map[int]int{cut: 3})},
	{name: "old", about: "processes that are older than the horizon when they are met", least: 2, most: 3,
		horizon: time.Minute, prompt: true, classes: []string{exact}, weights: with(map[int]int{restart: 1})},
	{name: "rare", about: "watchers that tell each other less often than the horizon", least: 2, most: 4,
		horizon: 20 * time.Second, young: true, classes: []string{exact}, weights: with(map[int]int{exchange: 2, gone: 3, restart: 3}),
		why: "ended, and not told within the horizon"},
	{name: "since", about: "each watcher begins with its first scrape", least: 2, most: 3,
		horizon: 10 * time.Minute, prompt: true, young: true, unsaid: true, classes: []string{exact}, weights: usual},
	{name: "forms", about: "histograms in two forms, changing buckets, summaries that become histograms", least: 2, most: 4,
		horizon: 10 * time.Minute, prompt: true, young: true, forms: true, classes: []string{exact}, weights: with(map[int]int{relayout: 4})},
	{name: "vague", about: "starts that are not told, or in another way each time, and a balancer", least: 2, most: 4,
		horizon: 10 * time.Minute, prompt: true, young: true, classes: []string{exact, vague, pool}, weights: usual},
	{name: "vague, rare", about: "the same, told less often than the horizon", least: 2, most: 4,
		horizon: 20 * time.Second, young: true, forms: true, classes: []string{exact, vague, pool}, weights: with(map[int]int{relayout: 2, exchange: 2}),
		why: "ended, and not told within the horizon"},
	{name: "clocks", about: "the same, with clocks that differ", least: 2, most: 4,
		horizon: 10 * time.Minute, prompt: true, young: true, clocks: true, classes: []string{exact, vague, vague, pool}, weights: with(map[int]int{restart: 6, restoreEmpty: 4, grow: 3, growAll: 2}),
		why: "the same of counts before which no start is known"},
	{name: "clocks, rare", about: "the same, told less often than the horizon", least: 2, most: 4,
		horizon: 20 * time.Second, young: true, clocks: true, classes: []string{exact, vague, vague, pool}, weights: with(map[int]int{restart: 6, restoreEmpty: 4, grow: 3, growAll: 2, gone: 2}),
		why: "the same of counts before which no start is known; ended, and not told within the horizon"},
	{name: "shards", about: "two shards, each of which joins watchers of all, are merged", least: 3, most: 4,
		horizon: 10 * time.Minute, prompt: true, young: true, shards: true, classes: []string{exact}, weights: with(map[int]int{mergeShards: 3})},
	{name: "partitions", about: "watchers that are cut off from each other for longer than the horizon", least: 2, most: 4,
		horizon: time.Minute, young: true, classes: []string{exact}, weights: with(map[int]int{partition: 3, exchange: 8}),
		why: "ended, and not told within the horizon"},
	{name: "parts", about: "places that move between the leaves of a root, whose states come late and again", least: 2, most: 4,
		horizon: 10 * time.Minute, prompt: true, young: true, roots: true, classes: []string{exact}, weights: below(nil)},
	{name: "parts, killed", about: "the same with leaves and roots that are killed, begin anew, or are removed, and changing buckets", least: 2, most: 4,
		horizon: 10 * time.Minute, prompt: true, young: true, roots: true, forms: true, classes: []string{exact},
		weights: below(map[int]int{checkpointed: 1, restoreOld: 1, restoreEmpty: 1, endPart: 1, relayout: 3})},
	{name: "parts, rare", about: "the same, and leaves that tell the root less often than the horizon", least: 2, most: 4,
		horizon: 20 * time.Second, young: true, roots: true, forms: true, classes: []string{exact},
		weights: below(map[int]int{checkpointed: 1, restoreOld: 1, restoreEmpty: 1, endPart: 1, relayout: 3, tell: 3, gone: 3, restart: 3}),
		why:     "ended, and not told within the horizon"},
	{name: "own states", about: "watchers that join older states of others and of themselves, and begin anew beside them", least: 1, most: 3,
		horizon: 10 * time.Minute, prompt: true, young: true, classes: []string{exact, vague, pool}, weights: with(map[int]int{joinOld: 8, restoreEmpty: 2, checkpointed: 3})},
	{name: "own states, rare", about: "the same, told less often than the horizon", least: 1, most: 3,
		horizon: 20 * time.Second, young: true, forms: true, classes: []string{exact, vague, pool}, weights: with(map[int]int{joinOld: 8, restoreEmpty: 2, checkpointed: 3, exchange: 2, gone: 3, relayout: 2}),
		why: "ended, and not told within the horizon"},
	{name: "configurations", about: "watchers of which each has another configuration, also after it was killed", least: 2, most: 4,
		horizon: 10 * time.Minute, prompt: true, young: true, mixed: true, classes: []string{exact, vague, pool}, weights: with(map[int]int{joinOld: 2})},
	{name: "configurations, rare", about: "the same, told less often than the horizon", least: 2, most: 4,
		horizon: 20 * time.Second, young: true, mixed: true, forms: true, classes: []string{exact, vague}, weights: with(map[int]int{exchange: 2, joinOld: 2, relayout: 2, gone: 3}),
		why: "ended, and not told within the horizon"},
	{name: "tight", about: "series that come and go, and no room for all of them", least: 2, most: 3,
		horizon: 10 * time.Minute, prompt: true, young: true, tight: 80_000, classes: []string{exact, vague}, weights: with(map[int]int{joinOld: 2, grow: 12, growAll: 12})},
	{name: "parts, gone", about: "leaves that are removed and come back, with old states of them, in configurations of their own", least: 2, most: 4,
		horizon: 10 * time.Minute, prompt: true, young: true, roots: true, mixed: true, classes: []string{exact}, weights: below(map[int]int{removePart: 4, tell: 8})},
	{name: "deltas, killed", about: "growth is given out once over older states, and other configurations", least: 1, most: 3,
		horizon: 10 * time.Minute, prompt: true, young: true, deltas: true, mixed: true, classes: []string{exact}, weights: with(map[int]int{give: 6, joinOld: 4, restoreEmpty: 2, checkpointed: 3})},
	{name: "deltas", about: "growth of every family is given out once", least: 1, most: 3,
		horizon: 10 * time.Minute, prompt: true, young: true, deltas: true, classes: []string{exact}, weights: with(map[int]int{give: 6})},
}
