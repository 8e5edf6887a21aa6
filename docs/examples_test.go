package docs

import (
	"go/ast"
	"go/doc"
	"go/parser"
	"go/token"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestExamples: every exported type of the packages that programs use has an
// example with checked output, and so has every function of a package without
// types.
func TestExamples(t *testing.T) {
	for _, dir := range []string{"aggregate", "aggregate/catalogue", "aggregate/expose", "aggregate/checkpoint", "aggregate/scrape"} {
		names := exampled(t, dir)
		for _, want := range exportedIn(t, dir) {
			assert.True(t, names[want], "%s.%s has no example", dir, want)
		}
	}
}

// exampled returns the types and functions of which a package has an example
// with output.
func exampled(t *testing.T, dir string) map[string]bool {
	names, err := filepath.Glob(filepath.Join("..", dir, "*_test.go"))
	require.NoError(t, err)
	var files []*ast.File
	for _, name := range names {
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ParseComments)
		require.NoError(t, err)
		files = append(files, f)
	}
	found := map[string]bool{}
	for _, e := range doc.Examples(files...) {
		if e.Output != "" {
			name, _, _ := strings.Cut(e.Name, "_")
			found[name] = true
		}
	}
	require.NotEmpty(t, found, dir)
	return found
}

func exportedIn(t *testing.T, dir string) (list []string) {
	files := token.NewFileSet()
	names, err := filepath.Glob(filepath.Join("..", dir, "*.go"))
	require.NoError(t, err)
	var parsed []*ast.File
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(files, name, nil, 0)
		require.NoError(t, err)
		parsed = append(parsed, f)
	}
	p, err := doc.NewFromFiles(files, parsed, dir)
	require.NoError(t, err)
	for _, typ := range p.Types {
		for _, s := range typ.Decl.Specs {
			list = append(list, s.(*ast.TypeSpec).Name.Name)
		}
	}
	if list == nil {
		for _, f := range p.Funcs {
			list = append(list, f.Name)
		}
	}
	require.NotEmpty(t, list, dir)
	return list
}
