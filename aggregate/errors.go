package aggregate

import (
	"errors"
	"fmt"
	"time"

	"github.com/promfold/promfold/internal/explain"
	"github.com/promfold/promfold/internal/lines"
	"github.com/promfold/promfold/internal/roster"
	"github.com/promfold/promfold/internal/saved"
	"github.com/promfold/promfold/parse"
)

// The reasons for which a scrape, a question or a state is refused; test with errors.Is. The fleet is unchanged.
var (
	ErrLate         = errors.New("older than the last accepted scrape")
	ErrConflict     = errors.New("another body was accepted for the same time")
	ErrLimit        = roster.ErrLimit // MaxBytes, MaxInstances, or 16 KiB of a target; a body's is parse.ErrLimit
	ErrWindow       = errors.New("that much of the past is not kept")
	ErrIncompatible = errors.New("fleets, views or snapshots that do not belong together")
	ErrVersion      = saved.ErrVersion // a state of another version
	ErrCorrupt      = saved.ErrCorrupt // not a state, or a damaged one
)

var (
	errQuestion = errors.New("invalid question")
	errFull     = fmt.Errorf("%w: instances", ErrLimit)
	errUnnamed  = errors.New("failed, the reason was not told")
	errRoot     = fmt.Errorf("%w: a fleet of parts, which have the targets", ErrIncompatible)
)

// scrapeError says which scrape was refused. What is wrong with a body is a [*parse.Error].
func scrapeError(sc *Scrape, err error) error {
	if e, ok := err.(*lines.Error); ok {
		err = (*parse.Error)(e)
	}
	return fmt.Errorf("scrape of %s at %s: %w", explain.Shortened(sc.Target), sc.Time.UTC().Format(time.RFC3339Nano), err)
}

// limitError names the limit and what would have been needed.
func limitError(what string, limit, need int64) error {
	return fmt.Errorf("%w: %s: at most %d, needed %d", ErrLimit, what, limit, need)
}
