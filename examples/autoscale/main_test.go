package main

import (
	"bytes"
	"context"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/promfold/promfold/examples/internal/example"
)

// TestDemo: here a restart and failed scrapes change nothing, and more traffic
// does; the naive adapter ends replicas of a busy fleet.
func TestDemo(t *testing.T) {
	rounds, err := play()
	require.NoError(t, err)
	overloaded := 0
	for n, r := range rounds[:grows] {
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
	last := rounds[len(rounds)-1].Here.Replicas
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
