package explain

import (
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/promfold/promfold/internal/lines"
)

func TestRefusals(t *testing.T) {
	late, conflict, full, long := errors.New("late"), errors.New("conflict"), errors.New("full"), errors.New("long")
	var n [Refusals]int64
	for _, err := range []error{
		fmt.Errorf("x: %w", late), conflict, conflict, full, long, errors.ErrUnsupported, fmt.Errorf("x: %w", &lines.Error{}), errors.New("y"), errors.New("z"),
	} {
		n[Refusal(err, late, conflict, full, long)]++
	}
	all, by := Refused(func(i int) int64 { return n[i] })
	assert.Equal(t, 9, all)
	assert.Equal(t, map[string]int{
		"late": 1, "conflict": 2, "fleet limit": 1, "body limit": 1, "unsupported format": 1, "malformed body": 1, "other": 2,
	}, by)
}
