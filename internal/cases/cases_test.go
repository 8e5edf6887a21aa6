package cases

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// known are the cases that fail today. The list only shrinks: a case that
// passes must leave it, and one that fails must be in it.
const known = "testdata/known.txt"

func TestCases(t *testing.T) {
	failing := listed(t)
	for _, c := range all(t) {
		t.Run(c.Name, func(t *testing.T) {
			wrong := c.Run()
			for _, err := range wrong {
				t.Log(err)
			}
			if failing[c.Name] {
				assert.NotEmpty(t, wrong, "passes now: remove it from %s", known)
			} else {
				assert.Empty(t, wrong, strings.Join(c.Why, " "))
			}
		})
		delete(failing, c.Name)
	}
	assert.Empty(t, failing, "listed in %s, but there is no such case", known)
}

// all returns the cases of testdata.
func all(t *testing.T) (list []*Case) {
	files, err := filepath.Glob("testdata/*.txt")
	require.NoError(t, err)
	seen := map[string]string{}
	for _, file := range files {
		if file == filepath.FromSlash(known) {
			continue
		}
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		cases, err := Read(filepath.Base(file), string(text))
		require.NoError(t, err)
		require.NotEmpty(t, cases, file)
		for _, c := range cases {
			require.Empty(t, seen[c.Name], "%s is in %s, too", c.Name, file)
			seen[c.Name] = file
			require.True(t, slices.ContainsFunc(c.Steps, func(s Step) bool { _, ok := s.(*Ask); return ok }), "%s asks nothing", c.Name)
		}
		list = append(list, cases...)
	}
	require.NotEmpty(t, list)
	return list
}

func listed(t *testing.T) map[string]bool {
	text, err := os.ReadFile(known)
	require.NoError(t, err)
	names := map[string]bool{}
	for _, line := range strings.Split(string(text), "\n") {
		if line != "" && !strings.HasPrefix(line, "#") {
			require.False(t, names[line], "%s is listed twice", line)
			names[line] = true
		}
	}
	return names
}
