package main

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// Unit is what an amount is measured in.
type Unit string

// The units.
const (
	PerSecond Unit = "/s"
	Seconds   Unit = "s"
	Share     Unit = "share" // from 0 to 1, shown in percent
	Bytes     Unit = "bytes"
	Count     Unit = "count"
	Cores     Unit = "cores"
)

// unknown stands where nothing is known.
const unknown = "–"

// format returns an amount's value in its unit.
func (u Unit) format(a Amount) string {
	if !a.Known {
		return unknown
	}
	return u.number(a.Value)
}

// bounds returns what is certain of an amount, in words; empty if the value is
// exact as shown.
func (u Unit) bounds(a Amount) string {
	if !a.Known {
		return ""
	}
	lo, hi := u.number(a.Lo), u.number(a.Hi)
	open := math.IsInf(a.Hi, 1) || u == Share && a.Hi == 1
	switch value := u.number(a.Value); {
	case lo == value && (hi == value || strings.HasPrefix(hi, "<")):
		return ""
	case open && a.Lo <= 0: // nothing here is negative
		return "no bound is known"
	case open:
		return "at least " + lo
	case a.Lo == 0, math.IsInf(a.Lo, -1):
		return "at most " + hi
	}
	return lo + " to " + hi
}

// says returns an amount as a sentence says it: "at least 2" where that is all that
// is known, as of a quantile in the last bucket.
func (u Unit) says(a Amount) string {
	if a.Known && math.IsInf(a.Hi, 1) && a.Lo == a.Value {
		return "at least " + u.number(a.Value)
	}
	return u.format(a)
}

// number returns a number with three significant digits.
func (u Unit) number(x float64) string {
	if math.IsInf(x, 0) || math.IsNaN(x) {
		return map[bool]string{true: "∞", false: unknown}[math.IsInf(x, 1)]
	}
	switch u {
	case Seconds:
		return scaled(x, 1000, []string{"µs", "ms", "s"}, 1e-6)
	case Share:
		return digits(100*x) + " %"
	case Bytes:
		return scaled(x, 1024, []string{"B", "KiB", "MiB", "GiB", "TiB"}, 1)
	case PerSecond:
		return digits(x) + "/s"
	case Cores:
		return digits(x) + " cores"
	}
	if x == math.Trunc(x) && math.Abs(x) < 1e15 {
		return strconv.FormatFloat(x, 'f', 0, 64)
	}
	return digits(x)
}

// scaled returns x in the greatest unit in which it is not below 1. The first
// unit is worth least.
func scaled(x, step float64, units []string, least float64) string {
	if x == 0 {
		return "0 " + units[len(units)-1-(len(units)-1)*btoi(least == 1)]
	}
	i, v := 0, x/least
	for i < len(units)-1 && math.Abs(v) >= step*0.9995 {
		v /= step
		i++
	}
	return digits(v) + " " + units[i]
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

// digits returns x with three significant digits, and without an exponent if somebody
// could read it so.
func digits(x float64) string {
	switch a := math.Abs(x); {
	case a >= 1e15:
		return strconv.FormatFloat(x, 'e', 2, 64)
	case a >= 99.95 || x == 0:
		return strconv.FormatFloat(x, 'f', 0, 64)
	case a >= 9.995:
		return strconv.FormatFloat(x, 'f', 1, 64)
	case a >= 0.9995:
		return strconv.FormatFloat(x, 'f', 2, 64)
	case a < 0.0005:
		return map[bool]string{true: "<0.001", false: ">−0.001"}[x > 0]
	}
	return strconv.FormatFloat(x, 'f', 3, 64)
}

// length returns a duration in at most two units.
func length(d time.Duration) string {
	switch {
	case d < time.Minute:
		return fmt.Sprintf("%d s", int(d.Seconds()))
	case d < time.Hour && d%time.Minute < time.Second:
		return fmt.Sprintf("%d min", int(d.Minutes()))
	case d < time.Hour:
		return fmt.Sprintf("%d min %d s", int(d.Minutes()), int(d.Seconds())%60)
	case d < 48*time.Hour:
		return fmt.Sprintf("%d h %d min", int(d.Hours()), int(d.Minutes())%60)
	}
	return fmt.Sprintf("%d days", int(d.Hours()/24))
}
