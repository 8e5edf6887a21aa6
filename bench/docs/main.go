// Docs makes the numbers and figures of the documents from the recording inside
// the module:
//
//	docs          writes the table of docs/promql.md to standard output
//	docs -write   writes it, and the figures, into ../docs
package main

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
)

func main() {
	write := flag.Bool("write", false, "write the table and the figures into the documents")
	dir := flag.String("dir", filepath.Join("..", "docs"), "where the documents are")
	flag.Parse()
	if err := run(*write, *dir); err != nil {
		fmt.Fprintln(os.Stderr, "docs:", err)
		os.Exit(1)
	}
}

func run(write bool, dir string) error {
	made, err := makeAll()
	if err != nil {
		return err
	}
	if !write {
		_, err = os.Stdout.WriteString(made.table)
		return err
	}
	page := filepath.Join(dir, "promql.md")
	old, err := os.ReadFile(page)
	if err != nil {
		return err
	}
	with, err := replace(old, made.table)
	if err != nil {
		return err
	}
	errs := []error{os.WriteFile(page, with, 0o666)}
	for name, text := range made.figures {
		errs = append(errs, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666))
	}
	return errors.Join(errs...)
}

// made is all that the program makes.
type made struct {
	table   string
	figures map[string]string // by file name
}

func makeAll() (m made, err error) {
	r, err := read()
	if err != nil {
		return m, err
	}
	if m.table, err = r.table(); err != nil {
		return m, err
	}
	m.figures = map[string]string{}
	if m.figures["identity.svg"], err = r.identity(); err != nil {
		return m, err
	}
	m.figures["bounds.svg"], err = r.bounds()
	return m, err
}

var (
	begin = []byte("<!-- begin: go -C bench run ./docs -write -->\n")
	end   = []byte("<!-- end -->\n")
)

// replace puts a table between the marks of a page.
func replace(page []byte, table string) ([]byte, error) {
	head, rest, ok1 := bytes.Cut(page, begin)
	_, tail, ok2 := bytes.Cut(rest, end)
	if !ok1 || !ok2 {
		return nil, errors.New("promql.md has no marks around its table")
	}
	return bytes.Join([][]byte{head, begin, []byte(table), end, tail}, nil), nil
}
