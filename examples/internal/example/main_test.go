package example

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
)

// An interrupted program ends, even if a read in it hangs.
func TestInterrupted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var said strings.Builder
		hangs := make(chan struct{})
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		assert.Equal(t, Silent, within(ctx, &said, func() int { <-hangs; return Answered }))
		assert.Contains(t, said.String(), "something hangs")
		close(hangs)

		ctx, cancel = context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		said.Reset()
		assert.Equal(t, Wrong, within(ctx, &said, func() int { <-ctx.Done(); time.Sleep(grace / 2); return Wrong }))
		assert.Equal(t, Answered, within(t.Context(), &said, func() int { return Answered }))
		assert.Empty(t, said.String())
	})
}
