package example

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/promfold/promfold/internal/recording"
)

func TestEnd(t *testing.T) {
	for _, c := range []struct {
		err    error
		status int
		says   string
	}{
		{nil, Answered, ""},
		{flag.ErrHelp, Answered, ""},
		{fmt.Errorf("x: %w", ErrWrong), Wrong, ""},
		{errors.New("no\x1b[2J answer"), Silent, "p: no\\x1b[2J answer\n"},
		{fmt.Errorf("x: %w", Usage(errors.New("bad"))), BadUsage, "p: x: bad\np: -help lists the flags\n"},
	} {
		var said strings.Builder
		assert.Equal(t, c.status, End("p", c.err, &said), "%v", c.err)
		assert.Equal(t, c.says, said.String())
	}
	assert.NoError(t, Usage(nil))
}

// parse parses arguments as a program with all flags does.
func parse(args ...string) (l Live, o Output, r Replay, rest []string, err error) {
	l.Interval = 5 * time.Second
	f := NewFlags("p", "usage: p\n")
	l.AddTo(f)
	o.AddTo(f)
	r.AddTo(f)
	err = f.Parse(args, io.Discard, func(args []string) error {
		rest = args
		return l.Complete()
	})
	return l, o, r, rest, err
}

func TestFlags(t *testing.T) {
	l, o, r, rest, err := parse("a", "-interval", "30s", "b", "-json", "-width", "70", "-color", "always", "-scenario", "x,y", "-scenario", "z",
		"-token-file", "token", "-ca", "ca", "-cert", "crt", "-key", "key", "-insecure")
	require.NoError(t, err)
	assert.Equal(t, []string{"a", "b"}, rest)
	assert.Equal(t, Output{true, "always", 70}, o)
	assert.Equal(t, []string{"x", "y", "z"}, r.Scenarios)
	assert.True(t, r.Given())
	c := l.Scrape(time.Now)
	assert.Equal(t, []time.Duration{30 * time.Second, 10 * time.Second}, []time.Duration{c.Interval, c.Timeout})
	assert.Equal(t, "token", c.HTTP.BearerTokenFile)
	assert.Equal(t, []string{"ca", "crt", "key"}, []string{c.HTTP.TLSConfig.CAFile, c.HTTP.TLSConfig.CertFile, c.HTTP.TLSConfig.KeyFile})
	assert.True(t, c.HTTP.TLSConfig.InsecureSkipVerify)

	l, o, r, _, err = parse("-interval", "1s")
	require.NoError(t, err)
	assert.Equal(t, time.Second, l.Timeout, "no longer than a round")
	assert.Equal(t, Output{Color: "auto"}, o)
	assert.False(t, r.Given())

	for _, args := range [][]string{
		{"-nosuch"}, {"-interval", "0"}, {"-timeout", "-1s"}, {"-rounds", "-1"}, {"-cert", "x"}, {"-key", "x"}, {"-color", "red"}, {"-width", "0"}, {"-width", "x"}, {"-width", "80x"},
	} {
		_, _, _, _, err := parse(args...)
		assert.ErrorAs(t, err, &usageError{}, "%v", args)
	}
	var help strings.Builder
	f := NewFlags("p", "usage: p\n")
	l.AddTo(f)
	err = f.Parse([]string{"x", "-help"}, &help, func([]string) error { return nil })
	assert.ErrorIs(t, err, flag.ErrHelp)
	assert.Regexp(t, `(?s)^usage: p\n.*-token-file FILE\n`, help.String())
	_, err = URL("ftp://a")
	assert.Error(t, err)
	assert.NoError(t, Target("unix:///run/a.sock"))
	assert.NoError(t, Target("http://a"))
	assert.Error(t, Target("unix://a.sock"))
}

func TestRun(t *testing.T) {
	tick := make(chan time.Time, 9)
	for range 9 {
		tick <- time.Time{}
	}
	n, failure := 0, errors.New("failed")
	count := func(i int) error { n = i; return nil }
	l := Live{Rounds: 3, Tick: tick}
	require.NoError(t, l.Run(t.Context(), count))
	assert.Equal(t, 3, n)
	l.Rounds = 0
	assert.ErrorIs(t, l.Run(t.Context(), func(i int) error {
		if n = i; i == 2 {
			return failure
		}
		return nil
	}), failure)
	assert.Equal(t, 2, n)
	ctx, cancel := context.WithCancel(t.Context())
	assert.NoError(t, l.Run(ctx, func(i int) error {
		n = i
		cancel()
		return failure
	}), "an interrupt is no failure")
	assert.Equal(t, 1, n)
}

func TestReplay(t *testing.T) {
	all := []recording.Scrape{{Scenario: "a", Time: 3}, {Scenario: "b", Time: 2}, {Scenario: "a", Time: 1, Target: "x"}}
	r := Replay{Scenarios: []string{"a"}}
	got := r.Choose(all, nil)
	assert.Equal(t, []recording.Scrape{all[2], all[0]}, got)
	assert.Equal(t, got[:1], r.Choose(all, func(s recording.Scrape) bool { return s.Target == "x" }))
	inside := fstest.MapFS{"recording/x": {}}
	assert.Equal(t, inside, r.FS(inside))
	_, err := Sub(inside, "recording").Open("x")
	assert.NoError(t, err)

	ctx, cancel := context.WithCancel(t.Context())
	n := 0
	require.NoError(t, Each(ctx, all, func(int, recording.Scrape) error { n++; cancel(); return nil }))
	assert.Equal(t, 1, n)
}

// What is printed has colours and a width if flags ask for them, and nothing
// from outside commands the terminal.
func TestScreen(t *testing.T) {
	var table Table
	table.Left("name")
	table.Right("n\x1b")
	table.Add(Bold("a\x1b[2J"), Alarm("1"))
	table.Row("b", "20")
	show := func(o Output) string {
		var out strings.Builder
		s := NewScreen(o, &out, &out)
		lines := func() []Line { return append(table.Lines(), Line{Warning("one two three")}) }
		require.NoError(t, s.Show(map[string]string{"a": "\x1b"}, lines, false))
		require.NoError(t, s.Show(map[string]string{"a": "b"}, lines, true))
		assert.True(t, s.Settled())
		s.Say("x\x07y")
		return out.String()
	}
	plain := "  name      n\\x1b\n  a\\x1b[2J      1\n  b            20\none two three\n"
	assert.Equal(t, plain+"\n"+plain+"x\\ay\n", show(Output{}))
	assert.Contains(t, show(Output{Width: 9}), "  a\\x1b[2\n  b\none two\n    three\n")
	assert.Contains(t, show(Output{Color: "always"}), "  \x1b[1ma\\x1b[2J\x1b[0m      \x1b[31m1\x1b[0m\n")
	assert.Equal(t, "{\"a\":\"\\u001b\"}\n{\"a\":\"b\"}\nx\\ay\n", show(Output{JSON: true}))

	table.Distinguish(1)
	table.Right("name")
	table.Distinguish(1)
	table.Cut(0)
	assert.Equal(t, "  label name  n\\x1b  name\n", Plain(table.Lines()))
	assert.Zero(t, table.Len())
}
