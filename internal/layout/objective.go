package layout

import (
	"fmt"
	"math"
)

// TargetError: an objective's target is not a share between 0 and 1, both excluded, or its threshold is no number.
type TargetError struct{ Threshold, Target float64 }

func (e *TargetError) Error() string {
	return fmt.Sprintf("histogram: a share of %v up to %v is no objective", e.Target, e.Threshold)
}

// BudgetSpent is how much of its error budget a service has spent whose objective is that a share target of the
// observations is at most threshold: Over(threshold) / (1−target). At 1 the budget is spent; it may be more. It is
// exact if threshold is a bound of every layout.
func (d *Distribution) BudgetSpent(threshold, target float64) (Estimate, bool, error) {
	if math.IsNaN(threshold) || !(target > 0 && target < 1) {
		return Estimate{}, false, &TargetError{threshold, target}
	}
	e, ok := d.Over(threshold)
	if !ok {
		return Estimate{}, false, nil
	}
	l, err := parseLevel(target)
	if err != nil {
		return Estimate{}, false, err
	}
	budget := l.complement()
	e.Value, e.Lo, e.Hi = e.Value/budget, e.Lo/budget, e.Hi/budget
	return e, true, nil
}

// Apdex is the application performance index: the share of observations up to threshold (satisfied), and half of that
// of those above it up to four times as much (tolerating). It is exact if both are bounds of every layout. The
// threshold must be positive and finite, else there is no answer.
func (d *Distribution) Apdex(threshold float64) (Estimate, bool) {
	x := d.reconciled()
	if x.n == 0 || !(threshold > 0) || math.IsInf(4*threshold, 1) {
		return Estimate{}, false
	}
	// (F(t) + (F(4t) − F(t))/2) / N
	index := func(satisfied, tolerated float64) float64 { return (satisfied + tolerated) / (2 * x.n) }
	satisfied, satisfiedMost := x.within(math.Inf(-1), threshold)
	tolerated, toleratedMost := x.within(math.Inf(-1), 4*threshold)
	e := Estimate{N: x.n, Lo: index(satisfied, tolerated), Hi: index(satisfiedMost, toleratedMost)}
	e.Value = clamp(index(x.shareUpTo(threshold), x.shareUpTo(4*threshold)), e.Lo, e.Hi)
	return e, true
}
