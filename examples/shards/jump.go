package main

import (
	"fmt"
	"hash/fnv"
	"math"
	"strconv"
)

// jump is the jump consistent hash of Lamping and Veach (“A Fast, Minimal
// Memory, Consistent Hash Algorithm”, arXiv:1406.2294): which of n buckets a
// key belongs to. From n to n+1 buckets, one of n+1 keys moves, to the new one.
func jump(key uint64, n int) int {
	bucket, next := int64(-1), int64(0)
	for next < int64(n) {
		bucket = next
		key = key*2862933555777941757 + 1
		next = int64(float64(bucket+1) * (float64(1<<31) / float64(key>>33+1)))
	}
	return int(bucket)
}

// shardOf returns which of n shards of kube-state-metrics exposes an object.
func shardOf(uid string, n int) int {
	h := fnv.New64a()
	h.Write([]byte(uid))
	return jump(h.Sum64(), n)
}

// setting is what a shard is started with: its number from 0, and their total.
type setting struct {
	Ordinal int `json:"ordinal"`
	Total   int `json:"total"`
}

func (s setting) String() string { return fmt.Sprintf("%d/%d", s.Ordinal, s.Total) }

// mostShards is the highest total that is tried.
const mostShards = 64

// prove returns the setting under which all of the objects belong to one shard.
// The objects of shard i of n are some of those of shard i of n−1, so among the
// settings that fit the one with the highest total is right. It returns false
// if there are so few objects that they may fit by chance. Without sharding
// only 0/1 fits.
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
	// With one shard less, all of the objects would be here by chance.
	byChance := math.Pow(1-1/float64(best.Total), float64(len(uids)))
	return best, byChance < unlikely
}

// enoughObjects is the number of objects below which nothing is concluded.
const enoughObjects = 10

func alone(uids []string, i, n int) bool {
	for _, uid := range uids {
		if shardOf(uid, n) != i {
			return false
		}
	}
	return true
}

// shares returns which part of all objects no shard exposes, and which part more
// than one exposes, given all settings. It counts made-up objects.
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
