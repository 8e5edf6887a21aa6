package explain

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Few lists the first names and the number of the others.
func Few(names []string) string {
	const most = 5
	if len(names) <= most {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), len(names)-most)
}

// Count returns a number of things, in the plural unless it is one.
func Count(n int, thing string) string {
	if n != 1 {
		thing += "s"
	}
	return fmt.Sprint(n, " ", thing)
}

// Clock returns a time in UTC, to the millisecond.
func Clock(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.999Z") }

// clock returns the time of a number of ms since the epoch.
func clock(ms int64) string { return Clock(time.UnixMilli(ms)) }

// counted formats a text with a number and the names of instances.
func counted(text string, members map[string]int) string {
	n, names := 0, make([]string, 0, len(members))
	for name, m := range members {
		n += m
		names = append(names, name)
	}
	slices.Sort(names)
	if len(names) > 3 {
		names = append(names[:3], fmt.Sprintf("%d more", len(names)-3))
	}
	return fmt.Sprintf(text, n) + ": " + strings.Join(names, ", ")
}

// writeWarnings writes warnings, one a line.
func writeWarnings(b *strings.Builder, list []string) {
	for _, w := range list {
		fmt.Fprintf(b, "  ! %s\n", w)
	}
}

// Shortened returns the start of a name that a caller made too long.
func Shortened(name string) string {
	const most = 200
	if len(name) <= most {
		return name
	}
	return strings.ToValidUTF8(name[:most], "") + "…"
}

// MayBeOne says that instances may be one process.
func MayBeOne(names []string) string {
	if len(names) == 2 {
		return fmt.Sprintf("possible duplicate: %s and %s have one start time and may be one process, both are counted, and one of them in lower bounds", names[0], names[1])
	}
	return fmt.Sprintf("possible duplicates: %d instances have one start time and may be one process, all are counted, and one of them in lower bounds: %s", len(names), Few(names))
}
