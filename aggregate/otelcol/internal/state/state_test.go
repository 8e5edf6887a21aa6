package state_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component"

	"github.com/promfold/promfold/aggregate/otelcol/internal/state"
	"github.com/promfold/promfold/aggregate/otelcol/internal/teststorage"
)

// The first time stays over restarts, until it is said anew.
func TestBegan(t *testing.T) {
	memory := &teststorage.Memory{}
	open := func() *state.Store {
		s, err := state.Open(t.Context(), memory.Host(), &teststorage.ID, component.KindProcessor, component.MustNewID("promfold"))
		require.NoError(t, err)
		return s
	}
	at := func(second int64) time.Time { return time.Unix(second, 0).UTC() }
	for _, x := range []struct{ now, want int64 }{{10, 10}, {20, 10}, {15, 10}, {5, 5}, {10, 5}} {
		got, err := open().Began(t.Context(), at(x.now))
		require.NoError(t, err)
		require.Equal(t, at(x.want), got)
	}
	require.NoError(t, open().Begin(t.Context(), at(30)))
	got, err := open().Began(t.Context(), at(40))
	require.NoError(t, err)
	require.Equal(t, at(30), got)
	require.NoError(t, memory.Set(t.Context(), "began", []byte("soon")))
	got, err = open().Began(t.Context(), at(50))
	require.NoError(t, err)
	require.Equal(t, at(50), got)
	var none *state.Store
	got, err = none.Began(t.Context(), at(60))
	require.NoError(t, err)
	require.Equal(t, at(60), got)
}
