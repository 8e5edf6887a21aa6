package main

import (
	"cmp"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// naive reads the recording in the program by means of its own: regular
// expressions for the text format, two bodies and a subtraction for an increase.
type naive struct {
	scrapes map[string][]reading // by target, by time
	begin   time.Time
}

type reading struct {
	at     time.Time
	failed bool
	values map[string]map[string]float64 // by metric, then by line up to the value
}

// parse reads lines such as name{label="value"} 1.
func (r *reading) parse(body string) error {
	r.values = map[string]map[string]float64{}
	for line := range strings.Lines(body) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		space := strings.LastIndexByte(line, ' ')
		v, err := strconv.ParseFloat(strings.TrimSpace(line[space:]), 64)
		if err != nil {
			return err
		}
		name, _, _ := strings.Cut(line[:space], "{")
		if r.values[name] == nil {
			r.values[name] = map[string]float64{}
		}
		r.values[name][line[:space]] = v
	}
	return nil
}

func (r *reading) start() float64 { return total(r.values["process_start_time_seconds"]) }

var readNaive = sync.OnceValues(func() (*naive, error) {
	w := &watcher{}
	list, err := w.recorded()
	if err != nil {
		return nil, err
	}
	n := &naive{scrapes: map[string][]reading{}, begin: list[0].At()}
	for _, x := range list {
		r := reading{at: x.At()}
		body, err := x.Body(x.dir)
		r.failed = err != nil
		if err := r.parse(string(body)); err != nil {
			return nil, err
		}
		n.scrapes[x.Target] = append(n.scrapes[x.Target], r)
	}
	return n, nil
})

func oracle(t testing.TB) *naive {
	n, err := readNaive()
	require.NoError(t, err)
	return n
}

// targets returns the targets that begin with a prefix.
func (n *naive) targets(prefix string) (list []string) {
	for name := range n.scrapes {
		if strings.HasPrefix(name, prefix) {
			list = append(list, name)
		}
	}
	slices.Sort(list)
	return list
}

// matching reports whether a line has all labels, each as name="value", and
// lacks those written with a ! in front.
func matching(line string, labels []string) bool {
	_, rest, _ := strings.Cut(line, "{")
	for _, l := range labels {
		l, not := strings.CutPrefix(l, "!")
		if (strings.Contains("{"+rest, "{"+l) || strings.Contains(rest, ","+l)) == not {
			return false
		}
	}
	return true
}

// latest returns the sum of the lines in a target's latest body, and whether the
// target answers.
func (n *naive) latest(target string, at time.Time, metric string, labels ...string) (sum float64, ok bool) {
	for _, r := range n.scrapes[target] {
		if r.at.After(at) {
			break
		}
		sum, ok = 0, !r.failed
		for line, v := range r.values[metric] {
			if matching(line, labels) {
				sum += v
			}
		}
	}
	return sum, ok
}

// growth returns by how much the lines of a target grew in the window that ends
// at a time, by line, and the time in which that was observed. A process that
// restarted began at 0.
func (n *naive) growth(target string, at time.Time, window time.Duration, metric string, labels ...string) (map[string]float64, time.Duration) {
	grown, seen := map[string]float64{}, time.Duration(0)
	var last *reading
	for i := range n.scrapes[target] {
		r := &n.scrapes[target][i]
		if r.failed || r.at.After(at) {
			continue
		}
		if last != nil && r.at.After(at.Add(-window)) {
			same := r.start() == last.start()
			if same {
				seen += r.at.Sub(last.at)
			} else {
				seen += r.at.Sub(time.UnixMilli(int64(r.start() * 1000)))
			}
			for line, v := range r.values[metric] {
				if !matching(line, labels) {
					continue
				}
				if same {
					v -= last.values[metric][line]
				}
				grown[line] += v
			}
		}
		last = r
	}
	return grown, seen
}

// rate returns the growth of a target a second.
func (n *naive) rate(target string, at time.Time, metric string, labels ...string) float64 {
	grown, seen := n.growth(target, at, time.Minute, metric, labels...)
	return total(grown) / seen.Seconds()
}

// counted returns what a target counted a second in the minute that ends at a time, as
// far as any body shows it, later ones too: each step is spread over its own time.
func (n *naive) counted(target string, at time.Time, metric string, labels ...string) float64 {
	sum, s := 0.0, at.Add(-time.Minute)
	var last *reading
	for i := range n.scrapes[target] {
		r := &n.scrapes[target][i]
		if r.failed {
			continue
		}
		if last != nil {
			from, before := last.at, last.values[metric]
			if r.start() != last.start() {
				from, before = time.UnixMilli(int64(r.start()*1000)), nil
			}
			inside := min(r.at.Sub(from), r.at.Sub(s), at.Sub(from), time.Minute)
			for line, v := range r.values[metric] {
				if inside > 0 && matching(line, labels) {
					sum += (v - before[line]) * inside.Seconds() / r.at.Sub(from).Seconds()
				}
			}
		}
		last = r
	}
	return sum / 60
}

func total(m map[string]float64) (sum float64) {
	for _, v := range m {
		sum += v
	}
	return sum
}

// rates returns the sum of the rates of several targets.
func (n *naive) rates(targets []string, at time.Time, metric string, labels ...string) (sum float64) {
	for _, t := range targets {
		sum += n.rate(t, at, metric, labels...)
	}
	return sum
}

var bound = regexp.MustCompile(`[{,]le="([^"]*)"`)

// bucket is a bucket of a cumulative histogram.
type bucket struct{ bound, count float64 }

// buckets returns what was observed in the window, of several targets together.
func (n *naive) buckets(targets []string, at time.Time, metric string, labels ...string) (list []bucket) {
	by := map[float64]float64{}
	for _, t := range targets {
		grown, _ := n.growth(t, at, time.Minute, metric+"_bucket", labels...)
		for line, v := range grown {
			le, err := strconv.ParseFloat(bound.FindStringSubmatch(line)[1], 64)
			if err != nil {
				panic(err)
			}
			by[le] += v
		}
	}
	for le, v := range by {
		list = append(list, bucket{le, v})
	}
	slices.SortFunc(list, func(a, b bucket) int { return cmp.Compare(a.bound, b.bound) })
	return list
}

// quantile is that of PromQL's documentation.
func quantile(q float64, list []bucket) float64 {
	rank := math.Ceil(q * list[len(list)-1].count) // of the observation
	below := bucket{}
	for _, b := range list {
		if b.count >= rank {
			return below.bound + (b.bound-below.bound)*(q*list[len(list)-1].count-below.count)/(b.count-below.count)
		}
		below = b
	}
	return math.NaN()
}

// over returns the share of observations above a bound.
func over(x float64, list []bucket) float64 {
	i := slices.IndexFunc(list, func(b bucket) bool { return b.bound == x })
	return 1 - list[i].count/list[len(list)-1].count
}

// sums returns the sum of the observations in the window.
func (n *naive) sums(targets []string, at time.Time, metric string, labels ...string) (sum float64) {
	for _, t := range targets {
		grown, _ := n.growth(t, at, time.Minute, metric+"_sum", labels...)
		sum += total(grown)
	}
	return sum
}
