package main

import (
	"io"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/promfold/promfold/examples/internal/example"
	"github.com/promfold/promfold/internal/recording"
)

func TestFlagDefaults(t *testing.T) {
	o, err := parseFlags(nil, io.Discard)
	require.NoError(t, err)
	assert.Equal(t, sinceStart, o.window, "a replay looks back to its beginning")
	assert.Equal(t, []float64{0.5, 0.99}, o.levels)
	assert.Empty(t, o.specs)
	assert.Equal(t, recording.FS, o.FS(recording.FS))

	o, err = parseFlags([]string{"http://a:1/metrics", "-interval", "30s"}, io.Discard)
	require.NoError(t, err)
	assert.Equal(t, 5*time.Minute, o.window)
	assert.Equal(t, 30*time.Second, o.Interval, "flags may stand after the URLs")
	assert.Equal(t, 10*time.Second, o.Timeout)

	o, err = parseFlags([]string{"-interval", "1s", "-window", "all", "http://a:1/metrics"}, io.Discard)
	require.NoError(t, err)
	assert.Equal(t, sinceStart, o.window)
	assert.Equal(t, time.Second, o.Timeout, "no longer than a round")
}

func TestSpecsStandByKindInTheirOrder(t *testing.T) {
	o, err := parseFlags([]string{"-histogram", "h", "-counter", "c2", "-gauge", "max(g)", "-counter", "c1"}, io.Discard)
	require.NoError(t, err)
	var texts []string
	for _, s := range o.specs {
		texts = append(texts, s.text)
	}
	assert.Equal(t, []string{"c2", "c1", "max(g)", "h"}, texts)
}

func TestEndpoints(t *testing.T) {
	got, err := endpoints([]string{
		"http://a:8080/metrics", "https://B.example/metrics", "http://[::1]/metrics",
		"http://c:1/metrics", "http://c:1/metrics?pod=2", "http://a:8080/metrics",
	})
	require.NoError(t, err)
	var names []string
	for _, e := range got {
		names = append(names, e.name)
	}
	assert.Equal(t, []string{"a:8080", "b.example:443", "[::1]:80", "c:1/metrics", "c:1/metrics?pod=2"}, names)
}

func TestBalancerFlag(t *testing.T) {
	o, err := parseFlags([]string{"-balanced", "lb,b*=3", "-balanced", "c:1/m?x=y=0", "-q", "0.5,0.9,0.5"}, io.Discard)
	require.NoError(t, err)
	assert.Equal(t, []balancer{{"lb", 0}, {"b*", 3}, {"c:1/m?x=y", 0}}, o.balancers)
	assert.Equal(t, []float64{0.5, 0.9}, o.levels, "a quantile given twice is shown once")
	w := &watch{o: o}
	for target, want := range map[string]int{"lb": 0, "bar": 3, "other": -1} {
		instances, ok := w.balanced(target)
		if !ok {
			instances = -1
		}
		assert.Equal(t, want, instances, target)
	}
}

func TestBadFlags(t *testing.T) {
	for _, args := range [][]string{
		{"-nonsense"},
		{"-counter", "x{"},
		{"-gauge", "rate(x)"},
		{"-q", "0.5,1.5"},
		{"-q", "NaN"},
		{"-q", ""},
		{"-balanced", "["},
		{"-balanced", "lb="},
		{"-balanced", "lb=-1"},
		{"-balanced", "a=x"},
		{"-window", "never"},
		{"-window", "-5m"},
		{"-window", "0"},
		{"-interval", "0", "http://a:1"},
		{"-timeout", "-1s", "http://a:1"},
		{"-rounds", "-1", "http://a:1"},
		{"-target", "[", "-replay", "x"},
		{"-target", "a*", "http://a:1"},
		{"-scenario", "a", "http://a:1"},
		{"-replay", "x", "http://a:1"},
		{"a:8080"},
		{"ftp://a/metrics"},
		{"http://"},
	} {
		p := runFleet(args...)
		assert.Equal(t, example.BadUsage, p.code, "%v", args)
		assert.Empty(t, p.stdout, "%v", args)
		assert.Regexp(t, "^fleet: .+\n", p.stderr, "%v", args)
	}
}

func TestHelp(t *testing.T) {
	p := runFleet("-help")
	assert.Equal(t, example.Answered, p.code)
	assert.Contains(t, p.stderr, "-histogram SPEC")
}
