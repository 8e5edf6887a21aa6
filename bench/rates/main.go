// Command rates compares the rates of a fleet of real API servers, some of them
// restarted and killed, with the requests in their audit logs:
//
//	go -C bench run ./rates [-corpus DIR]
//
// Each row is of all windows of one minute of a recording, scraped directly or
// through its balancer, with the process start in the bodies or without it.
// Errors are relative to the truth, in per cent: the mean and the greatest, and
// the median of their sizes. "Lo above" and "Hi below" count the windows whose
// truth is outside of the bounds, which stand beside it as the median parts of
// the truth. RateNow is compared with what the instances that answer did while
// they were alive. The last columns are PromQL's sum(rate(c[1m])) of the same
// scrapes.
package main

import (
	"flag"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"text/tabwriter"
)

// recordings are those with a truth, and how many instances they have.
var recordings = []struct {
	name      string
	instances int
}{{"apiserver-ha", 3}, {"rolling", 5}}

func main() {
	dir := flag.String("corpus", "../../shared/corpus", "directory of the recordings")
	flag.Parse()
	if err := run(os.Stdout, *dir); err != nil {
		fmt.Fprintln(os.Stderr, "rates:", err)
		os.Exit(1)
	}
}

func run(out io.Writer, dir string) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "recording\tscraped\tstarts\twindows\tmean %\tworst %\tmedian %\tLo above\tHi below\tLo/truth\tHi/truth\tnow mean %\tPromQL mean %\tworst %\t")
	for _, x := range recordings {
		for _, starts := range []bool{true, false} {
			r, err := load(filepath.Join(dir, x.name), starts)
			if err != nil {
				return err
			}
			for _, balanced := range []bool{false, true} {
				list, err := replay(r, balanced, x.instances)
				if err != nil {
					return err
				}
				f := summarise(list)
				fmt.Fprintf(w, "%s\t%s\t%t\t%d\t%+.2f\t%.2f\t%.2f\t%d\t%d\t%.3f\t%.3f\t%+.2f\t%+.2f\t%.2f\t\n", x.name, map[bool]string{false: "directly", true: "balanced"}[balanced],
					starts, f.windows, f.mean, f.worst, f.median, f.above, f.below, f.lo, f.hi, f.now, f.engineMean, f.engineWorst)
			}
		}
	}
	return w.Flush()
}

// figures summarise answers; errors are in per cent.
type figures struct {
	windows                 int
	mean, worst, median     float64
	above, below            int // lower bounds above the truth, upper bounds below it
	lo, hi                  float64
	now                     float64
	engineMean, engineWorst float64
}

func summarise(list []answer) figures {
	f := figures{windows: len(list)}
	n := float64(len(list))
	var sizes, los, his []float64
	for _, a := range list {
		off := 100 * (a.rate.Value/a.truth - 1)
		f.mean += off / n
		f.worst = max(f.worst, math.Abs(off))
		sizes = append(sizes, math.Abs(off))
		if a.rate.Lo > a.truth {
			f.above++
		}
		if a.rate.Hi < a.truth {
			f.below++
		}
		los, his = append(los, a.rate.Lo/a.truth), append(his, a.rate.Hi/a.truth)
		f.now += 100 * (a.now.Value/a.nowTruth - 1) / n
		off = 100 * (a.engine/a.truth - 1)
		f.engineMean += off / n
		f.engineWorst = max(f.engineWorst, math.Abs(off))
	}
	f.median, f.lo, f.hi = median(sizes), median(los), median(his)
	return f
}

func median(list []float64) float64 {
	slices.Sort(list)
	if len(list) == 0 {
		return math.NaN()
	}
	return list[len(list)/2]
}
