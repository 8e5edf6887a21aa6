package main

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// unknown is shown where a value is absent.
const unknown = "–"

// amount returns a number for reading: whole numbers below a million in full,
// others with three digits and a suffix for thousands.
func amount(n *number) string {
	if n == nil {
		return unknown
	}
	x := float64(*n)
	abs := math.Abs(x)
	switch {
	case math.IsInf(x, 0):
		return infinite(x)
	case abs < 1e6 && x == math.Trunc(x):
		return strconv.FormatFloat(x, 'f', -1, 64)
	case abs < 1e5 && abs >= 1000:
		return strconv.FormatFloat(x, 'f', 0, 64)
	case abs < 1000:
		return significant(x)
	}
	for _, s := range []struct {
		scale  float64
		suffix string
	}{{1e12, "T"}, {1e9, "G"}, {1e6, "M"}, {1e3, "k"}} {
		if abs >= s.scale {
			return significant(x/s.scale) + s.suffix
		}
	}
	return significant(x)
}

// significant returns x with three digits.
func significant(x float64) string {
	if abs := math.Abs(x); abs != 0 && (abs < 0.001 || abs >= 1e6) {
		return strconv.FormatFloat(x, 'g', 3, 64)
	}
	digits := 2 - int(math.Floor(math.Log10(max(math.Abs(x), 1e-9))))
	s := strconv.FormatFloat(x, 'f', max(0, min(digits, 5)), 64)
	if strings.Contains(s, ".") {
		s = strings.TrimRight(strings.TrimRight(s, "0"), ".")
	}
	return s
}

func infinite(x float64) string {
	if x > 0 {
		return "∞"
	}
	return "−∞"
}

// measure returns a value in the unit at the end of the metric's name.
func measure(metric string, n *number) string {
	if n == nil {
		return unknown
	}
	x := float64(*n)
	switch abs := math.Abs(x); {
	case math.IsInf(x, 0):
		return infinite(x)
	case strings.HasSuffix(metric, "_seconds") && x != 0:
		switch {
		case abs < 1e-3:
			return significant(x*1e6) + "µs"
		case abs < 1:
			return significant(x*1e3) + "ms"
		}
		return amount(n) + "s"
	case strings.HasSuffix(metric, "_bytes"):
		units := []string{"B", "KiB", "MiB", "GiB", "TiB"}
		i := 0
		for ; math.Abs(x) >= 1024 && i < len(units)-1; i++ {
			x /= 1024
		}
		return significant(x) + units[i]
	}
	return amount(n)
}

// within returns a value and the interval that holds the true one.
func within(metric string, value, lo, hi *number) string {
	if value == nil {
		return unknown
	}
	return fmt.Sprintf("%s (%s, %s]", measure(metric, value), measure(metric, lo), measure(metric, hi))
}

func percent(n *number) string {
	if n == nil {
		return unknown
	}
	return strconv.FormatFloat(100*float64(*n), 'f', 0, 64) + "%"
}
