package promfold_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The data flows one way, and the core works on what it is given: no I/O, no
// clock, no goroutine, no state of its own. These tests hold the packages to
// it. Examples and other programs are free.

const module = "github.com/promfold/promfold"

// edges lists for every package which of ours it may import.
var edges = map[string][]string{
	".": {},
	"aggregate": {
		".", "counter", "histogram", "parse", "internal/declare", "internal/evidence", "internal/exact", "internal/explain", "internal/fold", "internal/gauge", "internal/growth",
		"internal/identity", "internal/judge", "internal/kept", "internal/layout", "internal/ledger", "internal/life", "internal/lines", "internal/lock", "internal/parts", "internal/process", "internal/rate", "internal/room", "internal/roster", "internal/samples",
		"internal/saved", "internal/selector", "internal/tally", "internal/watch", "internal/whole", "internal/window",
	},
	"aggregate/catalogue":    {"aggregate", "counter", "internal/owners"},
	"aggregate/checkpoint":   {},
	"aggregate/expose":       {"aggregate", "histogram", "parse"},
	"aggregate/scrape":       {"aggregate", "parse"},
	"counter":                {".", "internal/judge", "internal/rate", "internal/exact"},
	"histogram":              {".", "internal/layout", "internal/exact"},
	"internal/cases":         {".", "aggregate", "aggregate/catalogue", "counter"},
	"internal/declare":       {"counter", "internal/gauge", "internal/growth", "internal/judge", "internal/kept", "internal/lines", "internal/selector", "internal/watch"},
	"internal/evidence":      {"internal/growth", "internal/identity", "internal/judge", "internal/lines", "internal/saved"},
	"internal/exact":         {},
	"internal/explain":       {".", "counter", "internal/exact", "internal/growth", "internal/judge", "internal/lines", "internal/window"},
	"internal/fold":          {"internal/room", "internal/gauge", "internal/growth", "internal/judge", "internal/layout", "internal/lines", "internal/window"},
	"internal/gauge":         {".", "internal/exact", "internal/explain", "internal/roster", "internal/saved"},
	"internal/growth":        {"internal/exact", "internal/judge", "internal/layout", "internal/lines", "internal/owners", "internal/saved"},
	"internal/identity":      {"internal/saved"},
	"internal/joins":         {"aggregate", "counter", "histogram", "parse", "internal/script"},
	"internal/judge":         {"internal/exact"},
	"internal/kept":          {"internal/gauge", "internal/growth", "internal/ledger", "internal/saved", "internal/watch", "internal/window"},
	"internal/layout":        {".", "internal/exact"},
	"internal/ledger":        {".", "histogram", "internal/exact", "internal/growth", "internal/judge", "internal/layout", "internal/saved", "internal/watch", "internal/window"},
	"internal/life":          {"internal/evidence", "internal/identity", "internal/judge", "internal/rate", "internal/saved", "internal/window"},
	"internal/lines":         {"internal/saved"},
	"internal/lock":          {},
	"internal/owners":        {"internal/judge"},
	"internal/parts":         {"internal/saved"},
	"internal/process":       {"internal/room", "internal/evidence", "internal/growth", "internal/identity", "internal/judge", "internal/life", "internal/lines", "internal/saved", "internal/window"},
	"internal/rate":          {".", "internal/exact"},
	"internal/recording":     {},
	"internal/recording/cut": {},
	"internal/room":          {},
	"internal/roster":        {"parse", "internal/explain", "internal/lines", "internal/saved"},
	"internal/samples":       {"histogram", "parse", "internal/lines"},
	"internal/saved":         {"internal/exact"},
	"internal/script":        {},
	"internal/selector":      {},
	"internal/tally": {
		".", "counter", "internal/exact", "internal/explain", "internal/growth", "internal/judge", "internal/layout", "internal/ledger", "internal/rate",
		"internal/roster", "internal/window",
	},
	"internal/truth":  {".", "internal/cases"},
	"internal/watch":  {"internal/exact", "internal/layout", "internal/saved"},
	"internal/whole":  {"histogram", "internal/explain", "internal/gauge", "internal/lines"},
	"internal/window": {".", "internal/exact", "internal/growth", "internal/judge", "internal/layout", "internal/saved", "internal/watch"},
	"parse":           {"histogram", "internal/lines"},
}

// core are the packages that compute, with what each must not import besides
// the packages of outside.
var core = map[string][]string{
	"aggregate":         nil,
	"counter":           {"sync", "sync/atomic"}, // a value somebody merges holds no lock
	"histogram":         {"sync", "sync/atomic"},
	"internal/declare":  nil,
	"internal/evidence": {"sync", "sync/atomic"},
	"internal/exact":    {"sync", "sync/atomic"},
	"internal/explain":  {"sync", "sync/atomic"},
	"internal/fold":     {"sync", "sync/atomic"},
	"internal/gauge":    {"sync", "sync/atomic"},
	"internal/growth":   {"sync", "sync/atomic"},
	"internal/judge":    {"sync", "sync/atomic"},
	"internal/kept":     {"sync", "sync/atomic"},
	"internal/layout":   {"sync", "sync/atomic"},
	"internal/ledger":   {"sync", "sync/atomic"},
	"internal/life":     {"sync", "sync/atomic"},
	"internal/lines":    nil,
	"internal/lock":     nil,
	"internal/parts":    {"sync", "sync/atomic"},
	"internal/process":  {"sync", "sync/atomic"},
	"internal/room":     {"sync"},
	"internal/roster":   {"sync"},
	"internal/samples":  {"sync", "sync/atomic"},
	"internal/rate":     {"sync", "sync/atomic"},
	"internal/tally":    nil,
	"internal/saved":    {"sync", "sync/atomic"},
	"internal/watch":    {"sync", "sync/atomic"},
	"internal/selector": {"sync", "sync/atomic"},
	"internal/whole":    {"sync", "sync/atomic"},
	"internal/window":   {"sync", "sync/atomic"},
	"internal/identity": {"sync", "sync/atomic"},
	"parse":             {"sync", "sync/atomic"},
}

// outside are the packages of the standard library that reach for the world.
var outside = []string{
	"io/ioutil", "log", "log/slog", "math/rand", "math/rand/v2", "net", "os", "os/exec",
	"os/signal", "syscall",
}

// clock are the functions of package time that read or wait for the clock. Its
// types are welcome.
var clock = []string{
	"After", "AfterFunc", "NewTicker", "NewTimer", "Now", "Since", "Sleep", "Tick", "Until",
}

// header is all of net/http that the core may use: what a response said.
var header = []string{"CanonicalHeaderKey", "Header"}

// maxModules is how many modules parse and aggregate may bring to an importer.
const maxModules = 14

type listed struct {
	Dir, ImportPath, Name string
	Standard              bool
	Module                *struct{ Path string }
	GoFiles, Imports      []string
}

// list runs go list, which knows of build tags and of what is vendored.
func list(t *testing.T, args ...string) (packages []listed) {
	watch(t)
	cmd := exec.Command("go", append([]string{"list", "-json=Dir,ImportPath,Name,Standard,Module,GoFiles,Imports"}, args...)...)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	require.NoError(t, err, stderr.String())
	for in := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p listed
		if err := in.Decode(&p); errors.Is(err, io.EOF) {
			return packages
		}
		require.NoError(t, err)
		packages = append(packages, p)
	}
}

// watch looks into every directory of the module. go test repeats a result from
// its cache until something changes that the test itself has looked at, and
// what go list reads does not count.
func watch(t *testing.T) {
	require.NoError(t, filepath.WalkDir(".", func(_ string, d fs.DirEntry, err error) error {
		if err == nil && d.IsDir() && d.Name() != "." && strings.HasPrefix(d.Name(), ".") {
			return fs.SkipDir
		}
		return err
	}))
}

// ours gives the path of a package inside the module.
func ours(importPath string) (string, bool) {
	if importPath == module {
		return ".", true
	}
	return strings.CutPrefix(importPath, module+"/")
}

func TestImportEdges(t *testing.T) {
	seen := map[string]bool{}
	for _, p := range list(t, "./...") {
		from, ok := ours(p.ImportPath)
		require.True(t, ok, p.ImportPath)
		if p.Name == "main" || strings.HasPrefix(from, "examples/") || from == "docs" || strings.HasPrefix(from, "docs/") {
			continue
		}
		allowed, ok := edges[from]
		require.True(t, ok, "%s stands in no rule: say in edges what it may import", from)
		seen[from] = true
		for _, i := range p.Imports {
			if to, ok := ours(i); ok {
				assert.Contains(t, allowed, to, "%s imports %s", from, to)
			}
		}
	}
	for from := range edges {
		assert.True(t, seen[from], "%s has a rule but does not exist", from)
	}
}

func TestModulesBehind(t *testing.T) {
	count := func(packages ...string) []string {
		modules := map[string]bool{}
		for _, p := range list(t, append([]string{"-deps"}, packages...)...) {
			if p.Module != nil && p.Module.Path != module {
				modules[p.Module.Path] = true
			}
		}
		return sorted(modules)
	}
	assert.Empty(t, count("./counter", "./histogram"), "beyond the standard library")
	behind := count("./parse", "./aggregate")
	assert.NotEmpty(t, behind, "parse stands on prometheus/prometheus: is the list read at all?")
	assert.LessOrEqual(t, len(behind), maxModules, "modules: %v", behind)
}

func TestCoreTouchesNothing(t *testing.T) {
	for name, forbidden := range core {
		t.Run(name, func(t *testing.T) {
			packages := list(t, "./"+name)
			require.Len(t, packages, 1)
			require.NotEmpty(t, packages[0].GoFiles)
			for _, i := range packages[0].Imports {
				assert.NotContains(t, outside, i)
				assert.NotContains(t, forbidden, i)
			}
			fset := token.NewFileSet()
			var files []*ast.File
			for _, file := range packages[0].GoFiles {
				f, err := parser.ParseFile(fset, filepath.Join(packages[0].Dir, file), nil, parser.SkipObjectResolution)
				require.NoError(t, err)
				files = append(files, f)
			}
			assert.Empty(t, offences(fset, files))
		})
	}
}

// offences names every place where a package reads the clock, starts a
// goroutine or keeps state in a package variable. Variables that are never
// written, tables and errors, are constants that Go cannot express.
func offences(fset *token.FileSet, files []*ast.File) (found []string) {
	uses := resolve(fset, files)
	say := func(n ast.Node, what string) {
		p := fset.Position(n.Pos())
		found = append(found, fmt.Sprintf("%s:%d: %s", filepath.Base(p.Filename), p.Line, what))
	}
	written := func(e ast.Expr, how string) {
		if v, ok := uses[root(e)].(*types.Var); ok && v.Parent() == v.Pkg().Scope() {
			say(e, how+" package variable "+v.Name())
		}
	}
	for _, file := range files {
		ast.Inspect(file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.GoStmt:
				say(n, "starts a goroutine")
			case *ast.SelectorExpr:
				switch from := imported(uses, n.X); {
				case from == "time" && slices.Contains(clock, n.Sel.Name),
					from == "net/http" && !slices.Contains(header, n.Sel.Name):
					say(n, "uses "+path.Base(from)+"."+n.Sel.Name)
				}
			case *ast.AssignStmt:
				for _, e := range n.Lhs {
					written(e, "writes")
				}
			case *ast.IncDecStmt:
				written(n.X, "writes")
			case *ast.RangeStmt:
				written(n.Key, "writes")
				written(n.Value, "writes")
			case *ast.UnaryExpr:
				if n.Op == token.AND {
					written(n.X, "takes the address of")
				}
			}
			return true
		})
		for _, d := range file.Decls {
			if d, ok := d.(*ast.GenDecl); ok && d.Tok == token.VAR && locks(uses, d) {
				say(d, "has a lock or a pool in a package variable")
			}
		}
	}
	return found
}

// resolve says what each name means, as far as the package itself can tell:
// imports are left empty, which decides nothing about its own variables.
func resolve(fset *token.FileSet, files []*ast.File) map[*ast.Ident]types.Object {
	info := types.Info{Uses: map[*ast.Ident]types.Object{}}
	config := types.Config{Importer: hollow{}, Error: func(error) {}}
	_, _ = config.Check("core", fset, files, &info) // errors are of the empty imports
	return info.Uses
}

type hollow struct{}

func (hollow) Import(importPath string) (*types.Package, error) {
	p := types.NewPackage(importPath, path.Base(importPath))
	p.MarkComplete()
	return p, nil
}

// root is the variable behind x, x.f, x[i], *x and so on.
func root(e ast.Expr) *ast.Ident {
	for {
		switch x := e.(type) {
		case *ast.Ident:
			return x
		case *ast.ParenExpr:
			e = x.X
		case *ast.SelectorExpr:
			e = x.X
		case *ast.IndexExpr:
			e = x.X
		case *ast.SliceExpr:
			e = x.X
		case *ast.StarExpr:
			e = x.X
		default:
			return nil
		}
	}
}

// imported is the path of the package that e names, if it names one.
func imported(uses map[*ast.Ident]types.Object, e ast.Expr) string {
	id, _ := e.(*ast.Ident)
	if p, ok := uses[id].(*types.PkgName); ok {
		return p.Imported().Path()
	}
	return ""
}

// locks reports whether a declaration mentions sync or sync/atomic.
func locks(uses map[*ast.Ident]types.Object, d ast.Node) (found bool) {
	ast.Inspect(d, func(n ast.Node) bool {
		if s, ok := n.(*ast.SelectorExpr); ok {
			p := imported(uses, s.X)
			found = found || p == "sync" || p == "sync/atomic"
		}
		return !found
	})
	return found
}

func sorted(set map[string]bool) (keys []string) {
	for k := range set {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// TestOffences: each rule catches what it is for, and lets the rest pass.
func TestOffences(t *testing.T) {
	for source, want := range map[string][]string{
		`import "time"; func f() time.Time { return time.Now() }`:               {"uses time.Now"},
		`import clock "time"; var f = clock.Since`:                              {"uses time.Since"},
		`import "net/http"; var c = http.DefaultClient`:                         {"uses http.DefaultClient"},
		`import "net/http"; func f(h http.Header) string { return h.Get("a") }`: nil,
		`import "time"; func f(t time.Time) time.Time { return t.UTC() }`:       nil,
		`type x struct{ Now int }; func f(time x) int { return time.Now }`:      nil,
		`func f() { go f() }`:                                        {"starts a goroutine"},
		`var n int; func f() { n++ }`:                                {"writes package variable n"},
		`var n int; func f() { n := 1; n++ }`:                        nil,
		`var n int; func f() { for n = range 3 { } }`:                {"writes package variable n"},
		`var m = map[int]int{}; func f() { m[1] = 2 }`:               {"writes package variable m"},
		`var m = map[int]int{1: 2}; func f() int { return m[1] }`:    nil,
		`var p *struct{ x []int }; func f() { (*p).x[0], _ = 1, 2 }`: {"writes package variable p"},
		`var a [4]int; func f() *int { return &a[1] }`:               {"takes the address of package variable a"},
		`import "errors"; var Err = errors.New("bad")`:               nil,
		`import "sync"; var mu sync.Mutex`:                           {"has a lock or a pool in a package variable"},
		`import "sync"; var p = sync.Pool{}`:                         {"has a lock or a pool in a package variable"},
		`import "sync"; type t struct{ mu sync.Mutex }`:              nil,
	} {
		fset := token.NewFileSet()
		file, err := parser.ParseFile(fset, "x.go", "package x; "+source, parser.SkipObjectResolution)
		require.NoError(t, err, source)
		for i := range want {
			want[i] = "x.go:1: " + want[i]
		}
		assert.Equal(t, want, offences(fset, []*ast.File{file}), source)
	}
}

// Each file of aggregate stands once in the map of CONTRIBUTING.md.
func TestMapOfAggregate(t *testing.T) {
	text, err := os.ReadFile("CONTRIBUTING.md")
	require.NoError(t, err)
	_, text, ok := bytes.Cut(text, []byte("## Where things are in `aggregate`"))
	require.True(t, ok)
	text, _, _ = bytes.Cut(text, []byte("\n## "))
	files, err := filepath.Glob("aggregate/*.go")
	require.NoError(t, err)
	var names []string
	for _, f := range files {
		name := strings.TrimSuffix(filepath.Base(f), ".go")
		if name != "doc" && !strings.HasSuffix(name, "_test") {
			names = append(names, name)
		}
	}
	_, table, _ := bytes.Cut(text, []byte("\n|"))
	var mapped []string
	for _, m := range regexp.MustCompile("`([a-z]+)`").FindAllSubmatch(table, -1) {
		mapped = append(mapped, string(m[1]))
	}
	assert.ElementsMatch(t, names, mapped)
}
