package main

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"io"
	"io/fs"
	"os"
	"path"
	"strings"

	"github.com/promfold/promfold/internal/recording"
)

// A scrape of the recording, with room behind the body for one byte more:
// textparse appends a line feed, and need not copy the body to do so.
type scrape struct {
	target, answered string
	step             int
	time             int64
	body             []byte
	start            string // of the process, where the body does not tell it
}

// data are the scrapes that the figures are measured on: of every round of the
// recording, in the order of time.
type data struct {
	source string
	fleet  []scrape   // of the three instances
	lb     []scrape   // through the balancer
	steady []scrape   // the longest run of one instance with the same lines
	native [][]scrape // of one instance, as text and as protobuf with native histograms
}

type manifestLine struct {
	File     string `json:"file"`
	Step     int    `json:"step"`
	Time     int64  `json:"time"`
	Target   string `json:"target"`
	Answered string `json:"true_instance"`
	Scenario string `json:"scenario"`
	Path     string `json:"path"`
	Format   string `json:"format"`
}

func load(dir string) (*data, error) {
	d := &data{source: dir}
	var files fs.FS = recording.FS
	if _, err := os.Stat(path.Join(dir, "apiserver-ha/manifest.jsonl")); err == nil {
		files = os.DirFS(path.Join(dir, "apiserver-ha"))
	} else {
		d.source = "internal/recording"
	}
	for target, list := range map[string]*[]scrape{"apiserver-": &d.fleet, "lb": &d.lb} {
		var err error
		*list, err = read(files, func(m manifestLine) bool {
			return m.Format == "text" && m.Path == "/metrics" && m.Scenario == "apiserver-ha" && strings.HasPrefix(m.Target, target)
		})
		if err != nil {
			return nil, err
		}
	}
	d.steady = steadyRun(d.fleet)
	if native := os.DirFS(path.Join(dir, "apiserver-native")); d.source == dir {
		for _, target := range []string{"apiserver-c", "apiserver-c-pb"} {
			list, err := read(native, func(m manifestLine) bool { return m.Target == target })
			if err != nil {
				return nil, err
			}
			d.native = append(d.native, list)
		}
	}
	return d, nil
}

// read returns the scrapes that are wanted.
func read(files fs.FS, wanted func(m manifestLine) bool) (list []scrape, err error) {
	f, err := files.Open("manifest.jsonl")
	if err != nil {
		return nil, err
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		var m manifestLine
		if err := json.Unmarshal(lines.Bytes(), &m); err != nil {
			return nil, err
		}
		if m.File == "" || !wanted(m) {
			continue
		}
		body, err := unzip(files, m.File)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", m.File, err)
		}
		list = append(list, scrape{target: m.Target, answered: m.Answered, step: m.Step, time: m.Time, body: body})
	}
	return list, lines.Err()
}

// steadyRun returns the longest run of scrapes of one instance in which no line
// comes, goes or moves.
func steadyRun(all []scrape) (longest []scrape) {
	runs, shapes := map[string][]scrape{}, map[string]uint64{}
	for _, s := range all {
		if shape := shapeOf(s.body); shape != shapes[s.target] {
			shapes[s.target], runs[s.target] = shape, nil
		}
		if runs[s.target] = append(runs[s.target], s); len(runs[s.target]) > len(longest) {
			longest = runs[s.target]
		}
	}
	return longest
}

// shapeOf returns a hash of a body without its values.
func shapeOf(body []byte) uint64 {
	h := fnv.New64a()
	for line := range bytes.Lines(body) {
		if end := bytes.LastIndexByte(line, ' '); line[0] != '#' && end > 0 {
			line = line[:end]
		}
		h.Write(line)
	}
	return h.Sum64()
}

func unzip(files fs.FS, name string) ([]byte, error) {
	f, err := files.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	if _, err := io.Copy(&b, z); err != nil {
		return nil, err
	}
	b.WriteByte('\n')
	return b.Bytes()[:b.Len()-1], nil
}
