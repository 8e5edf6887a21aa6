package main

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

const (
	bodyLines = 575 // comments too
	variants  = 4   // bodies of a replica, read in turn
)

// makeBodies returns bodies shaped as vLLM's, of each replica several.
func makeBodies(replicas int) [][][]byte {
	out := make([][][]byte, replicas)
	r := rand.New(rand.NewPCG(1, 2))
	for i := range out {
		for v := range variants {
			out[i] = append(out[i], body(r, i, v))
		}
	}
	return out
}

// body returns one body. Of its values about a fifth differ from one to the next.
func body(r *rand.Rand, replica, variant int) []byte {
	var b strings.Builder
	lines := 0
	add := func(format string, args ...any) {
		if lines < bodyLines {
			fmt.Fprintf(&b, format+"\n", args...)
			lines++
		}
	}
	const model = `engine="0",model_name="meta-llama/Llama-3.1-70B-Instruct"`
	head := func(name, typ string) {
		add("# HELP %s Of the engine.", name)
		add("# TYPE %s %s", name, typ)
	}
	gauge := func(name string, value any) {
		head(name, "gauge")
		add("%s{%s} %v", name, model, value)
	}
	gauge(runningName, r.IntN(64))
	gauge(waitingName, r.IntN(8))
	gauge(swappedName, 0)
	gauge(cacheName, float64(r.IntN(900))/1000)
	head(loraName, "gauge")
	add(`%s{max_lora="4",running_lora_adapters="a,b",waiting_lora_adapters=""} 1.7e+09`, loraName)
	buckets := []string{"0.001", "0.005", "0.01", "0.02", "0.04", "0.06", "0.08", "0.1", "0.25", "0.5", "0.75", "1.0", "2.5", "5.0", "7.5", "10.0", "20.0", "40.0", "80.0", "160.0", "640.0", "2560.0", "+Inf"}
	histogram := func(name string, moves bool) {
		head(name, "histogram")
		total := 1000 + 10*replica
		for i, le := range buckets {
			if moves {
				total += variant * i % 5
			}
			add(`%s_bucket{%s,le="%s"} %d.0`, name, model, le, total+20*i)
		}
		add("%s_count{%s} %d.0", name, model, total+20*(len(buckets)-1))
		add("%s_sum{%s} %d.25", name, model, 7*total)
	}
	histogram(firstByteName, true)
	for i := 0; lines < bodyLines-len(buckets)-8; i++ {
		histogram(fmt.Sprintf("vllm:stage_%d_seconds", i), i%4 == 0)
	}
	for i := 0; lines < bodyLines; i++ {
		add("# of the program")
	}
	return []byte(b.String())
}
