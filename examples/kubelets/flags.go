package main

import (
	"embed"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"time"
)

// files is the recording inside the program; its README says how it was made.
//
//go:embed recording
var files embed.FS

// options are the command line.
type options struct {
	dir       string // of a replay; empty: the recording inside the program
	nodes     string // a file
	apiserver string
	scrape    bool
	metric    string

	interval, timeout time.Duration
	rounds            int // 0: no limit
	tokenFile         string
	ca, kubeletCA     string
	insecure          bool
	json, check       bool
}

const usage = `usage: kubelets [flags]                  replay the recording inside the program
       kubelets [flags] -replay DIR      replay DIR
       kubelets [flags] -nodes FILE      decide about a list of nodes
       kubelets [flags] -apiserver URL   decide about the nodes of a cluster

`

func parseFlags(args []string, stderr io.Writer) (options, error) {
	var o options
	fs := flag.NewFlagSet("kubelets", flag.ContinueOnError)
	fs.SetOutput(io.Discard) // run prints the error, once
	fs.Usage = func() {}
	fs.StringVar(&o.dir, "replay", "", "replay the recorded answers in `DIR`")
	fs.StringVar(&o.nodes, "nodes", "", "read the nodes from `FILE`, a NodeList in JSON")
	fs.StringVar(&o.apiserver, "apiserver", "", "read the nodes from the API server at `URL`")
	fs.BoolVar(&o.scrape, "scrape", false, "scrape the chosen kubelets, too")
	fs.StringVar(&o.metric, "metric", "kubelet_runtime_operations_total", "the `counter` to add up over the kubelets")
	fs.DurationVar(&o.interval, "interval", 15*time.Second, "with -scrape: the time between rounds")
	fs.DurationVar(&o.timeout, "timeout", 10*time.Second, "how long an answer may take")
	fs.IntVar(&o.rounds, "rounds", 0, "with -scrape: stop after this many rounds; 0 means no limit")
	fs.StringVar(&o.tokenFile, "token-file", "", "send the bearer token in `FILE`, which is read for each request")
	fs.StringVar(&o.ca, "ca", "", "trust the certificates in `FILE` for the API server")
	fs.StringVar(&o.kubeletCA, "kubelet-ca", "", "trust the certificates in `FILE` for the kubelets")
	fs.BoolVar(&o.insecure, "insecure", false, "do not verify the certificates of the kubelets, which are often self-signed")
	fs.BoolVar(&o.json, "json", false, "print a JSON document each round, or one at the end of a replay")
	fs.BoolVar(&o.check, "check", false, "exit with 3 if a kubelet has two names or is not resolved")

	err := fs.Parse(args)
	if errors.Is(err, flag.ErrHelp) {
		fmt.Fprint(stderr, usage)
		fs.SetOutput(stderr)
		fs.PrintDefaults()
	}
	if err != nil {
		return options{}, err
	}
	if fs.NArg() > 0 {
		return options{}, fmt.Errorf("unexpected argument %q", fs.Arg(0))
	}
	return o, o.valid()
}

func (o *options) valid() error {
	sources := 0
	for _, s := range []string{o.dir, o.nodes, o.apiserver} {
		if s != "" {
			sources++
		}
	}
	switch {
	case sources > 1:
		return errors.New("-replay, -nodes and -apiserver exclude each other")
	case o.scrape && o.nodes == "" && o.apiserver == "":
		return errors.New("-scrape needs -nodes or -apiserver")
	case o.interval <= 0 || o.timeout <= 0 || o.rounds < 0:
		return errors.New("-interval and -timeout must be positive, -rounds must not be negative")
	}
	if u, err := url.Parse(o.apiserver); o.apiserver != "" && (err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "") {
		return fmt.Errorf("%q is not an http or https URL", o.apiserver)
	}
	return nil
}

// source returns the directory to replay.
func (o *options) source() fs.FS {
	if o.dir != "" {
		return os.DirFS(o.dir)
	}
	dir, err := fs.Sub(files, "recording")
	if err != nil {
		panic(err) // the name is valid
	}
	return dir
}
