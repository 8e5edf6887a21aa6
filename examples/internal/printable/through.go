package printable

import (
	"io"
	"os"
	"sync"
)

// Through runs a program whose parts print to os.Stdout and os.Stderr themselves,
// such as one of a framework that logs, and lets all of that pass a [Writer]. It
// returns the program's status once everything is printed.
func Through(run func() int) (status int, err error) {
	outR, outW, err := os.Pipe()
	if err != nil {
		return 0, err
	}
	errR, errW, err := os.Pipe()
	if err != nil {
		return 0, err
	}
	stdout, stderr := os.Stdout, os.Stderr
	os.Stdout, os.Stderr = outW, errW
	var copied sync.WaitGroup
	copied.Go(func() { pass(stdout, outR) })
	copied.Go(func() { pass(stderr, errR) })
	defer func() {
		os.Stdout, os.Stderr = stdout, stderr
		outW.Close()
		errW.Close()
		copied.Wait()
	}()
	return run(), nil
}

// pass copies until the program ends, or nobody reads it any more: then it must see
// that its writes fail.
func pass(to io.Writer, from *os.File) {
	defer from.Close()
	io.Copy(To(to), from)
}
