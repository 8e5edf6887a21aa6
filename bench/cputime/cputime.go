//go:build unix

// Package cputime measures what a program does by the time of processors it takes,
// which other programs on the machine do not change.
package cputime

import (
	"syscall"
	"time"
)

// Now returns what this process has had of the processors. Other programs on the
// machine do not count, collecting garbage does.
func Now() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err) // it cannot fail for the process itself
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
