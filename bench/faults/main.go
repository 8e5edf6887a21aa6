// Command faults does to a fleet what hostile and broken neighbours do, one after
// the other, each in a process of its own:
//
//	go -C bench run ./faults [-only NAME,…] [-markdown]
//
// A fleet of three innocent instances gets besides them what a fault sends. A row
// says what the caller sees, how many of the bodies and calls were refused, the
// most memory that the process had, what the saved state is, and whether all
// answers about the innocent instances are, to the last bit, those of a fleet to
// which nothing was sent, also after Load.
//
// The exit code is 1 if a fault took the fleet down, changed an answer, or made a
// state that cannot be loaded.
package main

import (
	"cmp"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/promfold/promfold/aggregate"
)

// row is what is told of a fault.
type row struct {
	Name, What    string
	Sent, Refused int
	Seen          string
	State         int    // bytes
	Wrong         string // what has to hold and does not

	Peak    int64 // bytes
	Seconds float64
}

func main() {
	only := flag.String("only", "", "these faults alone, separated by commas")
	markdown := flag.Bool("markdown", false, "print the table as Markdown")
	patience := flag.Duration("patience", 5*time.Minute, "how long a fault may take")
	child := flag.String("child", "", "run one fault here and print what came of it (the program does so itself)")
	profiles := flag.String("profiles", "", "with -child: write profiles of the heap at its largest and of the time to files that begin so")
	flag.Parse()
	if *profiles != "" {
		defer profile(*profiles)()
	}
	if *child != "" {
		if err := json.NewEncoder(os.Stdout).Encode(here(*child)); err != nil {
			fmt.Fprintln(os.Stderr, "faults:", err)
		}
		return
	}
	if wrong := all(*only, *patience, *markdown); wrong {
		fmt.Fprintln(os.Stderr, "faults: see the rows that say WRONG")
		os.Exit(1)
	}
}

// all runs each fault in a process of its own, and prints its row.
func all(only string, patience time.Duration, markdown bool) (wrong bool) {
	head(markdown)
	for _, f := range faults() {
		if only != "" && !slices.Contains(strings.Split(only, ","), f.name) {
			continue
		}
		r := apart(f, patience)
		r.print(markdown)
		wrong = wrong || r.Wrong != ""
	}
	return wrong
}

// apart runs a fault in a process of its own.
func apart(f fault, patience time.Duration) row {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, os.Args[0], "-child", f.name)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	begun := time.Now()
	out, err := cmd.Output()
	r := row{Name: f.name, What: f.what}
	if err == nil {
		err = json.Unmarshal(out, &r)
	}
	switch first, _, _ := strings.Cut(stderr.String(), "\n"); {
	case ctx.Err() != nil:
		r.Wrong = "it does not end"
	case err != nil:
		r.Wrong = fmt.Sprintf("the program ends: %v %s", err, shortened(first, 90))
	}
	r.Seconds, r.Peak = time.Since(begun).Seconds(), peak(cmd.ProcessState)
	return r
}

// here runs one fault, and the same rounds without it.
func here(name string) (r row) {
	list := faults()
	i := slices.IndexFunc(list, func(f fault) bool { return f.name == name })
	if i < 0 {
		return row{Name: name, Wrong: "there is no such fault"}
	}
	f := list[i]
	r = row{Name: f.name, What: f.what}
	want, err := reference(f)
	if err != nil {
		r.Wrong = err.Error()
		return r
	}
	w, err := run(f)
	if w != nil {
		r.Sent, r.Refused, r.Seen, r.State = w.sent, w.refused, w.seen, w.state
	}
	if err == nil {
		err = w.hold(want)
		r.State = w.state
	}
	if err != nil {
		r.Wrong = shortened(err.Error(), 120)
	}
	return r
}

// reference are the answers without the fault.
func reference(f fault) (string, error) {
	silent := f
	silent.each = func(*world, int) error { return nil }
	w, err := run(silent)
	if err != nil {
		return "", err
	}
	return w.answers()
}

// run runs the rounds of a fault. Innocent instances are scraped before it and
// after it.
func run(f fault) (*world, error) {
	config := f.config
	var w *world
	if f.name == "callbacks" {
		config = asking(&w)
	}
	w, err := newWorld(config)
	if err != nil {
		return nil, err
	}
	for i := 1; i <= cmp.Or(f.rounds, 3); i++ {
		if err := w.next(); err != nil {
			return w, err
		}
		if err := f.each(w, i); err != nil {
			return w, err
		}
	}
	for range 3 {
		if err := w.next(); err != nil {
			return w, err
		}
	}
	return w, nil
}

// asking is a configuration whose callbacks ask the fleet that calls them.
func asking(w **world) aggregate.Config {
	ask := func() {
		if *w != nil && (*w).views.calls != nil {
			_, _ = (*w).views.calls.In((*w).fleet.Snapshot((*w).now()).Last(time.Minute))
			_ = (*w).fleet.Snapshot((*w).now()).Health()
		}
	}
	var c aggregate.Config
	c.Parse.Relabel = func(ls labels.Labels) (labels.Labels, bool) { ask(); return ls, true }
	c.Catalogue = func(string) (aggregate.View, bool) { ask(); return aggregate.View{}, false }
	return c
}

const plain, marked = "%-20s %11s %8s %7s %9s  %s\n", "| %s | %s | %s | %s | %s | %s |\n"

func head(markdown bool) {
	if !markdown {
		fmt.Printf(plain, "fault", "refused", "peak", "time", "state", "what it does, and what is seen")
		return
	}
	fmt.Printf(marked, "what is done", "refused", "peak memory", "time", "state", "what is seen")
	fmt.Printf(marked, "---", "---", "---", "---", "---", "---")
}

func (r row) print(markdown bool) {
	seen := cmp.Or(r.Seen, "taken in")
	if r.Wrong != "" {
		seen = "WRONG: " + r.Wrong + "; " + seen
	}
	refused, memory := fmt.Sprintf("%d of %d", r.Refused, r.Sent), fmt.Sprintf("%d MB", r.Peak>>20)
	took, state := fmt.Sprintf("%.1f s", r.Seconds), fmt.Sprintf("%d kB", r.State>>10)
	if markdown {
		fmt.Printf(marked, r.What, refused, memory, took, state, seen)
		return
	}
	fmt.Printf(plain, r.Name, refused, memory, took, state, r.What+": "+seen)
}
