package docs

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestRecipesAreShort: each recipe that is named is there, and is a program of
// at most 40 lines, not counting what it prints.
func TestRecipesAreShort(t *testing.T) {
	tasks := map[string]bool{
		"autoscaler": false, "sidecar": false, "balancer": false, "burn": false, "leader": false,
		"saturation": false, "pair": false, "picker": false, "alone": false,
	}
	files, err := filepath.Glob("recipes/*_test.go")
	require.NoError(t, err)
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), "_test.go")
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		program, output, printed := strings.Cut(string(text), "\t// Output:\n")
		if !printed { // what recipes share
			continue
		}
		tasks[name] = true
		assert.LessOrEqual(t, strings.Count(program, "\n"), 40, "lines of %s", file)
		assert.Contains(t, program, "func Example_"+name+"()")
		assert.Contains(t, output, "\t// ", "%s prints nothing", file)
	}
	for name, found := range tasks {
		assert.True(t, found, "recipe %s", name)
	}
}

// TestCode: Go code in a document is a program that compiles, or lines that
// stand in the compiled source of the repository.
func TestCode(t *testing.T) {
	sources := squeezed(t)
	for _, d := range documents(t) {
		for _, b := range d.blocks {
			switch {
			case b.lang != "go":
			case strings.HasPrefix(b.text, "package "):
				compile(t, d.path, b.text)
			default:
				assert.True(t, strings.Contains(sources, squeeze(b.text)), "%s shows code that stands in no source:\n%s", d.path, b.text)
			}
		}
	}
}

func compile(t *testing.T, path, program string) {
	source := filepath.Join(t.TempDir(), "main.go")
	require.NoError(t, os.WriteFile(source, []byte(program), 0o600))
	out, err := exec.Command("go", "vet", source).CombinedOutput()
	assert.NoError(t, err, "%s: %s", path, out)
}

// squeezed returns the whole source of the module, without indentation.
func squeezed(t *testing.T) string {
	var all strings.Builder
	require.NoError(t, filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(path) != ".go" {
			return err
		}
		text, err := os.ReadFile(path)
		all.WriteString(squeeze(string(text)))
		return err
	}))
	return all.String()
}

// squeeze takes the indentation and the empty lines from code.
func squeeze(code string) string {
	var b strings.Builder
	for line := range strings.Lines(code) {
		if line = strings.TrimSpace(line); line != "" {
			b.WriteString(line + "\n")
		}
	}
	return b.String()
}

var (
	called   = regexp.MustCompile(`^([A-Z]\w+)(?:\(|$)`)       // Quantile(0.99), Increase
	selected = regexp.MustCompile(`\b[A-Za-z]\w*\.([A-Z]\w*)`) // View.Combine, fleet.Merge
	literal  = regexp.MustCompile(`[{ ]([A-Z]\w+): `)          // {Balanced: true}
	exported = regexp.MustCompile(`(?:func (?:\([^)]*\) )?|type |const |var |struct, |interface, )([A-Z]\w*)`)
)

// TestNames: what a document of this folder or the README calls in Go is
// exported, by a package of ours or one that is named here.
func TestNames(t *testing.T) {
	text, err := os.ReadFile("../testdata/api.txt")
	require.NoError(t, err)
	names := map[string]bool{}
	for _, m := range exported.FindAllStringSubmatch(string(text), -1) {
		names[m[1]] = true
	}
	for _, other := range []string{ // PromQL, tests, environment, other packages
		"Hour", "NaN", "URL", "DIR", "GOGC", "GOMEMLIMIT", "PROMETHEUS", "TYPE", "HELP", "UNIT", "Date", "CI", "Unreleased",
	} {
		names[other] = true
	}
	seen := 0
	for _, d := range documents(t) {
		if d.path != "README.md" && !strings.HasPrefix(d.path, "docs/") {
			continue
		}
		for _, s := range d.spans {
			if strings.HasPrefix(s, "Test") || strings.HasPrefix(s, "Fuzz") || strings.ContainsAny(s, "/$") {
				continue // TestTestsAreThere looks for those
			}
			for _, re := range []*regexp.Regexp{called, selected, literal} {
				for _, m := range re.FindAllStringSubmatch(s, -1) {
					seen++
					assert.True(t, names[m[1]], "%s: %s: %s is not exported", d.path, s, m[1])
				}
			}
		}
	}
	assert.Greater(t, seen, 100, "names were found at all")
}

// TestTestsAreThere: a test that a document names exists.
func TestTestsAreThere(t *testing.T) {
	sources := squeezed(t)
	name := regexp.MustCompile(`\b(?:Test|Fuzz)[A-Z]\w+`)
	seen := 0
	for _, d := range documents(t) {
		for _, s := range d.spans {
			for _, n := range name.FindAllString(s, -1) {
				seen++
				assert.True(t, strings.Contains(sources, "func "+n+"("), "%s names %s", d.path, n)
			}
		}
	}
	assert.Greater(t, seen, 5)
}
