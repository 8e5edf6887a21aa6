package lines

import (
	"testing"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/stretchr/testify/require"
)

// What plain takes and what it leaves to textparse. That it reads what textparse
// reads is for FuzzRead to find out.
func TestPlainLines(t *testing.T) {
	histogram := &family{Family: Family{Name: "h", Type: "histogram"}}
	for text, want := range map[string]string{
		`up `:                                labels.FromStrings("__name__", "up").String(),
		`a:b{c="d"} `:                        labels.FromStrings("__name__", "a:b", "c", "d").String(),
		`h_bucket{z="1",le="1",A="x{ }=,"} `: labels.FromStrings("A", "x{ }=,", "__name__", "h_bucket", "le", "1.0", "z", "1").String(),
		`x{le="+Inf",quantile="1"} `:         labels.FromStrings("__name__", "x", "le", "+Inf", "quantile", "1").String(),
		`x{a=""} `:                           labels.FromStrings("__name__", "x", "a", "").String(),
		`x{a="a value of many words"} `:      labels.FromStrings("__name__", "x", "a", "a value of many words").String(),

		`up`: "", `up  `: "", "up\t": "", `1a `: "", ``: "", `x{} `: "", `x {a="b"} `: "", `x{a="b",} `: "", `x{,a="b"} `: "",
		`x{a="b"}`: "", `x{a="b"}  `: "", `x{ a="b"} `: "", `x{a ="b"} `: "", `x{a="b" } `: "", `x{a="b",a="c"} `: "",
		`x{__name__="y"} `: "", `x{"a"="b"} `: "", `{"x",a="b"} `: "", `x{a:b="c"} `: "", `x{1a="c"} `: "", `x{a="\""} `: "",
		`x{a="\\"} `: "", "x{a=\"\t\"} ": "", `x{a="é"} `: "", "x{a=\"a long value, then a\nline feed\"} ": "", `x{a="b`: "", `x{a="b"} } `: "",
	} {
		var p plain
		name := nameLen(text)
		if ok := p.read([]byte(text), name); !ok {
			require.Empty(t, want, "%q is left to textparse", text)
			continue
		}
		require.Equal(t, want, p.set(name, histogram).String(), "%q", text)
	}
}

// The recorded bodies have hardly a line that is left to textparse.
func TestRecordedLinesArePlain(t *testing.T) {
	if !copiesLabels {
		t.Skip("labels share the memory of what they are built from")
	}
	for _, body := range recordedBodies(t) {
		s, left := NewStore(), 0
		r := NewReader(s, Limits{})
		var c Columns
		require.NoError(t, r.Read(&c, body, ""))
		r.Commit(&c)
		for id := range s.lines.cap.Load() {
			var p plain
			if text := s.lines.text(id); !p.read([]byte(text), nameLen(text)) {
				left++
			}
		}
		require.Greater(t, c.Len(), 100)
		require.Zero(t, left)
	}
}
