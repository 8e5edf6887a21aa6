// Command trim makes the files of internal/recording from a directory of the
// full recording:
//
//	go run ./internal/recording/trim -corpus DIR [-out DIR]
//
// DIR holds manifest.jsonl and the gzipped bodies it names.
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
)

func main() {
	corpus := flag.String("corpus", "", "directory of the full recording")
	out := flag.String("out", "internal/recording/apiserver-ha", "directory to write")
	flag.Parse()
	if *corpus == "" || flag.NArg() > 0 {
		flag.Usage()
		os.Exit(2)
	}
	if err := run(*corpus, *out); err != nil {
		fmt.Fprintln(os.Stderr, "trim:", err)
		os.Exit(1)
	}
}

// run trims corpus into out. Bodies that are there already go first, so that
// none of an earlier selection stays behind.
func run(corpus, out string) error {
	files, err := trim(os.DirFS(corpus))
	if err != nil {
		return err
	}
	bodies, err := filepath.Glob(filepath.Join(out, "*.gz"))
	if err != nil {
		return err
	}
	for _, name := range bodies {
		if err := os.Remove(name); err != nil {
			return err
		}
	}
	return write(out, files)
}
