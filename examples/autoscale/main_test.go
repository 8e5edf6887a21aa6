package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/promfold/promfold/examples/autoscale/internal/worker"
	"github.com/promfold/promfold/examples/internal/example"
)

// TestMain makes a process of the test a worker where the demo starts one.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == worker.Role {
		os.Exit(example.End("worker", worker.Work(os.Stdin, os.Stdout, time.Now), os.Stderr))
	}
	os.Exit(m.Run())
}

// TestProcesses: the demo plays with processes, too, here faster.
// While half of them hang nothing is known here, and nothing is resized.
func TestProcesses(t *testing.T) {
	ticker := time.NewTicker(20 * time.Millisecond)
	defer ticker.Stop()
	var all []round
	require.NoError(t, play(t.Context(), &real{every: 400 * time.Millisecond, tick: ticker.C}, func(list []round) error { all = list; return nil }))
	require.Len(t, all, rounds)
	before := all[8].Here.Replicas
	require.Greater(t, before, 1, "a single one does not hang")
	for n := 9; n <= 12; n++ {
		assert.Contains(t, all[n].Here.Why, "covers")
		assert.Equal(t, before, all[n].Here.Replicas)
	}
	_, err := requests(worker.Body(time.Now(), 7.5, 0))
	require.NoError(t, err)
	_, err = requests(nil)
	assert.Error(t, err)
}

// TestDemo: here a restart and failed scrapes change nothing, and more traffic
// does; the naive adapter ends replicas of a busy fleet.
func TestDemo(t *testing.T) {
	var all []round
	require.NoError(t, play(t.Context(), &simulated{}, func(list []round) error { all = list; return nil }))
	require.Len(t, all, rounds)
	overloaded := 0
	for n, r := range all[:grows] {
		_, _, failing := script(n)
		assert.Equal(t, failing || n == 0, r.Here.Seen == nil, "round %d: %s", n, r.Here.Why)
		assert.Equal(t, 4, r.Here.Replicas, "round %d", n)
		if failing {
			assert.Contains(t, r.Here.Why, "covers 50 % of the fleet")
		}
		if r.Here.Seen != nil {
			assert.InEpsilon(t, r.Load, *r.Here.Seen, 0.05, "round %d", n)
		}
		if r.Naive.Load > capacity {
			overloaded++
		}
	}
	assert.Positive(t, overloaded)
	last := all[len(all)-1].Here.Replicas
	assert.True(t, last == 9 || last == 10, "%d replicas, of which each does 100", last)
}

func TestRun(t *testing.T) {
	var out, errs bytes.Buffer
	require.Equal(t, example.Answered, run(context.Background(), nil, &out, &errs), errs.String())
	for _, says := range []string{"half of the scrapes fail", "stays as it is", "covers 50 % of the fleet", "unknown"} {
		assert.Contains(t, out.String(), says)
	}
	for _, c := range []struct {
		args []string
		code int
		says string
	}{
		{[]string{"-help"}, example.Answered, "usage: autoscale"},
		{[]string{"x"}, example.BadUsage, `unexpected argument "x"`},
		{[]string{"-grpc", ":6000"}, example.BadUsage, "needs a certificate"},
		{[]string{"-cert", "x"}, example.BadUsage, "belong together"},
		{[]string{"-config", filepath.Join(t.TempDir(), "x")}, example.Silent, "no such file"},
	} {
		var out, errs bytes.Buffer
		assert.Equal(t, c.code, run(context.Background(), c.args, &out, &errs), "%v", c.args)
		assert.Contains(t, errs.String(), c.says, "%v", c.args)
	}
}
