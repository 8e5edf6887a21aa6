//go:build unix

package main

import (
	"syscall"
	"time"
)

// cpuTime is what this process has had of the processors. Other programs on the
// machine do not count, collecting garbage does.
func cpuTime() time.Duration {
	var u syscall.Rusage
	must(syscall.Getrusage(syscall.RUSAGE_SELF, &u))
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
