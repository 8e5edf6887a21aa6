package promfold_test

import (
	"bytes"
	"flag"
	"go/ast"
	"go/doc"
	"go/parser"
	"go/printer"
	"go/token"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "write testdata/api.txt anew")

// TestAPI holds what the packages export to testdata/api.txt, so that growth of
// the API is a decision that a review sees.
func TestAPI(t *testing.T) {
	var got []string
	for dir := range edges {
		if strings.HasPrefix(dir, "internal/") || strings.HasPrefix(dir, "examples/") {
			continue
		}
		got = append(got, exported(t, dir)...)
	}
	slices.Sort(got)
	text := strings.Join(got, "\n") + "\n"
	file := filepath.Join("testdata", "api.txt")
	if *update {
		require.NoError(t, os.WriteFile(file, []byte(text), 0o644))
	}
	want, err := os.ReadFile(file)
	require.NoError(t, err)
	assert.Equal(t, string(want), text, "the API changed; if that is meant: go test . -run TestAPI -update")
	assert.Greater(t, len(got), 300)
}

// exported returns a line for each exported name of a package: functions,
// types, constants, variables, methods, and the fields of structs.
func exported(t *testing.T, dir string) []string {
	files := token.NewFileSet()
	names, err := filepath.Glob(filepath.Join(dir, "*.go"))
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
	p, err := doc.NewFromFiles(files, parsed, path.Join(module, dir))
	require.NoError(t, err)
	a := &listing{t: t, files: files, prefix: "package " + dir + ": "}
	a.values("const ", p.Consts)
	a.values("var ", p.Vars)
	a.funcs(p.Funcs)
	for _, typ := range p.Types {
		a.values("const ", typ.Consts)
		a.values("var ", typ.Vars)
		a.funcs(typ.Funcs)
		a.funcs(typ.Methods)
		for _, s := range typ.Decl.Specs {
			a.typ(s.(*ast.TypeSpec))
		}
	}
	return a.lines
}

type listing struct {
	t      *testing.T
	files  *token.FileSet
	prefix string
	lines  []string
}

func (a *listing) add(line string) {
	a.lines = append(a.lines, a.prefix+strings.Join(strings.Fields(line), " "))
}

func (a *listing) code(node any) string {
	var b bytes.Buffer
	require.NoError(a.t, printer.Fprint(&b, a.files, node))
	return b.String()
}

func (a *listing) values(word string, values []*doc.Value) {
	for _, v := range values {
		for _, name := range v.Names {
			if ast.IsExported(name) {
				a.add(word + name)
			}
		}
	}
}

func (a *listing) funcs(funcs []*doc.Func) {
	for _, f := range funcs {
		f.Decl.Body, f.Decl.Doc = nil, nil
		a.add(a.code(f.Decl))
	}
}

// typ lists a type: of a struct and of an interface what it has, of another one
// what it is.
func (a *listing) typ(s *ast.TypeSpec) {
	name := "type " + s.Name.Name
	if s.TypeParams != nil {
		name += " with type parameters"
	}
	switch of := s.Type.(type) {
	case *ast.StructType:
		a.add(name + " struct")
		for _, f := range of.Fields.List {
			if len(f.Names) == 0 {
				a.add(name + " struct, embedded " + a.code(f.Type))
			}
			for _, n := range f.Names {
				if n.IsExported() {
					a.add(name + " struct, " + n.Name + " " + a.code(f.Type))
				}
			}
		}
	case *ast.InterfaceType:
		a.add(name + " interface")
		for _, m := range of.Methods.List {
			for _, n := range m.Names {
				a.add(name + " interface, " + n.Name + strings.TrimPrefix(a.code(m.Type), "func"))
			}
			if len(m.Names) == 0 {
				a.add(name + " interface, embedded " + a.code(m.Type))
			}
		}
	default:
		a.add(name + " " + a.code(of))
	}
}
