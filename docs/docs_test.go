// Package docs holds the documents of the repository to what it does: the code
// and the names they show compile, the commands they name run and print what
// they are said to, and their words are in words.txt.
package docs

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// document is one Markdown file.
type document struct {
	path   string // below the root of the repository, with slashes
	blocks []block
	spans  []string // code inside the text
	prose  string   // the text without code
}

// block is what stands between two fences.
type block struct {
	lang string
	text string
}

var (
	fenced  = regexp.MustCompile("(?ms)^```(\\w*)\n(.*?)^```$")
	comment = regexp.MustCompile(`(?s)<!--.*?-->`)
	span    = regexp.MustCompile("`([^`]+)`")
	link    = regexp.MustCompile(`\]\([^)]*\)`)
	address = regexp.MustCompile(`https?://\S+`)
	spaces  = regexp.MustCompile(`\s+`)
)

// documents reads all documents but the changelog, which tells of the past.
func documents(t *testing.T) []document {
	var all []document
	require.NoError(t, filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (d.Name() == ".git" || d.Name() == "node_modules") {
			return filepath.SkipDir
		}
		if filepath.Ext(path) != ".md" || d.Name() == "CHANGELOG.md" {
			return nil
		}
		text, err := os.ReadFile(path)
		if err == nil {
			rel, _ := filepath.Rel("..", path)
			all = append(all, read(filepath.ToSlash(rel), string(text)))
		}
		return err
	}))
	require.Greater(t, len(all), 20, "documents were found at all")
	return all
}

func read(path, text string) document {
	d := document{path: path}
	text = strings.ReplaceAll(text, "\r\n", "\n")
	for _, m := range fenced.FindAllStringSubmatch(text, -1) {
		d.blocks = append(d.blocks, block{m[1], m[2]})
	}
	text = comment.ReplaceAllString(fenced.ReplaceAllString(text, ""), "")
	for _, m := range span.FindAllStringSubmatch(text, -1) {
		d.spans = append(d.spans, spaces.ReplaceAllString(m[1], " "))
	}
	d.prose = address.ReplaceAllString(link.ReplaceAllString(span.ReplaceAllString(text, " "), "] "), " ")
	return d
}
