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

// files is the recording in the program: its README says how it was made.
//
//go:embed recording
var files embed.FS

// options are the command line.
type options struct {
	dir       string // of a replay; empty: the recording in the program
	nodes     string // a file
	apiserver string
	scrape    bool
	metric    string

	interval, timeout time.Duration
	rounds            int // 0: without end
	tokenFile         string
	ca, kubeletCA     string
	insecure          bool
	json, check       bool
}

const usage = `usage: kubelets [flags]                  replay the recording in the program
       kubelets [flags] -replay DIR      replay DIR
       kubelets [flags] -nodes FILE      decide about a list of nodes
       kubelets [flags] -apiserver URL   decide about the nodes of a cluster

`

func parseFlags(args []string, stderr io.Writer) (options, error) {
	var o options
	fs := flag.NewFlagSet("kubelets", flag.ContinueOnError)
	fs.SetOutput(io.Discard) // errors are said once, by run
	fs.Usage = func() {}
	fs.StringVar(&o.dir, "replay", "", "replay the recorded answers in `DIR`")
	fs.StringVar(&o.nodes, "nodes", "", "read the nodes from `FILE`, a NodeList in JSON")
	fs.StringVar(&o.apiserver, "apiserver", "", "read the nodes from the API server at `URL`")
	fs.BoolVar(&o.scrape, "scrape", false, "ask the chosen kubelets, too")
	fs.StringVar(&o.metric, "metric", "kubelet_runtime_operations_total", "the `counter` whose sum over the kubelets is shown")
	fs.DurationVar(&o.interval, "interval", 15*time.Second, "the time from round to round, with -scrape")
	fs.DurationVar(&o.timeout, "timeout", 10*time.Second, "how long an answer may take")
	fs.IntVar(&o.rounds, "rounds", 0, "end after so many rounds; 0: never")
	fs.StringVar(&o.tokenFile, "token-file", "", "send the bearer token in `FILE`, read anew each time")
	fs.StringVar(&o.ca, "ca", "", "of the API server, trust the certificates in `FILE`")
	fs.StringVar(&o.kubeletCA, "kubelet-ca", "", "of the kubelets, trust the certificates in `FILE`")
	fs.BoolVar(&o.insecure, "insecure", false, "do not verify the kubelets, whose certificates are often their own")
	fs.BoolVar(&o.json, "json", false, "print a JSON document a round, or one at the end of a replay")
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
		return options{}, fmt.Errorf("what is %q?", fs.Arg(0))
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
		return errors.New("-scrape goes with -nodes or -apiserver")
	case o.interval <= 0 || o.timeout <= 0 || o.rounds < 0:
		return errors.New("-interval and -timeout have to be positive, -rounds not negative")
	}
	if u, err := url.Parse(o.apiserver); o.apiserver != "" && (err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "") {
		return fmt.Errorf("%q is no http or https URL", o.apiserver)
	}
	return nil
}

// source is the directory to replay.
func (o *options) source() fs.FS {
	if o.dir != "" {
		return os.DirFS(o.dir)
	}
	dir, err := fs.Sub(files, "recording")
	if err != nil {
		panic(err) // the name is a valid one
	}
	return dir
}
