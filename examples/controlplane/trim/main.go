// Command trim makes examples/controlplane/recording/recording.zip.zst from the
// full recordings:
//
//	go run ./examples/controlplane/trim -corpus DIR [-out FILE]
//
// DIR holds the directories apiserver-ha, etcd and controllers-ha, each with
// manifest.jsonl and the gzipped bodies it names.
package main

import (
	"flag"
	"fmt"
	"os"
)

func main() {
	corpus := flag.String("corpus", "", "directory of the full recordings")
	out := flag.String("out", "examples/controlplane/recording/recording.zip.zst", "file to write")
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

func run(corpus, out string) error {
	files, err := trim(os.DirFS(corpus))
	if err != nil {
		return err
	}
	archive, err := pack(files)
	if err != nil {
		return err
	}
	return os.WriteFile(out, archive, 0o666)
}
