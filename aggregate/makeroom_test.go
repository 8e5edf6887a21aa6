package aggregate_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/promfold/promfold/aggregate"
)

// unwanted are lines of one instance that no view wants, of about a kilobyte each.
func unwanted(of string, n int) []string {
	lines := []string{"# TYPE other gauge"}
	for i := range n {
		lines = append(lines, fmt.Sprintf("other{l=\"%s-%d-%s\"} 1", of, i, strings.Repeat("x", 1000)))
	}
	return lines
}

// Lines that nobody exposes any more make room for new ones, however few they are.
func TestLinesOfNobodyMakeRoom(t *testing.T) {
	const lines = 200
	most := roomFor(t, func(b bed) {
		b.scrape("a", 0, -100, unwanted("a", lines)...)
	}) + 100_000
	b := newBed(t, aggregate.Config{MaxBytes: most})
	b.scrape("a", 0, -100, unwanted("a", lines)...)
	b.scrape("a", 10, -100)
	b.scrape("a", 20, -100)
	require.Greater(t, b.Sizes().Lines, lines, "the test is of no use")
	b.scrape("b", 30, -100, unwanted("b", lines)...)
	assert.LessOrEqual(t, b.Sizes().Lines, lines+2)
}

// Who departed makes room for who comes, though a fleet has place for more instances.
func TestTheDepartedMakeRoomInBytes(t *testing.T) {
	fleet := func(b bed) {
		for i := range 10 {
			name := fmt.Sprint("gone-", i)
			b.scrape(name, 0, -100, unwanted(name, 50)...)
			b.Remove(at(1), name)
		}
	}
	most := roomFor(t, fleet) + 100_000
	b := newBed(t, aggregate.Config{MaxBytes: most, Window: time.Minute})
	fleet(b)
	_, err := b.Ingest(scrapeOf("b", 2, -100, unwanted("b", 400)...))
	require.ErrorIs(t, err, aggregate.ErrLimit, "a window still reaches them")
	require.Equal(t, 10, b.Sizes().Instances)
	b.scrape("b", 200, -100, unwanted("b", 400)...)
	assert.Equal(t, 1, b.Sizes().Instances)
}
