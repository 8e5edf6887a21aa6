package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestDocuments: the table and the figures in docs are what the program makes.
func TestDocuments(t *testing.T) {
	m, err := makeAll()
	require.NoError(t, err)
	dir := filepath.Join("..", "..", "docs")
	page, err := os.ReadFile(filepath.Join(dir, "promql.md"))
	require.NoError(t, err)
	want, err := replace(page, m.table)
	require.NoError(t, err)
	assert.Equal(t, string(want), string(page), "make docs-write")
	assert.Len(t, m.figures, 2)
	for name, want := range m.figures {
		got, err := os.ReadFile(filepath.Join(dir, name))
		require.NoError(t, err)
		assert.Equal(t, want, string(got), "%s: make docs-write", name)
	}
}
