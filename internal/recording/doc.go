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
//
// In comes nothing: the files are part of the program. Out go [FS] and, of any
// recording in this form, the scrapes of its [Manifest] and their bodies. Numbers
// are never edited, and no file is read but through the fs.FS that a caller gives.
package recording
