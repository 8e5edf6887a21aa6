package docs

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// speakers are the files that put warnings into words.
var speakers = []string{
	"aggregate/answer.go", "aggregate/ask.go", "aggregate/balanced.go", "aggregate/fold.go", "aggregate/histogram.go",
	"internal/explain/remarks.go", "internal/explain/words.go", "internal/gauge/election.go", "internal/gauge/group.go", "internal/gauge/past.go",
	"internal/identity/balancer.go", "internal/roster/partial.go", "internal/tally/growth.go",
}

// between are the parts of a warning that vary, and what joins two of them.
var between = regexp.MustCompile(`%[.\d]*[a-z]|[:;,]`)

// TestWarnings: what a warning says is in the table of operating.md, which says
// what it means and what to do.
func TestWarnings(t *testing.T) {
	page, err := os.ReadFile("operating.md")
	require.NoError(t, err)
	seen := 0
	for _, path := range speakers {
		file, err := parser.ParseFile(token.NewFileSet(), filepath.Join("..", path), nil, 0)
		require.NoError(t, err)
		ast.Inspect(file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.ImportSpec:
				return false
			case *ast.BasicLit:
				text, err := strconv.Unquote(n.Value)
				if n.Kind != token.STRING || err != nil || strings.Contains(text, "%w") {
					return true
				}
				longest := ""
				for _, s := range between.Split(text, -1) {
					if s = strings.TrimSpace(s); len(s) > len(longest) {
						longest = s
					}
				}
				if strings.Contains(longest, " ") {
					seen++
					assert.True(t, strings.Contains(string(page), longest), "%s says %q, which operating.md does not explain", path, text)
				}
			}
			return true
		})
	}
	assert.Greater(t, seen, 40, "warnings were found at all")
}
