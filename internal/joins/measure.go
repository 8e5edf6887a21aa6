package joins

import (
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"sync"
	"text/tabwriter"

	"github.com/promfold/promfold/internal/script"
)

// Modes lists what fleets there are, with what happens in each.
func Modes() (names, about []string) {
	for i := range modes {
		names, about = append(names, modes[i].name), append(about, modes[i].about)
	}
	return names, about
}

// Row is what fleets of a mode showed.
type Row struct {
	Mode    string
	Fleets  int
	Failed  map[string]int // by kind of failure
	Lossy   int            // fleets in which something was lost
	Lost    float64        // of all that was known, in shares of 1
	why     string
	Example string // the smallest script that fails, of the first seed that does
	of      float64
}

// Broken reports whether something failed.
func (r *Row) Broken() bool { return len(r.Failed) > 0 }

// Measure simulates fleets of a mode with seeds from first on, so many at a time.
func Measure(name string, fleets int, first uint64, workers int) (*Row, error) {
	m := modeNamed(name)
	if m == nil {
		return nil, fmt.Errorf("no mode is called %q", name)
	}
	row := &Row{Mode: name, Fleets: fleets, Failed: map[string]int{}, why: strings.TrimSuffix(near+"; "+m.why, "; ")}
	failing := ^uint64(0)
	var mu sync.Mutex
	var all sync.WaitGroup
	for i := range workers {
		all.Go(func() {
			for seed := first + uint64(i); seed < first+uint64(fleets); seed += uint64(workers) {
				f, lost := m.run(seed, m.draw(seed))
				mu.Lock()
				if f != nil {
					row.Failed[f.kind]++
					failing = min(failing, seed)
				}
				if lost.lost > 0 {
					row.Lossy++
				}
				row.Lost, row.of = row.Lost+lost.lost, row.of+lost.of
				mu.Unlock()
			}
		})
	}
	all.Wait()
	if row.Lost > 0 {
		row.Lost /= row.of
	}
	if row.Broken() {
		row.Example = m.example(failing)
	}
	return row, nil
}

func modeNamed(name string) *mode {
	for i := range modes {
		if modes[i].name == name {
			return &modes[i]
		}
	}
	return nil
}

func (m *mode) draw(seed uint64) []script.Event {
	return script.Draw(rand.New(rand.NewPCG(seed, 2)), m.weights, 60)
}

// run simulates a fleet and returns what failed.
func (m *mode) run(seed uint64, events []script.Event) (failed *failure, lost loss) {
	defer func() {
		switch x := recover().(type) {
		case nil:
		case failure:
			failed = &x
		default: // the library never panics
			failed = &failure{panicked, fmt.Sprint(x)}
		}
	}()
	w := m.world(seed)
	for _, e := range events {
		w.do(e)
	}
	for _, x := range w.watchers {
		w.check(x)
	}
	return nil, w.lost
}

// example returns the smallest script of a seed that fails as that does.
func (m *mode) example(seed uint64) string {
	events := m.draw(seed)
	first, _ := m.run(seed, events)
	events = script.Shrink(events, func(less []script.Event) bool {
		f, _ := m.run(seed, less)
		return f != nil && f.kind == first.kind
	})
	f, _ := m.run(seed, events)
	var b strings.Builder
	fmt.Fprintf(&b, "%s, seed %d: %s: %s, after\n", m.name, seed, f.kind, f.text)
	for _, e := range events {
		fmt.Fprintf(&b, "  %s\n", inWords(e))
	}
	return b.String()
}

// Write writes a table with a row for each mode.
func Write(w io.Writer, rows []*Row) error {
	out := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(out, "mode\tfleets\tlaws broken\tabove the truth\texposed totals fell\tother bytes\tlost against the rules\terrors and panics\tfleets with loss\tlost\twhy\t")
	for _, r := range rows {
		f := r.Failed
		fmt.Fprintf(out, "%s\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%.2g\t%s\t\n", r.Mode, r.Fleets, f[lawBroken], f[aboveTruth], f[fell], f[otherBytes], f[wasLost], f[refused]+f[panicked], r.Lossy, r.Lost, r.why)
	}
	return out.Flush()
}
