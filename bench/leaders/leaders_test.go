package main

import (
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const recording = "../../../shared/corpus/controllers-ha"

// What the new leader counted from 0 is in the increase.
func TestNewLeader(t *testing.T) {
	if _, err := os.Stat(recording); err != nil {
		t.Skip("the recordings are not here")
	}
	rows, err := replay(recording)
	require.NoError(t, err)
	found := map[string]row{}
	for _, r := range rows {
		found[r.name] = r
		assert.Equal(t, r.bare, r.answer.Value, r.name)
		assert.True(t, r.answer.Lo <= r.bare && r.bare <= r.answer.Hi, r.name)
	}
	require.Len(t, rows, 11)
	assert.Equal(t, 30.0, found["deployment"].answer.Value)
	assert.Equal(t, 3785.0, found["garbage_collector_graph_changes"].answer.Value)
	assert.Equal(t, 2180.0, found["garbage_collector_graph_changes"].members["kcm-2"])
}
