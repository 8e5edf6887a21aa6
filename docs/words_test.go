package docs

import (
	"bytes"
	"flag"
	"go/ast"
	"go/doc"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "write words.txt anew")

// TestWords: each word of the documents, and of the documentation of the public
// packages, is in words.txt. A new word is a line in a review, where a wrong one
// is seen; a word that is used no more leaves the list.
func TestWords(t *testing.T) {
	found := map[string]string{} // where a word was seen first
	for _, d := range documents(t) {
		for _, w := range words(d.prose) {
			if found[w] == "" {
				found[w] = d.path
			}
		}
	}
	for _, dir := range []string{".", "parse", "counter", "histogram", "aggregate", "aggregate/catalogue", "aggregate/checkpoint", "aggregate/expose", "aggregate/scrape"} {
		for _, w := range words(documentation(t, filepath.Join("..", dir))) {
			if found[w] == "" {
				found[w] = "package " + dir
			}
		}
	}
	if *update {
		var b bytes.Buffer
		for _, w := range slices.Sorted(maps.Keys(found)) {
			b.WriteString(w + "\n")
		}
		require.NoError(t, os.WriteFile("words.txt", b.Bytes(), 0o644))
	}
	text, err := os.ReadFile("words.txt")
	require.NoError(t, err)
	list := strings.Fields(string(text))
	assert.True(t, slices.IsSorted(list), "words.txt is in order")
	for w, where := range found {
		_, ok := slices.BinarySearch(list, w)
		assert.True(t, ok, "%s: %q is not in docs/words.txt; if it is right: go test ./docs -run TestWords -update", where, w)
	}
	for _, w := range list {
		assert.NotEmpty(t, found[w], "%q in docs/words.txt is used nowhere", w)
	}
	assert.Greater(t, len(found), 1000, "words were found at all")
}

var word = regexp.MustCompile(`[\p{L}\p{N}_./*\[\]-]*\p{L}[\p{L}\p{N}_./*()\[\]-]*`)

// words returns the words of a text in lower case. What holds a digit, a dot
// inside, an underscore or a capital letter inside is a name, not a word.
func words(text string) []string {
	var list []string
	for _, w := range word.FindAllString(text, -1) {
		for part := range strings.FieldsFuncSeq(strings.Trim(w, ".*()[]-/"), func(r rune) bool { return r == '-' || r == '/' }) {
			part = strings.Trim(part, ".*()[]")
			name := strings.ContainsFunc(part, func(r rune) bool { return !unicode.IsLetter(r) }) ||
				strings.LastIndexFunc(part, unicode.IsUpper) > 0
			if n := len([]rune(part)); !name && n > 1 && n < 30 {
				list = append(list, strings.ToLower(part))
			}
		}
	}
	return list
}

// documentation returns what go doc says of a package's exported names, without
// the code in it.
func documentation(t *testing.T, dir string) string {
	files := token.NewFileSet()
	names, err := filepath.Glob(filepath.Join(dir, "*.go"))
	require.NoError(t, err)
	var parsed []*ast.File
	for _, name := range names {
		if !strings.HasSuffix(name, "_test.go") {
			f, err := parser.ParseFile(files, name, nil, parser.ParseComments)
			require.NoError(t, err)
			parsed = append(parsed, f)
		}
	}
	p, err := doc.NewFromFiles(files, parsed, "github.com/promfold/promfold")
	require.NoError(t, err)
	var b strings.Builder
	prose := func(text string) {
		for line := range strings.Lines(text) {
			if !strings.HasPrefix(line, "\t") {
				b.WriteString(line)
			}
		}
	}
	prose(p.Doc)
	for _, group := range [][]*doc.Value{p.Consts, p.Vars} {
		for _, v := range group {
			prose(v.Doc)
		}
	}
	for _, f := range p.Funcs {
		prose(f.Doc)
	}
	for _, typ := range p.Types {
		prose(typ.Doc)
		for _, f := range slices.Concat(typ.Funcs, typ.Methods) {
			prose(f.Doc)
		}
		ast.Inspect(typ.Decl, func(n ast.Node) bool {
			if f, ok := n.(*ast.Field); ok {
				prose(f.Doc.Text())
				prose(f.Comment.Text())
			}
			return true
		})
	}
	return b.String()
}
