package aggregate

import (
	"errors"
	"fmt"
	"time"
)

// Why a scrape was refused, or a question has no answer. Test with errors.Is;
// the state of the fleet is what it was before the call.
var (
	// ErrLate: an accepted scrape of the same instance is newer.
	ErrLate = errors.New("older than the last accepted scrape")
	// ErrConflict: another body of the same instance at the same time stands.
	ErrConflict = errors.New("another body was accepted for the same time")
	// ErrPast: the question is about a time before the last accepted scrape.
	ErrPast = errors.New("before the last accepted scrape")
	// ErrWindow: the window is longer than what the view keeps.
	ErrWindow = errors.New("window longer than kept")
	// ErrUnknown: nothing is known of the target.
	ErrUnknown = errors.New("unknown target")
)

// ScrapeError says which scrape was refused, and why. Err is [ErrLate],
// [ErrConflict], a *[LimitError] or a *lines.Error (with line and column),
// which wraps lines.ErrLimit or errors.ErrUnsupported where that is the reason.
type ScrapeError struct {
	Target string
	Time   time.Time
	Err    error
}

func (e *ScrapeError) Error() string {
	return fmt.Sprintf("scrape of %s at %s: %v", e.Target, e.Time.UTC().Format(time.RFC3339Nano), e.Err)
}

func (e *ScrapeError) Unwrap() error { return e.Err }

// LimitError says which limit of [Config] was in the way.
type LimitError struct {
	What        string // "instances" or "bytes"
	Limit, Need int64
}

func (e *LimitError) Error() string {
	return fmt.Sprintf("limit of %s: %d, needed %d", e.What, e.Limit, e.Need)
}
