// Command answers replays recordings of real fleets and prints every answer of
// the library to all digits, so that two states of it can be compared:
//
//	go -C bench run ./answers [-corpus DIR] [-o DIR] [-only PATTERN] [-warnings]
//
// It prints the answers of all sequences one after the other, or writes them to
// a file for each, and then their hashes: of each sequence, and of each section
// of it. Two states answer alike if the hashes are equal. Otherwise the sections
// tell where to look, and diff the rest.
//
// The text does not depend on names or words of the library: it has numbers,
// facts and the words of this program. How many warnings there are is in it,
// what they say only on demand.
package main

import (
	"bufio"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"
)

func main() {
	corpus := flag.String("corpus", "../../shared/corpus", "directory of the recordings")
	dir := flag.String("o", "", "directory for the answers, a file for each sequence, and the file sha256")
	only := flag.String("only", "", "replay the sequences whose names match this pattern alone")
	words := flag.Bool("warnings", false, "print the words of warnings, too")
	times := flag.Bool("times", false, "tell on standard error how long each sequence takes, and how big it is")
	flag.Parse()
	if err := run(*corpus, *dir, *only, *words, *times); err != nil {
		fmt.Fprintln(os.Stderr, "answers:", err)
		os.Exit(1)
	}
}

func run(corpus, dir, only string, words, times bool) error {
	pattern, err := regexp.Compile(only)
	if err != nil {
		return err
	}
	if dir != "" {
		if err := os.MkdirAll(dir, 0o777); err != nil {
			return err
		}
	}
	var sums []string
	for i := range sequences {
		s := &sequences[i]
		if !pattern.MatchString(s.name) {
			continue
		}
		began := time.Now()
		list, size, err := s.write(corpus, dir, words)
		if err != nil {
			return err
		}
		sums = append(sums, list...)
		if times {
			fmt.Fprintf(os.Stderr, "%-30s %6.2f s %8.2f MB\n", s.name, time.Since(began).Seconds(), float64(size)/1e6)
		}
	}
	text := strings.Join(sums, "\n") + "\n"
	if dir != "" {
		if err := os.WriteFile(filepath.Join(dir, "sha256"), []byte(text), 0o666); err != nil {
			return err
		}
	}
	_, err = io.WriteString(os.Stdout, text)
	return err
}

// write replays a sequence to standard output, or to its file in a directory.
func (s *sequence) write(corpus, dir string, words bool) ([]string, int64, error) {
	if dir == "" {
		out := bufio.NewWriter(os.Stdout)
		fmt.Fprintf(out, "sequence %s\n", s.name)
		sums, size, err := s.run(corpus, out, words)
		if err != nil {
			return nil, 0, err
		}
		return sums, size, out.Flush()
	}
	file, err := os.Create(filepath.Join(dir, s.name+".txt"))
	if err != nil {
		return nil, 0, err
	}
	sums, size, err := s.run(corpus, file, words)
	if closed := file.Close(); err == nil {
		err = closed
	}
	return sums, size, err
}
