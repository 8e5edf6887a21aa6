package roster

import (
	"errors"
	"fmt"
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/promfold/promfold/internal/explain"
)

var (
	// ErrTarget is wrapped by the error of a target that is refused.
	ErrTarget = errors.New("invalid target")
	// ErrLimit is wrapped by the error of what would exceed a limit.
	ErrLimit = errors.New("limit of Config reached")
)

// mostBytes bounds a target's name, its Instance and its labels together.
const mostBytes = 16 << 10

// Check refuses what names no target or no time.
func Check(name string, at time.Time) error {
	switch {
	case len(name) > mostBytes:
		return tooLong(name, "name", len(name))
	case name == "":
		return fmt.Errorf("%w: no name", ErrTarget)
	case at.IsZero():
		return fmt.Errorf("%w: %s: no time", ErrTarget, name)
	}
	return nil
}

// CheckDescribed refuses a description that contradicts itself, too.
func CheckDescribed(name, instance string, ls labels.Labels, balanced bool, expected int, at time.Time) error {
	if err := Check(name, at); err != nil {
		return err
	}
	switch {
	case expected < 0:
		return fmt.Errorf("%w: %s: Expected %d", ErrTarget, name, expected)
	case expected > 0 && !balanced:
		return fmt.Errorf("%w: %s: Expected without Balanced", ErrTarget, name)
	case balanced && instance != "":
		return fmt.Errorf("%w: %s: an Instance behind a balancer", ErrTarget, name)
	case len(instance) > mostBytes:
		return tooLong(name, "Instance", len(instance))
	case int(ls.ByteSize()) > mostBytes:
		return tooLong(name, "labels", int(ls.ByteSize()))
	}
	return nil
}

func tooLong(name, what string, n int) error {
	return fmt.Errorf("%w: %s: %w: bytes of its %s: at most %d, are %d", ErrTarget, explain.Shortened(name), ErrLimit, what, mostBytes, n)
}
