package promfold_test

import (
	"encoding/json"
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/promfold/promfold"
)

func TestEstimate(t *testing.T) {
	for text, e := range map[string]promfold.Estimate{
		"645":               {Value: 645, Lo: 645, Hi: 645},
		"645 [600, +Inf]":   {Value: 645, Lo: 600, Hi: math.Inf(1)},
		"0.1 [-Inf, 0.125]": {Value: .1, Lo: math.Inf(-1), Hi: .125},
	} {
		assert.Equal(t, text, e.String())
		assert.Equal(t, text == "645", e.Exact())
	}
	data, err := json.Marshal(promfold.Estimate{Value: 1.5, Lo: math.Inf(-1), Hi: math.Inf(1)})
	require.NoError(t, err)
	assert.JSONEq(t, `{"value": 1.5, "lo": "-Inf", "hi": "+Inf"}`, string(data))
}
