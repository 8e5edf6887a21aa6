package main

import (
	"fmt"
	"os"
	"runtime/metrics"
	"runtime/pprof"
	"time"
)

// profile writes a profile of the heap whenever it has grown by a tenth since the
// last one, so that the file is of the peak, and one of the time until done.
func profile(prefix string) (done func()) {
	cpu, err := os.Create(prefix + ".cpu")
	if err == nil {
		err = pprof.StartCPUProfile(cpu)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "faults:", err)
		return func() {}
	}
	go func() {
		heap := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
		for most := uint64(1 << 20); ; time.Sleep(50 * time.Millisecond) {
			metrics.Read(heap)
			if n := heap[0].Value.Uint64(); n > most+most/10 {
				most = n
				writeHeap(prefix + ".heap")
			}
		}
	}()
	return pprof.StopCPUProfile
}

func writeHeap(path string) {
	f, err := os.Create(path)
	if err == nil {
		defer f.Close()
		err = pprof.Lookup("heap").WriteTo(f, 0)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "faults:", err)
	}
}
