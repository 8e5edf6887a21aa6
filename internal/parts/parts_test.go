package parts_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/promfold/promfold/internal/parts"
	"github.com/promfold/promfold/internal/saved"
)

func contents(s *parts.Set) (list []string) {
	for _, p := range s.All() {
		list = append(list, string(p.Content))
	}
	return list
}

var errKind = errors.New("kind")

func few(names []string) string { return strings.Join(names, " ") }

func TestSet(t *testing.T) {
	s := &parts.Set{}
	put := func(name, content string, at int64) {
		s.Put(name, &parts.Part{Content: []byte(content), At: at, Size: 2, Bytes: 30})
	}
	put("b", "b1", 100)
	put("a", "a1", 90)
	assert.Equal(t, []string{"a1", "b1"}, contents(s))
	assert.True(t, s.Stale)
	assert.True(t, s.Has("a", []byte("a1")))
	assert.False(t, s.Has("a", []byte("a2")))
	assert.False(t, s.Has("c", nil))
	for latest, older := range map[int64]bool{89: true, 90: false, 91: false} {
		assert.Equal(t, older, s.Older("a", latest))
	}
	assert.False(t, s.Older("c", 0))
	size, bytes := s.With("a", &parts.Part{Size: 5, Bytes: 1})
	assert.Equal(t, []int64{7, 31}, []int64{int64(size), bytes})
	assert.NoError(t, s.Apart(errKind, few))
	assert.NoError(t, (*parts.Set)(nil).Apart(errKind, few))

	s.Stale = false
	s.Remove("b", 50, 10) // it was scraped later
	assert.True(t, s.Stale)
	assert.Equal(t, []string{"b1", "a1"}, contents(s), "who was removed comes first")
	assert.False(t, s.Has("b", []byte("b1")))
	assert.True(t, s.Older("b", 100))
	assert.False(t, s.Older("b", 101))
	s.Remove("b", 105, 10) // again: it left when it did
	s.Remove("none", 110, 10)
	assert.Len(t, s.All(), 2)
	assert.NoError(t, s.Apart(errKind, few))
	s.Remove("none", 111, 10)
	assert.Equal(t, []string{"a1"}, contents(s))
	assert.ErrorContains(t, s.Apart(errKind, few), "a part was removed")
	assert.True(t, s.Older("b", 100), "its state is forgotten, and when it was removed is not")
	assert.False(t, s.Older("b", 101))
	s.Shared = []string{"i", "j"}
	assert.ErrorContains(t, s.Apart(errKind, few), "parts share instances: i j")
	assert.ErrorIs(t, s.Apart(errKind, few), errKind)
}

// However many parts come and go, those that left last are remembered.
func TestManyPartsLeave(t *testing.T) {
	s := &parts.Set{}
	for i := range int64(1100) {
		name := fmt.Sprint(i)
		s.Put(name, &parts.Part{Content: []byte("x"), At: i})
		s.Remove(name, i, 0)
	}
	assert.True(t, s.Older("1099", 1099))
	assert.True(t, s.Older("100", 100))
	assert.False(t, s.Older("10", 10))
}

func TestCode(t *testing.T) {
	code := func(s *parts.Set) []byte {
		c := &saved.Codec{}
		parts.Code(c, &s)
		return c.Out
	}
	read := func(b []byte) *parts.Set {
		var s *parts.Set
		c := &saved.Codec{In: saved.Read(b)}
		parts.Code(c, &s)
		rest, ok := c.In.Rest()
		require.True(t, ok)
		require.Empty(t, rest)
		return s
	}
	require.Nil(t, read(code(nil)))
	s := &parts.Set{Since: 5}
	s.Put("a", &parts.Part{Content: []byte("a1"), At: 90, Size: 2, Bytes: 30})
	s.Put("b", &parts.Part{Content: []byte("b1"), At: 91})
	s.Remove("b", 100, 10)
	got := read(code(s))
	require.Equal(t, s, got)
	require.Equal(t, code(s), code(got))
	s.Remove("b", 200, 10)
	require.ErrorContains(t, read(code(s)).Apart(errKind, few), "a part was removed")
}

func TestShare(t *testing.T) {
	of, shared := parts.Share([]map[string]int64{
		{"moved": 10, "left": 0, "tie": 5, "only": 1},
		{"moved": 20, "left": 3, "tie": 5},
		{"moved": 0, "departed": 0},
		{"departed": 0},
	})
	assert.Equal(t, map[string]int{"moved": 1, "left": 1, "tie": 0, "only": 0, "departed": 2}, of)
	assert.Equal(t, []string{"departed", "left", "moved", "tie"}, shared)
	of, shared = parts.Share(nil)
	assert.Empty(t, of)
	assert.Empty(t, shared)
	assert.Equal(t, []int{2, 4}, parts.Without(slices.Clone([]int{1, 2, 3, 4}), []bool{true, false, true, false}))
}
