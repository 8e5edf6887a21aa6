package main

import (
	"syscall"
	"time"
)

// threadTime returns how long the thread has run.
func threadTime() time.Duration {
	const thread = 1 // RUSAGE_THREAD
	var r syscall.Rusage
	must(syscall.Getrusage(thread, &r))
	return time.Duration(r.Utime.Nano() + r.Stime.Nano())
}
