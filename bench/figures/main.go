package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"regexp"
	"runtime"
	"runtime/pprof"
	"slices"
	"strings"
	"text/tabwriter"
)

type machine struct {
	CPU   string `json:"cpu"`
	Cores int    `json:"cores"`
	Go    string `json:"go"`
	OS    string `json:"os"`
	Data  string `json:"data"`
}

func main() {
	asJSON := flag.Bool("json", false, "print JSON")
	quick := flag.Bool("quick", false, "few rounds, under a minute")
	dir := flag.String("corpus", "../../shared/corpus", "directory of the whole recording; without it the trimmed one is used")
	names := flag.String("only", "", "measure the rows whose names match this regular expression")
	flag.IntVar(&alone, "alone", 0, "run ours alone, once and so many times more: for a profiler")
	profile := flag.String("profile", "", "write a profile of the processor's time to this file, best with -alone")
	flag.Parse()
	chosen = regexp.MustCompile(*names)
	d, err := load(*dir)
	must(err)
	if *profile != "" {
		out, err := os.Create(*profile)
		must(err)
		must(pprof.StartCPUProfile(out))
		defer pprof.StopCPUProfile()
	}
	rounds := 21
	if *quick {
		rounds = 5
	}
	figures := realFigures(d, rounds)
	figures = append(figures, readFigures(d, rounds)...)
	figures = append(figures, formatFigures(d, rounds)...)
	figures = append(figures, ingestFigures(d, rounds)...)
	figures = append(figures, standingFigures(d, rounds)...)
	figures = slices.DeleteFunc(figures, func(f figure) bool { return f.Name == "" })
	m := machine{cpu(), runtime.NumCPU(), runtime.Version(), runtime.GOOS + "/" + runtime.GOARCH, d.source}
	if *asJSON {
		must(json.NewEncoder(os.Stdout).Encode(map[string]any{"machine": m, "figures": figures}))
		return
	}
	fmt.Printf("%s, %d cores, %s %s, %s\n\n", m.CPU, m.Cores, m.Go, m.OS, m.Data)
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "figure\tours\tpeer\tunit\tratio\tmin\tmax\tallocs\t")
	for _, f := range figures {
		fmt.Fprintf(w, "%s\t%.4g\t%.4g\t%s\t%.4g\t%.4g\t%.4g\t%.4g\t\n", f.Name, f.Ours, f.Peer, f.Unit, f.Ratio, f.RatioMin, f.RatioMax, f.Allocs)
	}
	must(w.Flush())
}

// cpu names the processor, where the system tells.
func cpu() string {
	b, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return runtime.GOARCH
	}
	for line := range strings.Lines(string(b)) {
		if name, ok := strings.CutPrefix(line, "model name"); ok {
			return strings.TrimSpace(strings.TrimLeft(name, "\t :"))
		}
	}
	return runtime.GOARCH
}
