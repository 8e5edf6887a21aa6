package growth

import (
	"github.com/promfold/promfold/internal/judge"
	"github.com/promfold/promfold/internal/owners"
)

// OwnerOf returns who keeps the counts of a metric, as far as its name tells.
func OwnerOf(name string) judge.Owner {
	e, _ := owners.Of(name)
	return e.Owner
}
