package printable

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// raw are the files of the examples that print past a Writer, with the reason.
var raw = map[string]string{
	"internal/printable/through.go":        "it puts the Writer before all that is printed",
	"autoscale/main.go":                    "a worker answers the program that started it, through a pipe",
	"autoscale/internal/worker/process.go": "a worker's errors: they passed a Writer in its own process",
	"sidecar/worker.go":                    "a worker tells the program that started it its address, through a pipe",
	"collector/main.go":                    "after Through, which failed to make a pipe",
	"resourcemetrics/server/kubelets.go":   "klog quotes values and errors",
	"resourcemetrics/server/server.go":     "klog quotes values and errors",
	"controlplane/trim/main.go":            "a tool of the recording: it reads what is in this repository",
}

// No example prints but through a Writer: the names os.Stdout and os.Stderr, and the
// functions that print there by themselves, stand in arguments of To, or in a file
// of the list above.
func TestNoExamplePrintsPastIt(t *testing.T) {
	found := map[string]bool{}
	root := filepath.Join("..", "..")
	require.NoError(t, filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if d != nil && d.IsDir() && d.Name() == "e2e" {
			return fs.SkipDir // tests, of programs of their own
		}
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		name, err := filepath.Rel(root, path)
		require.NoError(t, err)
		name = filepath.ToSlash(name)
		src, err := os.ReadFile(path)
		require.NoError(t, err)
		for _, line := range printing(t, path, src) {
			found[name] = true
			assert.NotEmpty(t, raw[name], "%s:%d prints past printable.To", name, line)
		}
		return nil
	}))
	for name := range raw {
		assert.True(t, found[name], "%s prints nothing: it has to leave the list", name)
	}
}

// printing returns the lines of a source that print past a Writer.
func printing(t *testing.T, path string, src []byte) (lines []int) {
	set := token.NewFileSet()
	file, err := parser.ParseFile(set, path, src, 0)
	require.NoError(t, err)
	allowed := map[ast.Node]bool{}
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.CallExpr:
			if x, ok := n.Fun.(*ast.SelectorExpr); ok && named(x.X) == "printable" && x.Sel.Name == "To" {
				for _, arg := range n.Args {
					allowed[arg] = true
				}
			}
			if id, ok := n.Fun.(*ast.Ident); ok && (id.Name == "print" || id.Name == "println") {
				lines = append(lines, set.Position(n.Pos()).Line)
			}
		case *ast.SelectorExpr:
			if !allowed[n] && prints(named(n.X), n.Sel.Name) {
				lines = append(lines, set.Position(n.Pos()).Line)
			}
		}
		return true
	})
	return lines
}

func named(x ast.Expr) string {
	id, ok := x.(*ast.Ident)
	if !ok {
		return ""
	}
	return id.Name
}

// prints reports whether a name of a package is an output of the process, or prints
// there.
func prints(of, name string) bool {
	switch of {
	case "os":
		return name == "Stdout" || name == "Stderr"
	case "fmt":
		return slices.Contains([]string{"Print", "Printf", "Println"}, name)
	case "klog", "log":
		return slices.ContainsFunc([]string{"Print", "Fatal", "Panic", "Error", "Warn", "Info", "Default"}, func(p string) bool { return strings.HasPrefix(name, p) })
	case "slog":
		return slices.Contains([]string{"Default", "Debug", "Info", "Warn", "Error", "Log"}, name)
	}
	return false
}

func TestWhatPrints(t *testing.T) {
	assert.Equal(t, []int{3, 3, 3, 4}, printing(t, "x.go", []byte(`package x
func f() {
	fmt.Println(os.Stdout); println()
	run(printable.To(os.Stdout), os.Stderr)
}`)))
}
