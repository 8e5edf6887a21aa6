// Package recording holds one real recording of three API servers that
// restart and share their load unevenly, for the examples, the tests and the
// benchmarks.
//
// It was made on one Linux machine with kube-apiserver v1.36.3, three
// instances a, b and c on one etcd cluster, behind a balancer that takes turns
// without stickiness. Every 5 s each instance was scraped directly, and one of
// them through the balancer: 44 rounds under a load of 50 requests a second,
// two more after it had ended. Of the load a gets 78 %, b 8 %, c 4 %, the
// balancer 10 %; jobs are listed on b alone. b is restarted (TERM) at 75 s and
// refuses two scrapes, c is killed (KILL) at 130 s and refuses four.
//
// The program in the directory trim made the files from the whole recording.
// It keeps the scrapes of plain text from /metrics, the failed ones too, and
// of their bodies a few families: apiserver_request_total whole,
// apiserver_request_duration_seconds of the verbs DELETE and LIST of any
// resource, some gauges, a summary, and what a process says of itself. Series
// are kept whole or not at all and lines as they were written, so every
// increase and quantile of a kept series is that of the whole recording.
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
