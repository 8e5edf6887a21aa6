package aggregate_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/promfold/promfold/aggregate"
	"github.com/promfold/promfold/parse"
)

// Prometheus' parser takes a NUL at the start of a line for the end of the
// body. What is behind it would be lost without a word.
func TestNothingIsLostBehindANUL(t *testing.T) {
	b := newBed(t, aggregate.Config{})
	b.scrape("a", 0, 0, typeC, "c 1", "c2 1")
	before := b.Dump()
	for _, body := range []string{"\x00\xff\xfe noise\n", "c 2\n\x00c2 5\n", "\x00\n"} {
		_, err := b.Ingest(aggregate.Scrape{Target: "a", Time: at(10), Body: []byte(body)})
		var pe *parse.Error
		require.ErrorAs(t, err, &pe, "%q", body)
		assert.Equal(t, before, b.Dump())
	}
}
