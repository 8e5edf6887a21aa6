package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"syscall"
	"time"

	"go.opentelemetry.io/collector/consumer/consumertest"
	"go.opentelemetry.io/collector/pdata/pmetric"
)

const (
	rounds = 8 // of the recording, sent one after the other
	runs   = 5
)

// printSpeed prints how many data points a core takes in a second: the processor
// time of the whole program from the first request until the end, with what is
// sent at the end. All that the requests need is made before.
func printSpeed(r *recorded) {
	fmt.Printf("| data points a second and a core | median of %d |\n| --- | --- |\n", runs)
	for _, w := range ways {
		var list []float64
		for range runs {
			list = append(list, r.speed(w))
		}
		slices.Sort(list)
		fmt.Printf("| %s | %.2f million |\n", w.name, list[len(list)/2]/1e6)
	}
}

func (r *recorded) speed(w way) float64 {
	var all []pmetric.Metrics
	points, random := 0, rand.New(rand.NewPCG(1, 2))
	for i := range r.direct[:min(3*rounds, len(r.direct))] {
		md := r.direct[i].request(w.starts, 0)
		shuffle(md, random)
		points += md.DataPointCount()
		all = append(all, md)
	}
	in, end := w.make(time.Hour, newDisk(), consumertest.NewNop())
	runtime.GC()
	before := cpuTime()
	for _, md := range all {
		check(in.ConsumeMetrics(context.Background(), md))
	}
	end()
	return float64(points) / (cpuTime() - before).Seconds()
}

// shuffle brings the metrics in another order, as the Prometheus receiver does
// each time.
func shuffle(md pmetric.Metrics, random *rand.Rand) {
	ranks := map[string]uint64{}
	list := md.ResourceMetrics().At(0).ScopeMetrics().At(0).Metrics()
	for _, m := range list.All() {
		ranks[m.Name()] = random.Uint64()
	}
	list.Sort(func(a, b pmetric.Metric) bool { return ranks[a.Name()] < ranks[b.Name()] })
}

// cpuTime is what this process has had of the processors.
func cpuTime() time.Duration {
	var u syscall.Rusage
	check(syscall.Getrusage(syscall.RUSAGE_SELF, &u))
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
