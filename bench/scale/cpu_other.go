//go:build !linux

package main

import "time"

var started = time.Now()

// threadTime returns the time on the wall: how long a thread ran is not known.
func threadTime() time.Duration { return time.Since(started) }
