package roster

import (
	"errors"
	"fmt"
	"time"
)

// ErrTarget is wrapped by the error of a target that is refused.
var ErrTarget = errors.New("invalid target")

// Check refuses what names no target or no time.
func Check(name string, at time.Time) error {
	switch {
	case name == "":
		return fmt.Errorf("%w: no name", ErrTarget)
	case at.IsZero():
		return fmt.Errorf("%w: %s: no time", ErrTarget, name)
	}
	return nil
}

// CheckDescribed refuses a description that contradicts itself, too.
func CheckDescribed(name, instance string, balanced bool, expected int, at time.Time) error {
	switch {
	case expected < 0:
		return fmt.Errorf("%w: %s: Expected %d", ErrTarget, name, expected)
	case expected > 0 && !balanced:
		return fmt.Errorf("%w: %s: Expected without Balanced", ErrTarget, name)
	case balanced && instance != "":
		return fmt.Errorf("%w: %s: an Instance behind a balancer", ErrTarget, name)
	}
	return Check(name, at)
}
