package main

import (
	"context"
	"math"

	"github.com/promfold/promfold"
)

type discard struct{}

func (discard) Write(p []byte) (int, error) { return len(p), nil }

func ctxOf() context.Context { return context.Background() }

var inf = math.Inf(1)

func estimate(v, lo, hi float64) promfold.Estimate {
	return promfold.Estimate{Value: v, Lo: lo, Hi: hi}
}
