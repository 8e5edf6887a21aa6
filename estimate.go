package promfold

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"
)

// Estimate is a number and an interval that holds the true value. Hi may be
// +Inf, and Lo −Inf, where nothing bounds the truth.
type Estimate struct{ Value, Lo, Hi float64 }

// Exact reports whether the interval is a single point.
func (e Estimate) Exact() bool { return e.Lo == e.Value && e.Hi == e.Value }

// String returns the value, followed by the interval unless the estimate is
// exact: "645" or "645 [645, +Inf]".
func (e Estimate) String() string {
	if e.Exact() {
		return fmt.Sprintf("%.6g", e.Value)
	}
	return fmt.Sprintf("%.6g [%.6g, %.6g]", e.Value, e.Lo, e.Hi)
}

// MarshalJSON writes an object with value, lo and hi. JSON has no infinities:
// they are written as the strings "+Inf" and "-Inf".
func (e Estimate) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		Value number `json:"value"`
		Lo    number `json:"lo"`
		Hi    number `json:"hi"`
	}{number(e.Value), number(e.Lo), number(e.Hi)})
}

type number float64

func (n number) MarshalJSON() ([]byte, error) {
	if x := float64(n); math.IsInf(x, 0) || math.IsNaN(x) {
		return strconv.AppendQuote(nil, strconv.FormatFloat(x, 'g', -1, 64)), nil
	}
	return json.Marshal(float64(n))
}
