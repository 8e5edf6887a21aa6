package identity

import (
	"math"
	"strconv"
	"strings"
	"time"
)

// Start is when a process began, and where that was read. It is first of all a token: two scrapes with equal starts are
// probably of one process. Two readings are compared only if they come from the same place: a header has whole seconds, a
// metric has more. The zero value is an unknown start.
type Start struct {
	At   int64 // Unix milliseconds
	From Source
}

// Source is where a start was read.
type Source uint8

const (
	Unknown Source = iota
	Header         // of the response: [StartHeader]
	Metric         // of the body: [StartMetric]
	Given          // by the caller, who knows it from elsewhere
)

// StartMetric is exposed by every client library that follows Prometheus' conventions, in Unix seconds.
const StartMetric = "process_start_time_seconds"

// StartHeader is set by Kubernetes components and client_golang, in Unix seconds.
const StartHeader = "Process-Start-Time-Unix"

// IsStartMetric reports whether a metric says when a process began: [StartMetric], also with a prefix, as of haproxy. If
// a body has several such lines, they are of several processes, and none is evidence of who answered, even if they are
// equal.
func IsStartMetric(name string) bool {
	prefix, ok := strings.CutSuffix(name, StartMetric)
	return ok && (prefix == "" || strings.HasSuffix(prefix, "_"))
}

// FromMetric returns the start that the value of a start metric says. It is unknown if the value is no number, not above
// 0, or beyond any calendar (1e300).
func FromMetric(seconds float64) Start { return read(seconds, Metric) }

// FromCaller returns the start that the caller knows, or an unknown one.
func FromCaller(t time.Time) Start {
	if t.UnixMilli() <= 0 {
		return Start{}
	}
	return Start{t.UnixMilli(), Given}
}

// FromHeader returns the start that the field [StartHeader] says, by the rules of [FromMetric].
func FromHeader(field string) Start {
	if field == "" {
		return Start{}
	}
	seconds, err := strconv.ParseFloat(field, 64)
	if err != nil {
		return Start{}
	}
	return read(seconds, Header)
}

func read(seconds float64, from Source) Start {
	const most = math.MaxInt64 / 1e4 // so that milliseconds, and their differences, are in range
	if !(seconds > 0 && seconds < most) {
		return Start{}
	}
	return Start{int64(math.Round(seconds * 1000)), from}
}

// Known reports whether there is a start.
func (s Start) Known() bool { return s.From != Unknown }

// Comparable reports whether both starts come from the same place. Two unknown ones do.
func (s Start) Comparable(o Start) bool { return s.From == o.From }

// Compares reports whether s, read when o was read before at a time, says whether the process is another one: both come
// from the same place, or agree although they do not, or s says that the process began after that time. Otherwise it may
// be another program's, such as a proxy's, which tells one in a header.
func (s Start) Compares(o Start, before, tolerance int64) bool {
	if s.Comparable(o) || !s.Known() || !o.Known() {
		return s.Comparable(o)
	}
	o.From = s.From
	return s.Near(o, tolerance) || s.At > before
}

// Near reports whether both starts are known, come from the same place and differ by at most the tolerance, in
// milliseconds. Readings of one start jitter; but only equal ones are surely of one process.
func (s Start) Near(o Start, tolerance int64) bool {
	d := s.At - o.At
	return s.Known() && s.Comparable(o) && d <= tolerance && -d <= tolerance
}

// leaps reports whether two starts that are near can be two readings of one that is read exactly: Linux adds the age of a
// process to a boot time in whole seconds, which at times moves by one.
func (s Start) leaps(o Start) bool { return (s.At-o.At)%1000 == 0 }

// Began returns when the process began, in Unix milliseconds, according to a scrape at a time. A start that is later than
// the scrape by at most the skew of two clocks is taken for the time of the scrape; a later one is a token and no time.
func (s Start) Began(scrape, skew int64) (ms int64, ok bool) {
	if !s.Known() || s.At > scrape+skew {
		return 0, false
	}
	return min(s.At, scrape), true
}
