package main

import (
	"github.com/promfold/promfold"
	"github.com/promfold/promfold/aggregate"
)

// question is one row of the table.
type question struct {
	promql string
	call   string // ours, as a program writes it
	wrong  string // why PromQL's is wrong or about something else; empty if it is right
	lb     bool   // of the servers through the balancer
	ask    declare
}

const (
	total = "apiserver_request_total"
	dur   = "apiserver_request_duration_seconds"
	mem   = "process_resident_memory_bytes"
)

func quantile(q float64) func(*aggregate.HistogramGroup) (promfold.Estimate, bool) {
	return func(g *aggregate.HistogramGroup) (promfold.Estimate, bool) { return g.Quantile(q) }
}

func sumOf(metric string) aggregate.View {
	return aggregate.View{Select: metric, Combine: aggregate.Sum}
}

func maxOf(metric string) aggregate.View {
	return aggregate.View{Select: metric, Combine: aggregate.Max}
}

var (
	requests  = aggregate.View{Select: total}
	durations = aggregate.View{Select: dur}
	objects   = aggregate.View{Select: `apiserver_storage_objects{resource="pods"}`, Combine: aggregate.Consensus, Sentinels: []float64{-1}}
	rate      = (*aggregate.CounterGroup).Rate
	increase  = (*aggregate.CounterGroup).Increase
)

// counters are the questions to counters of the servers, asked directly, and
// through the balancer.
func counters() []question {
	hottest := func(g *aggregate.CounterGroup) (promfold.Estimate, bool) { return ofMember(g.Hottest()) }
	share := func(g *aggregate.CounterGroup) (promfold.Estimate, bool) {
		m, ok := g.Hottest()
		return m.Share, ok
	}
	greatest := func(g *aggregate.CounterGroup) (promfold.Estimate, bool) { return ofMember(g.MaxIncrease()) }
	of := func(selector string) aggregate.View { return aggregate.View{Select: selector} }
	return []question{
		{`sum(rate(C[3m]))`, "`Rate`", "", false, counter(requests, rate)},
		{`sum(increase(C[3m]))`, "`Increase`", "", false, counter(requests, increase)},
		{`sum(irate(C[3m]))`, "`RateNow`", "", false, counter(requests, (*aggregate.CounterGroup).RateNow)},
		{`sum(rate(C{verb="LIST"}[3m]))`, "Select `C{verb=\"LIST\"}` → `Rate`", "", false, counter(of(total+`{verb="LIST"}`), rate)},
		{`sum(increase(C{code=~"4.."}[3m]))`, "Select `C{code=~\"4..\"}` → `Increase`", "", false, counter(of(total+`{code=~"4.."}`), increase)},
		{`max(sum by (instance) (rate(C[3m])))`, "`Hottest`", "", false, counter(requests, hottest)},
		{`max(sum by (instance) (rate(C[3m]))) / sum(rate(C[3m]))`, "`Hottest`, its `Share`", "", false, counter(requests, share)},
		{`max(sum by (instance) (increase(C[3m])))`, "`MaxIncrease`", "", false, counter(requests, greatest)},
		{`rate(sum(C)[3m:5s])`, "`Rate`", "one server restarts, and the sum falls", false, counter(requests, rate)},
		{`increase(sum(C)[3m:5s])`, "`Increase`", "the same", false, counter(requests, increase)},
		{`sum(C) - sum(C offset 3m)`, "`Increase`", "what the old processes counted is gone", false, counter(requests, increase)},
		{`sum(delta(C[3m]))`, "`Increase`", "a restart counts as a loss", false, counter(requests, increase)},
		{`increase(max(C)[3m:5s])`, "`Increase`", "the maximum is of one series of one server", false, counter(requests, increase)},
		{`sum(rate(C{code=~"4.."}[3m])) / sum(rate(C[3m]))`, "`fleet.Ratio(errors, requests)` → `Ratio`", "", false, ratio(of(total+`{code=~"4.."}`), requests)},
		{`sum by (code) (rate(C{code="404"}[3m])) / sum(rate(C[3m]))`, "`fleet.Ratio(notFound, requests)` → `Ratio`", "the labels of both sides never match", false, ratio(of(total+`{code="404"}`), requests)},
		{`sum(rate(process_cpu_seconds_total[3m]))`, "`Rate`", "", false, counter(of("process_cpu_seconds_total"), rate)},
		{`sum(increase(process_network_receive_bytes_total[3m]))`, "`Increase`; the catalogue knows that it outlives a process", "", false, counter(of("process_network_receive_bytes_total"), increase)},
		{`sum(changes(process_start_time_seconds[3m]))`, "`Coverage`, its `Reset`", "", false, counter(requests, func(g *aggregate.CounterGroup) (promfold.Estimate, bool) {
			return exactly(float64(g.Coverage().Reset), true)
		})},
		{`count(up == 1)`, "`snapshot.Coverage`, its `Reporting`", "", false, coverage(func(c aggregate.Coverage) int { return c.Reporting })},
		{`sum(rate(C[3m]))`, "`Target.Balanced` → `Rate`", "each scrape meets another server", true, counter(requests, rate)},
		{`sum(increase(C[3m]))`, "`Target.Balanced` → `Increase`", "the same", true, counter(requests, increase)},
		{`sum(rate(process_cpu_seconds_total[3m]))`, "`Target.Balanced` → `Rate`", "the same", true, counter(of("process_cpu_seconds_total"), rate)},
	}
}

func histograms() []question {
	worst := func(q float64) func(*aggregate.HistogramGroup) (promfold.Estimate, bool) {
		return func(g *aggregate.HistogramGroup) (promfold.Estimate, bool) { return ofMember(g.WorstQuantile(q)) }
	}
	above := func(g *aggregate.HistogramGroup) (promfold.Estimate, bool) { return g.Over(.1) }
	count := func(g *aggregate.HistogramGroup) (promfold.Estimate, bool) { return g.Observations().Increase() }
	mean := (*aggregate.HistogramGroup).Mean
	return []question{
		{`histogram_quantile(0.99, sum by (le) (rate(H_bucket[3m])))`, "`Quantile(0.99)`", "", false, distribution(durations, quantile(.99))},
		{`histogram_quantile(0.5, sum by (le) (rate(H_bucket[3m])))`, "`Quantile(0.5)`", "", false, distribution(durations, quantile(.5))},
		{`max(histogram_quantile(0.99, sum by (le, instance) (rate(H_bucket[3m]))))`, "`WorstQuantile(0.99)`", "", false, distribution(durations, worst(.99))},
		{`avg(histogram_quantile(0.5, sum by (le, instance) (rate(H_bucket[3m]))))`, "`Quantile(0.5)`", "a mean of quantiles", false, distribution(durations, quantile(.5))},
		{`avg(histogram_quantile(0.99, sum by (le, instance) (rate(H_bucket[3m]))))`, "`Quantile(0.99)`", "a mean of quantiles", false, distribution(durations, quantile(.99))},
		{`quantile(0.99, histogram_quantile(0.99, rate(H_bucket[3m])))`, "`Quantile(0.99)`", "ranks series, not requests", false, distribution(durations, quantile(.99))},
		{`histogram_quantile(0.99, max by (le) (rate(H_bucket[3m])))`, "`Quantile(0.99)`", "a maximum of buckets", false, distribution(durations, quantile(.99))},
		{`histogram_quantile(0.5, max by (le) (rate(H_bucket[3m])))`, "`WorstQuantile(0.5)`", "the same", false, distribution(durations, worst(.5))},
		{`histogram_quantile(0.99, sum by (le) (H_bucket))`, "`Quantile(0.99)`", "since each process began, not the last three minutes", false, distribution(durations, quantile(.99))},
		{`histogram_quantile(0.99, rate(sum by (le) (H_bucket)[3m:5s]))`, "`Quantile(0.99)`", "a rate of sums", false, distribution(durations, quantile(.99))},
		{`sum(rate(H_sum[3m])) / sum(rate(H_count[3m]))`, "`Mean`", "", false, distribution(durations, mean)},
		{`avg(rate(H_sum[3m]) / rate(H_count[3m]))`, "`Mean`", "a mean of means, in which a series without requests has none", false, distribution(durations, mean)},
		{`sum(H_sum) / sum(H_count)`, "`Mean`", "since each process began", false, distribution(durations, mean)},
		{`1 - sum(rate(H_bucket{le="0.1"}[3m])) / sum(rate(H_count[3m]))`, "`Over(0.1)`", "", false, distribution(durations, above)},
		{`sum(increase(H_count[3m]))`, "`Observations().Increase`", "", false, distribution(durations, count)},
	}
}

func gauges() []question {
	value := (*aggregate.GaugeGroup).Value
	highest := func(g *aggregate.GaugeGroup) (promfold.Estimate, bool) { return ofMember(g.Max()) }
	watches, memory := sumOf("apiserver_longrunning_requests"), sumOf(mem)
	return []question{
		{`sum(apiserver_storage_objects{resource="pods"})`, "Combine `Consensus` → `Value`", "every server repeats it", false, gauge(objects, value)},
		{`avg(apiserver_storage_objects{resource="pods"})`, "Combine `Consensus` → `Value`", "a server that has not counted lately pulls it down", false, gauge(objects, value)},
		{`max(apiserver_storage_objects{resource="pods"})`, "Combine `Consensus` → `Value`", "", false, gauge(objects, value)},
		{`sum(apiserver_longrunning_requests)`, "Combine `Sum` → `Value`", "", false, gauge(watches, value)},
		{`max(sum by (instance) (apiserver_longrunning_requests))`, "`Max`", "", false, gauge(watches, highest)},
		{`max_over_time(sum(apiserver_longrunning_requests)[3m:1s])`, "`Over(w)` → `Max`", "", false, over(watches, (*aggregate.GaugeRange).Max)},
		{`sum(max_over_time(apiserver_longrunning_requests[3m]))`, "`Over(w)` → `Max`", "a sum of maxima of different moments", false, over(watches, (*aggregate.GaugeRange).Max)},
		{`avg_over_time(sum(process_resident_memory_bytes)[3m:1s])`, "`Over(w)` → `Mean`", "", false, over(memory, (*aggregate.GaugeRange).Mean)},
		{`sum(avg_over_time(process_resident_memory_bytes[3m]))`, "`Over(w)` → `Mean`", "counts servers as if they had been there all the time", false, over(memory, (*aggregate.GaugeRange).Mean)},
		{`max(process_resident_memory_bytes)`, "Combine `Max` → `Value`", "", false, gauge(maxOf(mem), value)},
		{`stddev(process_resident_memory_bytes)`, "`Stddev`", "", false, gauge(memory, func(g *aggregate.GaugeGroup) (promfold.Estimate, bool) { return exactly(g.Stddev()) })},
		{`quantile(0.5, process_resident_memory_bytes)`, "`Quantile(0.5)`, a member", "", false, gauge(memory, func(g *aggregate.GaugeGroup) (promfold.Estimate, bool) { return ofMember(g.Quantile(.5)) })},
		{`sum(increase(process_resident_memory_bytes[3m]))`, "not offered of a gauge", "each fall counts as a reset", false, nil},
		{`avg(go_gc_duration_seconds{quantile="0.5"})`, "not offered of a summary", "a mean of quantiles", false, nil},
		{`count(count by (git_version) (kubernetes_build_info))`, "Combine `Distinct` → `Variants`", "", false, gauge(aggregate.View{Select: "kubernetes_build_info", By: []string{"component"}, Combine: aggregate.Distinct}, func(g *aggregate.GaugeGroup) (promfold.Estimate, bool) {
			return exactly(float64(len(g.Variants())), true)
		})},
	}
}
