package main

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
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

// TestNothingFromOutsideCommandsTheTerminal: neither a label's value nor an
// error's text.
func TestNothingFromOutsideCommandsTheTerminal(t *testing.T) {
	m := &memory{}
	m.scrape(t, text("a\x1b[2J", 1_000), "# TYPE n_total counter\nn_total{a=\"\x1b[31mred\\n\"} 5\n")
	m.scrape(t, text("a\x1b[2J", 2_000), "\x1b]0;title\x07")
	p := m.replay(t, "-counter", "n_total by (a)")
	assert.NotContains(t, p.stdout+p.stderr, "\x1b")
	assert.NotContains(t, p.stderr, "\x07")
	assert.Contains(t, p.stdout, "[31mred")
}

func TestColouredLinesFitTheTerminal(t *testing.T) {
	lines := []line{{{bold, "12345"}, {normal, "67890"}}, nil, {{dim, "ab"}}}
	assert.Equal(t, "\x1b[1m12345\x1b[0m67\n\n\x1b[2mab\x1b[0m\n", coloured(lines, 7, true))
	assert.Equal(t, "1234\n\nab\n", coloured(lines, 4, false))
	assert.Equal(t, "1234567890\n\nab\n", plain(lines))
}

func TestWarningsAreSaidOnce(t *testing.T) {
	got := plain(renderWarnings([]group{
		{Warnings: []string{"2 series fell: a, b", "odd"}},
		{Warnings: []string{"3 series fell: b, c", "odd"}},
	}))
	assert.Equal(t, "  ! 5 series fell: a, b, c\n  ! odd\n", got)
}

// TestLargeFleetsAreShort: of many instances only those that something is to
// be said about are listed.
func TestLargeFleetsAreShort(t *testing.T) {
	d := document{At: stamp(time.Unix(100, 0)), WindowSeconds: 60}
	for i := range 100 {
		in := instance{Name: string(rune('a'+i%26)) + string(rune('0'+i/26)), Incarnations: 1}
		in.Stale = i == 7
		d.Instances = append(d.Instances, in)
	}
	d.Instances[9].Incarnations = 3
	lines := renderInstances(d, map[string]string{"x9": "no route"})
	out := plain(lines)
	require.Len(t, lines, 5, out)
	assert.Contains(t, out, "99 of 101 instances up, the last 1m0s to")
	assert.Regexp(t, `(?m)^  h0 +stale`, out)
	assert.Regexp(t, `(?m)^  j0 +up .*restarted 2 times$`, out)
	assert.Regexp(t, `(?m)^  x9 +silent .*no route$`, out)
}
