package identity

import (
	"math"
	"strconv"
	"time"
)

// Start is when a process began, and where that was read. Two readings are compared only if they come from the same
// place: a header has whole seconds, a metric has more. The zero value is an unknown start.
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

// FromMetric returns the start that the value of [StartMetric] says, or an unknown one.
func FromMetric(seconds float64) Start { return fromSeconds(seconds, Metric) }

// FromCaller returns the start that the caller knows, or an unknown one.
func FromCaller(t time.Time) Start {
	if t.UnixMilli() <= 0 {
		return Start{}
	}
	return Start{t.UnixMilli(), Given}
}

// FromHeader returns the start that the field [StartHeader] says, or an unknown one.
func FromHeader(field string) Start {
	if field == "" {
		return Start{}
	}
	seconds, err := strconv.ParseFloat(field, 64)
	if err != nil {
		return Start{}
	}
	return fromSeconds(seconds, Header)
}

// fromSeconds ignores a number that is no time.
func fromSeconds(seconds float64, from Source) Start {
	if !(seconds > 0 && seconds < math.MaxInt64/1e6) {
		return Start{}
	}
	return Start{int64(math.Round(seconds * 1000)), from}
}

// Known reports whether there is a start.
func (s Start) Known() bool { return s.From != Unknown }

// After reports whether the process began after a time in Unix milliseconds.
func (s Start) After(ms int64) bool { return s.Known() && s.At > ms }

// Comparable reports whether both starts come from the same place. Two unknown ones do.
func (s Start) Comparable(o Start) bool { return s.From == o.From }

// Near reports whether both starts come from the same place and differ by at most the tolerance, in milliseconds.
func (s Start) Near(o Start, tolerance int64) bool {
	d := s.At - o.At
	return s.Comparable(o) && d <= tolerance && -d <= tolerance
}
