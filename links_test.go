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

// room is a package, an example or a file that a document's table names first.
var room = regexp.MustCompile(`\x60([a-z/]+)\x60`)

// TestRooms: the maps of CONTRIBUTING.md have every internal package and every file
// of aggregate, and the README has every example.
func TestRooms(t *testing.T) {
	list := func(pattern, suffix string) (names []string) {
		paths, err := filepath.Glob(pattern)
		require.NoError(t, err)
		for _, p := range paths {
			if name, ok := strings.CutSuffix(filepath.ToSlash(p), suffix); ok && !strings.HasSuffix(name, "_test") {
				names = append(names, name)
			}
		}
		require.NotEmpty(t, names)
		return names
	}
	named := func(path, from, to, before string) (names []string) {
		text, err := os.ReadFile(path)
		require.NoError(t, err)
		_, part, ok := strings.Cut(string(text), from)
		require.True(t, ok)
		part, _, _ = strings.Cut(part, to)
		for _, m := range room.FindAllStringSubmatch(part, -1) {
			if name := before + m[1]; exists(name) || exists(name+".go") {
				names = append(names, name)
			}
		}
		return names
	}
	rooms := named("CONTRIBUTING.md", "## Where things are\n", "\n## ", "")
	for _, name := range list("internal/*", "") {
		assert.Contains(t, rooms, name)
	}
	files := named("CONTRIBUTING.md", "## Where things are in `aggregate`", "\n## ", "aggregate/")
	for _, name := range list("aggregate/*.go", ".go") {
		assert.Contains(t, append(files, "aggregate/doc"), name)
	}
	programs := named("README.md", "## Packages", "\n## ", "")
	for _, name := range list("examples/*", "") {
		assert.Contains(t, append(programs, "examples/internal"), name)
	}
}
