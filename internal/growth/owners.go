package growth

import (
	"github.com/promfold/promfold/internal/judge"
	"github.com/promfold/promfold/internal/owners"
)

// ownerOf returns who keeps the counts of a metric, as far as its name tells.
func ownerOf(name string) judge.Owner {
	e, _ := owners.Of(name)
	return e.Owner
}
