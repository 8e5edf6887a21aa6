package lines

import "fmt"

// guarded calls textparse, whose panics are errors of the body.
func guarded(call func()) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("not readable: %v", p)
		}
	}()
	call()
	return nil
}
