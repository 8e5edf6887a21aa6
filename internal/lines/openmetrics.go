package lines

import (
	"bytes"
	"math"
)

// OpenMetrics is read like the text format. The differences are here: what follows
// a value, and that the body has an end mark.

const eof = "# EOF"

// maxSeconds bounds the timestamps that are read here; textparse reads others.
const maxSeconds = 1e15

// sampleOpenMetrics reads a number, an optional timestamp in seconds, an optional
// exemplar and the line feed at b[at:]. It drops the exemplar. ok is false if it
// is not sure.
func sampleOpenMetrics(b []byte, at int) (v float64, t int64, next int, ok bool) {
	v, next, ok = token(b, at)
	if !ok {
		return 0, 0, at, false
	}
	t = NoTime
	if b[next] == ' ' && !isExemplar(b[next:]) {
		var seconds float64
		if seconds, next, ok = token(b, next+1); !ok || !(math.Abs(seconds) < maxSeconds) {
			return 0, 0, at, false
		}
		t = int64(seconds * 1000)
	}
	if isExemplar(b[next:]) {
		if next, ok = skipExemplar(b, next); !ok {
			return 0, 0, at, false
		}
	}
	if b[next] != '\n' {
		return 0, 0, at, false
	}
	return v, t, next + 1, true
}

// token reads the number at b[at:] up to a blank or a line feed.
func token(b []byte, at int) (v float64, next int, ok bool) {
	v, next, ok = number(b, at)
	if !ok || next == len(b) || b[next] != ' ' && b[next] != '\n' {
		return 0, at, false
	}
	return v, next, true
}

// breaksOff reports whether the value at b[at:] is followed by something that may
// not follow a value.
func breaksOff(b []byte, at int) bool {
	for at < len(b) && b[at] != ' ' && b[at] != '\n' && b[at] != 0 {
		at++
	}
	rest := b[at:]
	if len(rest) == 0 || rest[0] == '\n' {
		return false
	}
	if rest[0] == 0 {
		return true
	}
	if bytes.HasPrefix(rest, []byte(" # ")) {
		return !isExemplar(rest)
	}
	return len(rest) == 1 || rest[1] == ' ' || rest[1] == '\n' || rest[1] == 0
}

func isExemplar(b []byte) bool { return bytes.HasPrefix(b, []byte(" # {")) }

// skipExemplar skips " # {labels} value [timestamp]" if it is ASCII without
// escapes.
func skipExemplar(b []byte, at int) (next int, ok bool) {
	i := at + len(" # {")
	for i < len(b) && b[i] != '}' {
		n := labelNameLen(b[i:])
		if n == 0 || !bytes.HasPrefix(b[i+n:], []byte(`="`)) {
			return at, false
		}
		i += n + len(`="`)
		for i < len(b) && b[i] >= ' ' && b[i] < 0x7f && b[i] != '"' && b[i] != '\\' {
			i++
		}
		if i+1 >= len(b) || b[i] != '"' {
			return at, false
		}
		if i++; b[i] == ',' {
			if i++; i == len(b) || b[i] == '}' {
				return at, false
			}
		} else if b[i] != '}' {
			return at, false
		}
	}
	if i+1 >= len(b) || b[i+1] != ' ' {
		return at, false
	}
	_, i, ok = token(b, i+2)
	if ok && b[i] == ' ' {
		var seconds float64
		seconds, i, ok = token(b, i+1)
		ok = ok && math.Abs(seconds) < maxSeconds
	}
	return i, ok && b[i] == '\n'
}
