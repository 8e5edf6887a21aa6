package example

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/promfold/promfold/examples/internal/printable"
)

// Text returns s on one line, with every character that is not printable
// written as an escape of Go, such as \x1b or \n.
func Text(s string) string {
	var b strings.Builder
	for len(s) > 0 {
		r, n := utf8.DecodeRuneInString(s)
		if valid := r != utf8.RuneError || n > 1; valid && unicode.IsPrint(r) {
			b.WriteString(s[:n])
		} else {
			quoted := strconv.Quote(s[:n])
			b.WriteString(quoted[1 : len(quoted)-1])
		}
		s = s[n:]
	}
	return b.String()
}

// Reason returns why a scrape failed, without the target and the time that
// Fleet.Ingest puts in front: the reader has them already.
func Reason(err error, target string, at time.Time) string {
	return strings.TrimPrefix(err.Error(), fmt.Sprintf("scrape of %s at %s: ", target, at.UTC().Format(time.RFC3339Nano)))
}

// JSON returns v as one line of JSON. Characters that are not printable are
// written as \u escapes, those too that JSON allows as they are, such as
// U+009B, which starts a command on some terminals.
func JSON(v any) ([]byte, error) {
	var in bytes.Buffer
	encoder := json.NewEncoder(&in)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(v); err != nil {
		return nil, err
	}
	var out bytes.Buffer
	_, err := printable.To(&out).Write(in.Bytes()) // valid UTF-8, as encoding/json writes it
	return out.Bytes(), err
}

// Number is a number in JSON. The infinities, which JSON lacks, are the strings
// "+Inf" and "-Inf".
type Number float64

// MarshalJSON returns the number, or the string of an infinity.
func (n Number) MarshalJSON() ([]byte, error) {
	if x := float64(n); math.IsInf(x, 0) {
		return fmt.Appendf(nil, `"%+v"`, x), nil
	}
	return json.Marshal(float64(n))
}

// Known returns x, or nil unless ok: a field that is omitted if it is empty.
func Known(x float64, ok bool) *Number {
	if !ok {
		return nil
	}
	n := Number(x)
	return &n
}
