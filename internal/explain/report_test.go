package explain_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/promfold/promfold/internal/explain"
)

func TestReport(t *testing.T) {
	r := explain.Report{Target: "a:1", Instance: "a:1", Lines: 1}
	assert.Equal(t, "a:1: 1 line, 0 changed", r.String())
	r = explain.Report{
		Target: "lb", Instance: "lb#1", Lines: 9, Changed: 2, Came: 3, Went: 4, Double: 5, Grown: 6, Births: 7, Resets: 8, Refused: 9,
		Duplicate: true, NewInstance: true, Restarted: true, Provisional: true, Alternating: true, By: "its start", Candidates: []string{"x", "y"},
		Partial: []string{"pods"}, Warnings: []string{"look here"},
	}
	assert.Equal(t, "lb (lb#1): 9 lines, 2 changed, 3 came, 4 went, 5 double, 6 grown, 7 born, 8 reset, 9 refused; duplicate; new instance; "+
		"restarted; provisional; the address reaches several processes; attributed by its start; may be of x, y; partial: pods; look here", r.String())
}
