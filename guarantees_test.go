package promfold_test

import (
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestGuarantees: each sentence of README's guarantees and of SECURITY.md has tests
// that fail if it is not true any more, and they are there. A sentence that is new
// or says something else needs a line in testdata/guarantees.txt.
func TestGuarantees(t *testing.T) {
	held := guarantees(t)
	readme, err := os.ReadFile("README.md")
	require.NoError(t, err)
	_, section, ok := strings.Cut(string(readme), "## Guarantees\n")
	require.True(t, ok)
	section, _, ok = strings.Cut(section, "\nTests hold them")
	require.True(t, ok)
	security, err := os.ReadFile("SECURITY.md")
	require.NoError(t, err)
	said := append(sentences(section), sentences(string(security))...)
	require.Greater(t, len(said), 40)
	for _, s := range said {
		assert.NotEmpty(t, held[s], "nothing holds: %s", s)
		delete(held, s)
	}
	for s := range held {
		assert.Fail(t, "nobody says", s)
	}
}

// guarantees reads which tests hold a sentence: below each one a line per package,
// with the names of tests, or a line that begins with "–", which says why it needs none.
func guarantees(t *testing.T) map[string][]string {
	text, err := os.ReadFile("testdata/guarantees.txt")
	require.NoError(t, err)
	held := map[string][]string{}
	sentence := ""
	for _, line := range strings.Split(string(text), "\n") {
		below, is := strings.CutPrefix(line, "\t")
		switch {
		case line == "" || strings.HasPrefix(line, "#"):
		case !is:
			sentence = line
			require.NotContains(t, held, sentence, "twice")
			held[sentence] = nil
		case strings.HasPrefix(below, "–"):
			held[sentence] = append(held[sentence], below)
		default:
			dir, names, ok := strings.Cut(below, ": ")
			require.True(t, ok, line)
			there := testsOf(t, dir)
			for _, name := range strings.Fields(names) {
				assert.True(t, there[name], "%s has no %s, which holds: %s", dir, name, sentence)
				held[sentence] = append(held[sentence], name)
			}
		}
	}
	return held
}

// testsOf returns the names of the tests in a directory.
func testsOf(t *testing.T, dir string) map[string]bool {
	there := map[string]bool{}
	files, err := filepath.Glob(filepath.Join(filepath.FromSlash(dir), "*_test.go"))
	require.NoError(t, err)
	for _, file := range files {
		f, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
		require.NoError(t, err)
		for name := range f.Scope.Objects {
			if strings.HasPrefix(name, "Test") || strings.HasPrefix(name, "Fuzz") {
				there[name] = true
			}
		}
	}
	return there
}

var (
	linked = regexp.MustCompile(`\[([^\]]*)\]\([^)]*\)`)
	ends   = regexp.MustCompile(`\.( |$)`)
	titled = regexp.MustCompile(`(?m)^- \*\*[^*]*\*\* `)
)

// sentences returns those of a document, without its marks; a row of a table and a
// point of a list is one, too.
func sentences(text string) (list []string) {
	text = titled.ReplaceAllString(text, "- ")
	text = strings.NewReplacer("**", "", "`", "").Replace(linked.ReplaceAllString(text, "$1"))
	var paragraph []string
	end := func() {
		whole := strings.Join(paragraph, " ")
		paragraph = nil
		for whole != "" {
			i := ends.FindStringIndex(whole)
			if i == nil {
				i = []int{len(whole), len(whole)}
			}
			list, whole = append(list, whole[:i[0]]), strings.TrimSpace(whole[i[1]:])
		}
	}
	point := regexp.MustCompile(`^(- |\d\. )`)
	for _, line := range strings.Split(text, "\n") {
		line = strings.TrimSpace(line)
		switch {
		case line == "" || strings.HasPrefix(line, "#") || strings.HasPrefix(line, "|--"):
			end()
		case strings.HasPrefix(line, "|"):
			end()
			if row := strings.Trim(line, "| "); row != "" && row != "what | limit | error" {
				list = append(list, row)
			}
		default:
			if point.MatchString(line) {
				end()
			}
			paragraph = append(paragraph, point.ReplaceAllString(line, ""))
		}
	}
	end()
	return list
}
