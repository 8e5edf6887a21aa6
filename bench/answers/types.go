package main

import "time"

// What the library is told and what it answers, in types of this program. api.go
// translates; nothing else knows the library.

// kind is what a view makes of its series.
type kind uint8

const (
	counterKind kind = iota
	gaugeKind
	histogramKind
	ratioKind
	everythingKind // all families by all labels, as one instance would expose them
)

// combine is how the values of a gauge's instances make one.
type combine uint8

const (
	none combine = iota
	sum
	highest
	lowest
	consensus
	leads
	distinct
	saturation // a part of a limit, inside each instance
)

// owner is whose life a counter shares.
type owner uint8

const (
	unknownOwner owner = iota
	processOwner
	externalOwner
)

// spec is a view to declare.
type spec struct {
	name string // in the output
	kind kind
	sel  string // PromQL selector; {} selects every family of the kind
	over string // selector of the denominator or the limit

	by, without []string

	owner       owner
	boundBirths bool
	typ         string // replaces the declared type
	window      time.Duration
	totalsOnly  bool

	combine   combine
	leader    string // selector of the gauge that is 1 at the leader
	sentinels []float64

	above []float64 // histograms: asked for the share of observations above these
	rows  bool      // histograms: the rows of a heatmap are asked for
	heavy bool      // asked twice in a sequence only
}

// config is what a fleet is made with.
type config struct {
	since            time.Time
	window           time.Duration // the longest that is asked about
	splitAlternating bool
	joinable         bool
}

// target is an address that is scraped.
type target struct {
	name, instance string
	labels         []string // names and values by turns
	balanced       bool
	expected       int
	created        time.Time
}

// scrape is one body.
type scrape struct {
	target                string
	time                  time.Time
	contentType, encoding string
	body                  []byte
}

// report is what one scrape did.
type report struct {
	instance    string
	incarnation int
	candidates  []string
	partial     []string

	duplicate, fresh, restarted, ambiguous, provisional, alternating bool

	lines, changed, came, went     int
	grown, births, resets, refused int
}

// estimate is a number and its bounds; without ok there is none.
type estimate struct {
	value, lo, hi float64
	ok            bool
}

func exactly(x float64, ok bool) estimate { return estimate{x, x, x, ok} }

// named is an instance's number. The share is its part of all instances'.
type named struct {
	instance string
	estimate
	share float64
}

// group is what the answers of all kinds have in common.
type group struct {
	labels   string
	coverage coverage
	warnings []string
}

type coverage struct {
	expected, missing, partial, reporting, stale, failed, reset, duplicates, ambiguous int
}

type counterGroup struct {
	group
	increase, rate, rateNow estimate
	hottest, most           named
	members                 []counterMember
}

type counterMember struct {
	instance    string
	increase    estimate
	rate        estimate // the value alone
	covers      time.Duration
	older, live bool
	resets      int
	steps       int
	weight      float64
	events      [eventKinds]int // series in the window
}

// eventKind is what happened to a series.
type eventKind uint8

const (
	first eventKind = iota
	born
	returned
	grew // with a doubt
	reset
	jitter
	gap
	eventKinds
)

var eventNames = [eventKinds]string{"first", "born", "returned", "grew", "reset", "jitter", "gap"}

type gaugeGroup struct {
	group
	value                              estimate // the value alone
	highest, lowest, median, electedAs named
	mean, stddev                       estimate
	members                            []gaugeMember
}

type gaugeMember struct {
	instance string
	value    float64
	age      time.Duration
}

type variantGroup struct {
	group
	variants []variant
}

type variant struct {
	labels    string
	value     float64
	instances []string
}

type histogramGroup struct {
	group
	observations counterGroup
	sum, mean    estimate // the value alone
	quantiles    []estimate
	worst        []named
	above        []estimate
	rows         []row
}

var levels = []float64{.5, .9, .99}

type row struct {
	lower, upper float64
	count        estimate
}

type ratioGroup struct {
	group
	numerator, denominator, ratio estimate
	highest                       named
	members                       []named
}

// series is one of the fleet's own, as it is to be exposed.
type series struct {
	labels    string
	value     float64
	start     time.Time // when a counter or histogram was 0
	classic   *classic
	native    *native
	quantiles []level // of a summary that one instance alone has
}

type level struct{ q, value float64 }

// classic is a histogram by classic buckets.
type classic struct {
	bounds, counts []float64 // up to each bound; the last is +Inf
	sum            float64   // NaN: not known
}

// native is a histogram by exponential buckets, or by custom ones with bounds.
type native struct {
	schema             int32
	threshold, zero    float64
	positive, negative []bucket
	bounds             []float64
	count, sum         float64
}

type bucket struct {
	index int32
	count float64
}

// everything is all families of the fleet.
type everything struct{ counters, gauges, histograms, single []series }

type status struct {
	instances, exposing, selected, series, groups int
	types, excluded                               []string
}

type family struct {
	name, typ, help, unit string
	instances, others     int
}

type instance struct {
	name               string
	targets            []string
	incarnations       int
	first, last, start time.Time
	stale, gone        bool
	alternating        bool
}

type health struct {
	coverage               coverage
	instances, gone, lines int
}
