package promfold_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var (
	link    = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	heading = regexp.MustCompile(`(?m)^#+ (.+)$`)
	marks   = regexp.MustCompile(`[^\p{L}\p{N} _-]`)
	fence   = regexp.MustCompile("(?ms)^```.*?^```")
)

// anchor is what a heading is called in a link.
func anchor(heading string) string {
	return strings.ReplaceAll(marks.ReplaceAllString(strings.ToLower(heading), ""), " ", "-")
}

// TestLinks: what the documents of the repository lead to is there.
func TestLinks(t *testing.T) {
	seen := 0
	require.NoError(t, filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (d.Name() == ".git" || d.Name() == "node_modules") {
			return filepath.SkipDir
		}
		if filepath.Ext(path) != ".md" {
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for _, m := range link.FindAllStringSubmatch(fence.ReplaceAllString(string(text), ""), -1) {
			if strings.Contains(m[1], "://") || strings.HasPrefix(m[1], "mailto:") {
				continue
			}
			seen++
			file, section, _ := strings.Cut(m[1], "#")
			to := path
			if file != "" {
				to = filepath.Join(filepath.Dir(path), file)
			}
			if !assert.Truef(t, exists(to), "%s leads to %s", path, m[1]) || section == "" {
				continue
			}
			there, err := os.ReadFile(to)
			if err != nil {
				return err
			}
			var sections []string
			for _, h := range heading.FindAllStringSubmatch(string(there), -1) {
				sections = append(sections, anchor(h[1]))
			}
			assert.Containsf(t, sections, section, "%s leads to %s", path, m[1])
		}
		return nil
	}))
	assert.Greater(t, seen, 20, "links were found at all")
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
