package lines

import (
	"strings"
	"testing"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
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
		require.Equal(t, want, p.set(histogram.rewrites()).String(), "%q", text)
	}
}

// A text is read as it would be read first, whatever was read before it.
func TestPlainLinesAfterOthers(t *testing.T) {
	part := rapid.SampledFrom([]string{`x`, `xy`, `{`, `}`, `a="`, `b="`, `le="`, `",`, `"`, `"} `, `1`, `12345678`, `"}`, ` `, `\`, `é`, ``})
	rapid.Check(t, func(rt *rapid.T) {
		var p plain
		text := ""
		for range rapid.IntRange(1, 6).Draw(rt, "texts") {
			keep := rapid.IntRange(0, len(text)).Draw(rt, "keep")
			if rapid.Bool().Draw(rt, "bucket") {
				keep = max(strings.LastIndex(text, `="`)+len(`="`), 0)
				keep = min(keep, len(text))
			}
			text = text[:keep] + strings.Join(rapid.SliceOfN(part, 0, 8).Draw(rt, "parts"), "")
			if rapid.Bool().Draw(rt, "well formed") {
				text = `x{a="1",le="` + rapid.SampledFrom([]string{"", "1", "+Inf", `"`, `1",b="`}).Draw(rt, "le") + `"} `
			}
			var first plain
			name := nameLen(text)
			ok := first.read([]byte(text), name)
			require.Equal(rt, ok, p.read([]byte(text), name), "%q", text)
			if ok {
				require.Equal(rt, first.set(meaningPlain).String(), p.set(meaningPlain).String(), "%q", text)
				require.Equal(rt, first.empty, p.empty)
			}
		}
	})
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
