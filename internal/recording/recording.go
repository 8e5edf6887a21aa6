package recording

import (
	"embed"
	"io/fs"
)

//go:embed apiserver-ha
var files embed.FS

// FS is the recording. manifest.jsonl has one line a scrape, in the order they
// ended:
//
//	file           the gzipped body; empty: the scrape failed, notes say how
//	scenario       apiserver-ha, then apiserver-ha-after-load
//	step           the round
//	time           when the body had been read, Unix milliseconds
//	target         apiserver-a, apiserver-b, apiserver-c, or lb (the balancer)
//	path           /metrics
//	through_lb     whether the balancer was asked
//	true_instance  who answered: for tests, an aggregator must not read it
//	content_type   of the answer
//	format         text
//	status         the HTTP status, 0 without an answer
//	bytes          length of the trimmed body before gzip
//	duration_ms    what the scrape took
//
// events.jsonl tells what was done to which instance and when.
var FS, _ = fs.Sub(files, "apiserver-ha") // a valid path: never an error
