package main

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"

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

// data are the scrapes that the figures are measured on.
type data struct {
	source string
	steady []scrape // of one instance, one after the other, with the same lines
	lb     []scrape // of three instances behind a balancer that takes turns
	fleet  []scrape // of all three instances, in the order of time
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

// The recording's rounds in which instance a exposes the same lines throughout,
// and those in which all three instances answer.
const (
	steadyFrom, steadyTo = 28, 43
	fleetFrom, fleetTo   = 0, 14
)

func load(dir string) (*data, error) {
	d := &data{source: dir}
	var files fs.FS = recording.FS
	if _, err := os.Stat(path.Join(dir, "apiserver-ha/manifest.jsonl")); err == nil {
		files = os.DirFS(path.Join(dir, "apiserver-ha"))
	} else {
		d.source = "internal/recording"
	}
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
		if err := d.add(files, m); err != nil {
			return nil, err
		}
	}
	return d, lines.Err()
}

func (d *data) add(files fs.FS, m manifestLine) error {
	if m.File == "" || m.Format != "text" || m.Path != "/metrics" || m.Scenario != "apiserver-ha" {
		return nil
	}
	steady := m.Target == "apiserver-a" && m.Step >= steadyFrom && m.Step <= steadyTo
	inFleet := m.Step >= fleetFrom && m.Step <= fleetTo && (m.Target == "apiserver-a" || m.Target == "apiserver-b" || m.Target == "apiserver-c")
	lb := m.Target == "lb" && m.Step >= fleetFrom && m.Step <= fleetTo
	if !steady && !inFleet && !lb {
		return nil
	}
	body, err := unzip(files, m.File)
	if err != nil {
		return fmt.Errorf("%s: %w", m.File, err)
	}
	s := scrape{target: m.Target, answered: m.Answered, step: m.Step, time: m.Time, body: body}
	if steady {
		d.steady = append(d.steady, s)
	}
	if inFleet {
		d.fleet = append(d.fleet, s)
	}
	if lb {
		d.lb = append(d.lb, s)
	}
	return nil
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
