package main

import (
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/promfold/promfold/examples/internal/example"
)

func TestAmounts(t *testing.T) {
	for x, want := range map[float64]string{
		0: "0", 3: "3", 999999: "999999", 1e6: "1M", 1234567: "1.23M", 5.58e9: "5.58G", -2: "-2",
		0.5: "0.5", 12.345: "12.3", 0.0405: "0.0405", 28601.5: "28602", 123456.7: "123k", 0.00001: "1e-05",
	} {
		assert.Equal(t, want, amount(known(x, true)))
	}
	assert.Equal(t, "–", amount(nil))
}

func TestMeasures(t *testing.T) {
	for _, c := range []struct {
		metric string
		x      float64
		want   string
	}{
		{"took_seconds", 0.0000532, "53.2µs"}, {"took_seconds", 0.0641, "64.1ms"}, {"took_seconds", 1.75, "1.75s"},
		{"took_seconds", 0, "0"}, {"took_seconds", 90, "90s"},
		{"size_bytes", 512, "512B"}, {"size_bytes", 350224384, "334MiB"}, {"other", 0.25, "0.25"},
	} {
		assert.Equal(t, c.want, measure(c.metric, known(c.x, true)))
	}
}

// TestNothingFromOutsideCommandsTheTerminal: neither a label value, nor a
// target's name, nor an error text, in a table or in JSON.
func TestNothingFromOutsideCommandsTheTerminal(t *testing.T) {
	m := &memory{}
	m.scrape(t, text("a\x1b[2J", 1_000), "# TYPE n_total counter\nn_total{a=\"\x1b[31mred\\n\u009b1m\x7f\"} 5\n")
	m.scrape(t, text("a\x1b[2J", 2_000), "\x1b]0;title\x07")
	table := m.replay(t, "-counter", "n_total by (a)")
	document := m.replay(t, "-json", "-counter", "n_total by (a)")
	for _, r := range table.stdout + table.stderr + document.stdout + document.stderr {
		assert.True(t, r == '\n' || unicode.IsPrint(r), "%q", r)
	}
	assert.Contains(t, table.stdout, `\x1b[31mred\n\u009b1m\x7f`)
	labels := document.document(t).Views[0].Groups[0]["labels"]
	assert.Equal(t, map[string]any{"a": "\x1b[31mred\n\u009b1m\x7f"}, labels, "a reader of the JSON gets the value itself")
}

// TestColumnsHaveDifferentNames, whatever labels and operations are asked for.
func TestColumnsHaveDifferentNames(t *testing.T) {
	p := small(t).replay(t, "-counter", "requests_total by (verb, instance, share, seen)", "-histogram", "took_seconds by (instance, p99, share)",
		"-q", "0.99,0.999,0.5", "-gauge", "min(objects) by (lowest)", "-gauge", "max(objects) by (kind, max)")
	require.Equal(t, example.Answered, p.code, p.stderr)
	headings := 0
	for text := range strings.Lines(p.stdout) {
		if !strings.HasSuffix(text, " seen\n") {
			continue
		}
		headings++
		columns := regexp.MustCompile(` {2,}`).Split(strings.TrimSpace(text), -1)
		slices.Sort(columns)
		assert.Equal(t, slices.Compact(slices.Clone(columns)), columns)
	}
	assert.Equal(t, 4, headings)
}

// TestWarningsAreSaidOnce, and those that are not of all groups say of which.
func TestWarningsAreSaidOnce(t *testing.T) {
	got := example.Plain(renderWarnings([]group{
		{Labels: labels.FromStrings("kind", "x"), Warnings: []string{"2 series fell: a, b", "2 of 3 instances say 5", "lb: z, a"}},
		{Labels: labels.FromStrings("kind", "y"), Warnings: []string{"3 series fell: b, c", "2 of 3 instances say 5", "lb: z, a"}},
		{Labels: labels.FromStrings("kind", "z"), Warnings: []string{"lb: z, a"}},
	}, []string{"kind"}))
	assert.Equal(t, "  ! 5 series fell: a, b, c\n  ! x; y: 2 of 3 instances say 5\n  ! lb: z, a\n", got)
}

// TestColumnsAreExplained: the README has a line for each column that the table
// of the recording has, and for each field of a group in -json.
func TestColumnsAreExplained(t *testing.T) {
	text, err := os.ReadFile("README.md")
	require.NoError(t, err)
	var explained strings.Builder // the first column and the last of its table
	for line := range strings.Lines(string(text)) {
		if strings.HasPrefix(line, "| ") {
			explained.WriteString(line)
		}
	}
	p := runFleet()
	require.Equal(t, example.Answered, p.code, p.stderr)
	labels := []string{"verb", "code", "request_kind", "resource"} // the first row is about these
	columns := map[string]bool{}
	for line := range strings.Lines(p.stdout) {
		if strings.HasSuffix(line, " seen\n") {
			for _, c := range regexp.MustCompile(` {2,}`).Split(strings.TrimSpace(line), -1) {
				columns[c] = !slices.Contains(labels, c)
			}
		}
	}
	assert.Greater(t, len(columns), 15)
	group := reflect.TypeFor[group]()
	for i := range group.NumField() {
		name, _, _ := strings.Cut(group.Field(i).Tag.Get("json"), ",")
		columns[name] = name != "" && name != "warnings" && name != "sum" // below the table; the sum of all observations
	}
	for c, asked := range columns {
		assert.True(t, !asked || strings.Contains(explained.String(), "`"+c+"`"), "column %s is not explained", c)
	}
}

// TestLargeFleetsAreShort: of many instances only those with a problem or a
// restart are listed.
func TestLargeFleetsAreShort(t *testing.T) {
	d := document{At: stamp(time.Unix(100, 0)), WindowSeconds: 60}
	for i := range 100 {
		in := instance{Name: string(rune('a'+i%26)) + string(rune('0'+i/26)), Incarnations: 1}
		in.Stale = i == 7
		d.Instances = append(d.Instances, in)
	}
	d.Instances[9].Incarnations = 3
	lines := renderInstances(d, map[string]string{"x9": "no route"})
	out := example.Plain(lines)
	require.Len(t, lines, 5, out)
	assert.Contains(t, out, "99 of 101 instances up, the last 1m0s to")
	assert.Regexp(t, `(?m)^  h0 +stale`, out)
	assert.Regexp(t, `(?m)^  j0 +up .*restarted 2 times$`, out)
	assert.Regexp(t, `(?m)^  x9 +silent .*no route$`, out)
}
