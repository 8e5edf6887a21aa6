package identity

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestSpellings(t *testing.T) {
	for _, same := range [][]string{
		{"127.0.0.1:80", "localhost:80", "[::1]:80", "[0:0:0:0:0:0:0:1]:80", "[::ffff:127.0.0.1]:80", "LocalHost:80"},
		{"127.0.0.1", "localhost", "::1"},
		{"http://127.0.0.1:80/metrics", "http://localhost:80/metrics", "http://[::1]:80/metrics"},
		{"http://127.0.0.1/metrics", "http://localhost/metrics"},
		{"[fd00::1]:10250", "[fd00:0:0:0:0:0:0:1]:10250", "[FD00::0001]:10250"},
		{"10.0.0.7:6443", "[::ffff:10.0.0.7]:6443"},
		{"https://[fd00::1]:10250/metrics", "https://[fd00:0::1]:10250/metrics"},
	} {
		for _, spelling := range same {
			assert.Equal(t, same[0], Canonical(spelling))
			assert.Equal(t, same[0], Canonical(Canonical(spelling)))
		}
	}
	for _, other := range []string{"", "node-1", "localhost.example:80", "localhost:http", "localhost:99999", "127.0.0.2:80", "a b", "http://x/y?z=[::1]", ":80"} {
		assert.Equal(t, other, Canonical(other))
	}
}

// What is remembered is bounded, and targets that are still scraped come back.
func TestSpellingsAreBounded(t *testing.T) {
	var s Spellings
	for i := range 1000 {
		require.Equal(t, Canonical("Host:80"), s.Of("Host:80", 10))
		s.Of(fmt.Sprintf("stranger-%d:80", i), 10)
		require.LessOrEqual(t, len(s.known), 10)
	}
	_, ok := s.Known("stranger-999:80")
	require.True(t, ok)
}
