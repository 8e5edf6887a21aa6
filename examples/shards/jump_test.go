package main

import (
	"fmt"
	"hash/fnv"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// TestShardVectors compares with what kube-state-metrics itself computed.
func TestShardVectors(t *testing.T) {
	for uid, want := range map[string]struct {
		hash   uint64
		shards []int // of 2, 3, … 8
	}{
		"7d2f1c9e-6d3a-4b7c-8f21-d5e6a7b8c9d0": {0x76fd8e38ffe59c89, []int{0, 0, 0, 0, 0, 0, 7}},
		"a1b2c3d4-e5f6-7890-abcd-ef1234567890": {0x80cfada845c0985f, []int{0, 0, 3, 4, 4, 4, 4}},
		"":                                     {0xcbf29ce484222325, []int{1, 1, 1, 1, 1, 1, 1}},
		"test_uid":                             {0x0ec242443e038614, []int{0, 0, 0, 0, 0, 0, 0}},
	} {
		h := fnv.New64a()
		h.Write([]byte(uid))
		assert.Equal(t, want.hash, h.Sum64(), uid)
		for i, shard := range want.shards {
			assert.Equal(t, shard, shardOf(uid, i+2), "%q of %d", uid, i+2)
		}
	}
}

// TestJumpIsConsistent: from n to n+1 a key stays, or moves to the new shard.
func TestJumpIsConsistent(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		key, n := rapid.Uint64().Draw(t, "key"), rapid.IntRange(1, 1000).Draw(t, "n")
		before, after := jump(key, n), jump(key, n+1)
		require.True(t, before >= 0 && before < n)
		require.True(t, after == before || after == n, "%d of %d, %d of %d", before, n, after, n+1)
	})
}

// uidsOf returns made-up objects of a shard.
func uidsOf(s setting, n int) (list []string) {
	for k := 0; len(list) < n; k++ {
		if uid := fmt.Sprint("uid-", k); shardOf(uid, s.Total) == s.Ordinal {
			list = append(list, uid)
		}
	}
	return list
}

func TestProve(t *testing.T) {
	for total := 1; total <= 12; total++ {
		for i := range total {
			s := setting{i, total}
			got, ok := prove(uidsOf(s, 120))
			assert.True(t, ok, "%s", s)
			assert.Equal(t, s, got)
		}
	}
	_, ok := prove(nil)
	assert.False(t, ok)
	_, ok = prove(uidsOf(setting{0, 3}, 12))
	assert.False(t, ok, "twelve objects of 0/2 may be in 0/3 by chance")
	_, ok = prove(uidsOf(setting{2, 3}, enoughObjects-1))
	assert.False(t, ok)
}

// TestShares compares with a simulation on other objects.
func TestShares(t *testing.T) {
	for _, c := range []struct {
		settings       []setting
		missing, twice float64
	}{
		{[]setting{{0, 3}, {1, 3}, {2, 3}}, 0, 0},
		{[]setting{{0, 3}, {0, 3}, {1, 3}, {2, 3}}, 0, 0.337},
		{[]setting{{0, 3}, {0, 3}, {2, 3}}, 0.332, 0.337},
		{[]setting{{0, 2}, {1, 2}, {2, 3}}, 0, 0.331},
		{[]setting{{0, 3}, {1, 3}}, 0.331, 0},
		{[]setting{{0, 2}, {1, 2}}, 0, 0},
		{[]setting{{0, 1}, {0, 3}, {1, 3}, {2, 3}}, 0, 1},
		{nil, 1, 0},
	} {
		missing, twice := shares(c.settings)
		assert.InDelta(t, c.missing, missing, 0.01, "%v", c.settings)
		assert.InDelta(t, c.twice, twice, 0.01, "%v", c.settings)
	}
}
