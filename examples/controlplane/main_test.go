package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/promfold/promfold/examples/internal/example"
)

func runProgram(t *testing.T, args ...string) (status int, stdout, stderr string) {
	var out, errs bytes.Buffer
	status = run(t.Context(), args, &out, &errs)
	return status, out.String(), errs.String()
}

// -json prints what the page shows, of each moment that is asked for.
func TestJSON(t *testing.T) {
	status, out, said := runProgram(t, "-json", "-at", "1m5s,2m22s")
	require.Equal(t, example.Answered, status, said)
	lines := strings.Split(strings.TrimSpace(out), "\n")
	require.Len(t, lines, 2)
	for i, after := range []time.Duration{65 * time.Second, 142 * time.Second} {
		want, err := json.Marshal(pageAt(t, after))
		require.NoError(t, err)
		assert.JSONEq(t, string(want), lines[i])
	}
	assert.Contains(t, said, "apiserver-c: connection refused")
	assert.Contains(t, said, "apiserver-c: answers again")
}

// -text prints it for those who read no page, and through the balancer it says
// what that makes of the numbers.
func TestText(t *testing.T) {
	status, out, said := runProgram(t, "-text", "-balanced", "-expected", "3", "-at", "1m5s")
	require.Equal(t, example.Answered, status, said)
	for _, want := range []string{
		"How much is asked, and is the load on one server?", "Is etcd full, slow, or without a leader?", "3 of 3 API servers met in the last 22 s",
		"behind a balancer: start time", "the numbers are lower bounds", "lb: 3 instances met",
	} {
		assert.Contains(t, out, want)
	}
	assert.NotContains(t, out, "one process", "no two of the servers are taken for one")
}

// A recording with a wrong time would be years of pages.
func TestTooLong(t *testing.T) {
	dir := t.TempDir()
	line := `{"scenario":"a","target":"a","path":"/metrics","time":%d}` + "\n"
	play := func(last int64) (status int, said string) {
		require.NoError(t, os.WriteFile(filepath.Join(dir, "manifest.jsonl"), fmt.Appendf(nil, line+line, int64(0), last), 0o600))
		status, _, said = runProgram(t, "-text", "-replay", dir)
		return status, said
	}
	for _, last := range []int64{24*3600*1000 + 1, math.MaxInt64} {
		_, said := play(last)
		assert.Contains(t, said, "the recording goes from 1970-01-01T00:00:00Z to ")
		assert.Contains(t, said, "longer than 24h0m0s")
	}
	_, said := play(3600 * 1000)
	assert.NotContains(t, said, "longer")
}

func TestFlags(t *testing.T) {
	for _, args := range [][]string{
		{"-window", "0s"}, {"-slo", "0s"}, {"-speed", "0"}, {"-keep", "1s"}, {"-at", "x", "-json"}, {"-at", "5s"}, {"-json", "-text"},
		{"ftp://a"}, {"-etcd", "a"}, {"http://a", "-replay", "x"}, {"http://a", "-json", "-at", "5s"}, {"-expected", "-1"},
		{"-expected", "3", "http://a"}, {"-audit", ""}, {"-audit", "a="}, {"http://a", "http://a/metrics"}, {"http://a", "-etcd", "http://a/"}, {"-speed", "NaN"}, {"-speed", "Inf"}, {"-client-limit", "a=NaN"}, {"-client-limit", "a=Inf"}, {"-client-limit", "a"}, {"-client-limit", "=1"},
	} {
		_, err := parseFlags(args, io.Discard)
		assert.Error(t, err, "%v", args)
	}
	o, err := parseFlags([]string{
		"https://eks/apis/metrics.eks.amazonaws.com/v1/kcm/container/metrics", "https://eks/apis/metrics.eks.amazonaws.com/v1/etcd/container/metrics",
		"https://a:6443/metrics", "-controllers", "http://b:10257/,http://b:10259", "-client-limit", "cn=a,o=b=5",
	}, io.Discard)
	require.NoError(t, err)
	var got []string
	for _, e := range o.endpoints {
		u, err := url.Parse(e.url)
		require.NoError(t, err)
		got = append(got, u.Host+" "+string(e.component)+map[bool]string{true: " balanced"}[e.balanced])
	}
	assert.Equal(t, []string{"eks controllers balanced", "eks etcd balanced", "a:6443 apiserver", "b:10257 controllers", "b:10259 controllers"}, got)
	assert.Equal(t, map[string]float64{"cn=a,o=b": 5}, o.limits)
	assert.Equal(t, "http://b:10257/metrics", o.endpoints[3].url, "a slash alone is no path")
	status, _, said := runProgram(t, "-at", "1s,1h", "-json")
	assert.Equal(t, example.BadUsage, status)
	assert.Contains(t, said, "-at 1h0m0s: the recording is")
	status, _, said = runProgram(t, "-replay", t.TempDir(), "-json")
	assert.Equal(t, example.Silent, status, said)
}

func TestUnits(t *testing.T) {
	for want, got := range map[string]string{
		"12.3 ms": Seconds.number(0.0123), "999 ms": Seconds.number(0.9990), "1.00 s": Seconds.number(0.9996), "85.0 µs": Seconds.number(85e-6), "0 s": Seconds.number(0),
		"1.50 KiB": Bytes.number(1536), "0 B": Bytes.number(0), "1.00 MiB": Bytes.number(1 << 20), "83.3 %": Share.number(0.8333), "0 %": Share.number(0), "1234": Count.number(1234),
		"0.500/s": PerSecond.number(.5), "<0.001/s": PerSecond.number(1e-9), "∞": Count.number(inf), "2.00 cores": Cores.number(2),
		"3.33e+306/s": PerSecond.number(1e307 / 3), "1.50e+308": Count.number(1.5e308), "-2.00e+20": Count.number(-2e20), "1.00e+302 %": Share.number(1e300),
	} {
		assert.Equal(t, want, got)
	}
	a := Amount{true, estimate(3, 2, inf)}
	assert.Equal(t, "at least 2", Count.bounds(a))
	assert.Equal(t, "", Count.bounds(exactly(3)))
	assert.Equal(t, "–", Count.format(Amount{}))
	assert.Equal(t, "1 to 4", Count.bounds(Amount{true, estimate(3, 1, 4)}))
	assert.Equal(t, "at most 4", Count.bounds(Amount{true, estimate(3, 0, 4)}))
	assert.Equal(t, "no bound is known", Seconds.bounds(Amount{true, estimate(3, 0, inf)}))
	assert.Equal(t, "at least 20.0 %", Share.bounds(Amount{true, estimate(.3, .2, 1)}))
	assert.Equal(t, "at least 3.00 s", Seconds.says(Amount{true, estimate(3, 3, inf)}))
	assert.Equal(t, "3.00 s", Seconds.says(Amount{true, estimate(3, 2, inf)}))
}
