package docs

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
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
		"saturation": false, "pair": false, "picker": false, "alone": false, "live": false,
	}
	files, err := filepath.Glob("recipes/*_test.go")
	require.NoError(t, err)
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), "_test.go")
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		program, output, printed := strings.Cut(string(text), "\t// Output:")
		if !printed { // what recipes share
			continue
		}
		tasks[name] = true
		assert.LessOrEqual(t, strings.Count(program, "\n"), 40, "lines of %s", file)
		assert.Contains(t, program, "func Example_"+name+"()")
		assert.NotEmpty(t, strings.TrimSpace(strings.Trim(output, "\t /}\n")), "%s prints nothing", file)
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
	called   = regexp.MustCompile(`^([A-Z]\w+)(?:\(|$)`)         // Quantile(0.99), Increase
	selected = regexp.MustCompile(`\b([A-Za-z]\w*)\.([A-Z]\w*)`) // View.Combine, fleet.Merge, counter.Process
	literal  = regexp.MustCompile(`[{ ]([A-Z]\w+): `)            // {Balanced: true}
	apiLine  = regexp.MustCompile(`^package (\S+): (?:func (?:\(\w+ \*?(\w+)\) )?|type (?:(\w+) (?:struct|interface), )?|const |var )([A-Z]\w*)`)
	notNames = regexp.MustCompile(`^(time\.|vX|Test|Fuzz|[A-Z]+$|NaN$|Date$|Unreleased$|GOMEMLIMIT|GOGC)|[/$]`)
)

// api is what the packages export: names alone, and with the package or the type
// that they belong to.
func api(t *testing.T) map[string]bool {
	text, err := os.ReadFile("../testdata/api.txt")
	require.NoError(t, err)
	names := map[string]bool{}
	for line := range strings.Lines(string(text)) {
		m := apiLine.FindStringSubmatch(line)
		if m == nil {
			continue
		}
		in, name := m[1][strings.LastIndex(m[1], "/")+1:], m[4]
		names[name] = true
		switch owner := m[2] + m[3]; owner {
		case "":
			names[in+"."+name], names[in+"."] = true, true
		case "Options": // as fields are called that hold them
			names["Parse."+name], names["Parse."] = true, true
			fallthrough
		default:
			names[owner+"."+name], names[owner+"."] = true, true
		}
	}
	return names
}

// TestNames: what a document calls in Go is exported, by the package or type it
// is said to be of.
func TestNames(t *testing.T) {
	names, seen := api(t), 0
	for _, d := range documents(t) {
		if strings.HasPrefix(d.path, "aggregate/otelcol") || strings.HasPrefix(d.path, "examples/") || strings.HasPrefix(d.path, "internal/") {
			continue // of other programs
		}
		for _, s := range d.spans {
			if notNames.MatchString(s) {
				continue
			}
			for _, m := range slices.Concat(called.FindAllStringSubmatch(s, -1), literal.FindAllStringSubmatch(s, -1)) {
				seen++
				assert.True(t, names[m[1]] || notNames.MatchString(m[1]), "%s: %s: %s is not exported", d.path, s, m[1])
			}
			for _, m := range selected.FindAllStringSubmatch(s, -1) {
				seen++
				owned := !names[m[1]+"."] && names[m[2]] || names[m[1]+"."+m[2]] // of a type, or of a variable
				assert.True(t, owned || notNames.MatchString(m[0]), "%s: %s: %s has no %s", d.path, s, m[1], m[2])
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
