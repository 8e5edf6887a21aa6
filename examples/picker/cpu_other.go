//go:build !unix

package main

import "time"

var started = time.Now()

// cpuTime returns the time since the start: an upper bound of the processor time
// of a loop that does not wait.
func cpuTime() time.Duration { return time.Since(started) }
