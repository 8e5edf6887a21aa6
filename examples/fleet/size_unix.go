//go:build linux || darwin

package main

import (
	"os"
	"syscall"
	"unsafe"
)

// terminalSize returns a terminal's width and height in characters, or 0, 0 if
// the file is not a terminal.
func terminalSize(f *os.File) (width, height int) {
	var size struct{ rows, columns, x, y uint16 }
	_, _, errno := syscall.Syscall(syscall.SYS_IOCTL, f.Fd(), syscall.TIOCGWINSZ, uintptr(unsafe.Pointer(&size)))
	switch {
	case errno != 0:
		return 0, 0
	case size.columns == 0 || size.rows == 0: // a terminal that does not know, such as a serial line
		return 80, 24
	}
	return int(size.columns), int(size.rows)
}
