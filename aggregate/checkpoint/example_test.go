package checkpoint_test

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/promfold/promfold/aggregate"
	"github.com/promfold/promfold/aggregate/checkpoint"
)

// A program goes on counting where the one before it stopped.
func ExampleRead() {
	dir, err := os.MkdirTemp("", "state")
	check(err)
	defer os.RemoveAll(dir)
	path, config := filepath.Join(dir, "fleet.state"), aggregate.Config{Since: time.Unix(1_000_000, 0)}

	run := func(seconds int64, body string) {
		now := time.Unix(1_000_000+seconds, 0)
		fleet, err := restore(path, config)
		check(err)
		jobs, err := fleet.Counter(aggregate.View{Select: "jobs_total"}) // the same views each time
		check(err)
		_, err = fleet.Ingest(aggregate.Scrape{Target: "a:80", Time: now, Body: []byte(body)})
		check(err)
		for _, total := range jobs.Totals(fleet.Snapshot(now)) {
			fmt.Println("at", seconds, "in all:", total.Value)
		}
		check(checkpoint.Write(path, fleet.Save))
	}
	const born = "# TYPE process_start_time_seconds gauge\nprocess_start_time_seconds 1000005\n# TYPE jobs_total counter\n"
	run(10, born+"jobs_total 30\n")
	run(25, born+"jobs_total 42\n")
	run(40, strings.Replace(born, "000005", "000030", 1)+"jobs_total 7\n") // another process of a:80
	// Output:
	// at 10 in all: 30
	// at 25 in all: 42
	// at 40 in all: 49
}

// restore is the fleet of the program before, or a new one.
func restore(path string, config aggregate.Config) (fleet *aggregate.Fleet, err error) {
	err = checkpoint.Read(path, func(file io.Reader) error {
		fleet, err = aggregate.Load(file, config) // in place of NewFleet; then declare the same views
		return err
	})
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, aggregate.ErrVersion) {
		return aggregate.NewFleet(config)
	}
	return fleet, err
}

// A save that fails leaves the file as it was.
func ExampleWrite() {
	dir, err := os.MkdirTemp("", "state")
	check(err)
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "note")
	check(checkpoint.Write(path, func(w io.Writer) error {
		_, err := io.WriteString(w, "whole")
		return err
	}))
	fmt.Println(checkpoint.Write(path, func(w io.Writer) error {
		_, _ = io.WriteString(w, "ha") // half of it
		return errors.New("interrupted")
	}))
	check(checkpoint.Read(path, func(r io.Reader) error {
		text, err := io.ReadAll(r)
		fmt.Println(string(text))
		return err
	}))
	// Output:
	// interrupted
	// whole
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
