package main

import (
	"fmt"
	"hash/fnv"
	"math"
	"strconv"
)

// jump is the jump consistent hash of Lamping and Veach (“A Fast, Minimal
// Memory, Consistent Hash Algorithm”, arXiv:1406.2294): which of n buckets a
// key belongs to. From n to n+1 buckets, 1 of n+1 keys moves, to the new one.
func jump(key uint64, n int) int {
	bucket, next := int64(-1), int64(0)
	for next < int64(n) {
		bucket = next
		key = key*2862933555777941757 + 1
		next = int64(float64(bucket+1) * (float64(1<<31) / float64(key>>33+1)))
	}
	return int(bucket)
}

// shardOf is which of n shards kube-state-metrics lets tell of an object.
func shardOf(uid string, n int) int {
	h := fnv.New64a()
	h.Write([]byte(uid))
	return jump(h.Sum64(), n)
}

// setting is what a shard was started with: Ordinal from 0, of Total.
type setting struct {
	Ordinal int `json:"ordinal"`
	Total   int `json:"total"`
}

func (s setting) String() string { return fmt.Sprintf("%d/%d", s.Ordinal, s.Total) }

// mostShards is up to how many shards settings are looked for.
const mostShards = 64

// prove finds the setting under which all of the objects have to be told of by
// one shard. The objects of shard i of n are some of those of shard i of n−1,
// so of the settings that fit the one of most shards is meant. It is not
// believed where there are so few objects that it may fit by chance. Without
// sharding no setting fits but 0/1.
func prove(uids []string) (setting, bool) {
	if len(uids) < enoughObjects {
		return setting{}, false
	}
	best := setting{0, 1}
	for n := 2; n <= mostShards; n++ {
		if i := shardOf(uids[0], n); alone(uids, i, n) {
			best = setting{i, n}
		}
	}
	// Under n−1 shards all of the objects would be here by chance.
	byChance := math.Pow(1-1/float64(best.Total), float64(len(uids)))
	return best, byChance < unlikely
}

// enoughObjects is how many have to be there to believe that a shard is alone,
// or that its objects are not those of its setting.
const enoughObjects = 10

func alone(uids []string, i, n int) bool {
	for _, uid := range uids {
		if shardOf(uid, n) != i {
			return false
		}
	}
	return true
}

// shares are which parts of all objects no shard tells of, and which more than
// one does, given all settings: found on objects that are made up.
func shares(of []setting) (missing, twice float64) {
	const objects = 20_000
	none, many := 0, 0
	for k := range objects {
		told := 0
		uid := strconv.Itoa(k)
		for _, s := range of {
			if shardOf(uid, s.Total) == s.Ordinal {
				told++
			}
		}
		switch {
		case told == 0:
			none++
		case told > 1:
			many++
		}
	}
	return float64(none) / objects, float64(many) / objects
}
