package main

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/promfold/promfold/aggregate"
	"github.com/promfold/promfold/parse"
)

// watch is the fleet of the chosen kubelets.
type watch struct {
	o         options
	fleet     *aggregate.Fleet
	sum       *aggregate.CounterView
	decisions []decision
	says      map[string]string    // by node: the name that who answered gave itself
	failing   map[string]string    // by node
	seen      map[string]time.Time // accepted scrapes by node: the latest
	naive     *naive
	last      time.Time
	doubled   bool // something is, in the latest document

	stdout, stderr io.Writer
}

func newWatch(o options, stdout, stderr io.Writer) (*watch, error) {
	fleet, err := aggregate.NewFleet(aggregate.Config{})
	if err != nil {
		return nil, err
	}
	sum, err := fleet.Counter(aggregate.View{Metric: o.metric})
	if err != nil {
		return nil, err
	}
	return &watch{
		o: o, fleet: fleet, sum: sum, says: map[string]string{}, failing: map[string]string{}, seen: map[string]time.Time{},
		naive: &naive{metric: o.metric, last: map[string]float64{}}, stdout: stdout, stderr: stderr,
	}, nil
}

// plan decides about the nodes, and tells the fleet.
func (w *watch) plan(nodes []node, at time.Time) {
	w.decisions = decide(nodes)
	var targets []string
	for _, d := range w.decisions {
		if d.Scrape {
			targets = append(targets, d.Node)
			w.fleet.Describe(d.Node, aggregate.TargetInfo{Ready: d.node.ready, Created: d.node.created})
		}
	}
	for name := range w.seen {
		if !slices.Contains(targets, name) {
			w.fleet.Gone(name, later(at, w.last)) // it was seen, so this is no error
			delete(w.seen, name)
			delete(w.says, name)
			delete(w.failing, name)
		}
	}
	w.fleet.Expect(targets...)
}

// chosen: the kubelet of the node is to be scraped.
func (w *watch) chosen(name string) bool {
	return slices.ContainsFunc(w.decisions, func(d decision) bool { return d.Scrape && d.Node == name })
}

// observe takes in what the kubelet of a node answered, or that it did not.
func (w *watch) observe(name string, at time.Time, header http.Header, body []byte, err error) {
	if err == nil {
		_, err = w.fleet.Observe(aggregate.Scrape{Target: name, Time: at, Header: header, Body: body})
	}
	var samples []parse.Sample
	if err == nil {
		samples, err = parse.Samples(header, body)
	}
	if err != nil {
		w.fleet.Fail(name, at, err)
		w.failing[name] = reason(err)
		return
	}
	delete(w.failing, name)
	w.seen[name], w.last = at, later(w.last, at)
	w.naive.observe(name, samples)
	for _, s := range samples {
		if s.Name == "kubelet_node_name" {
			w.says[name] = s.Labels.Get("node")
		}
	}
}

// reason is an error without what its reader knows.
func reason(err error) string {
	var refused *aggregate.ScrapeError
	if errors.As(err, &refused) {
		err = refused.Err
	}
	return err.Error()
}

func later(a, b time.Time) time.Time {
	if a.Before(b) {
		return b
	}
	return a
}

// naive adds up what each name counted, as a sum over targets does: a kubelet
// with two names counts twice.
type naive struct {
	metric   string
	last     map[string]float64 // by name and series
	increase float64
}

func (n *naive) observe(name string, samples []parse.Sample) {
	for _, s := range samples {
		if s.Name != n.metric {
			continue
		}
		key := name + s.Labels.String()
		before, ok := n.last[key]
		n.last[key] = s.Value
		switch {
		case !ok:
		case s.Value < before:
			n.increase += s.Value
		default:
			n.increase += s.Value - before
		}
	}
}

// document is all that is known at one time: what -json prints, and what the
// table is made of.
type document struct {
	At        *time.Time `json:"at,omitempty"` // of the last answer
	Decisions []decision `json:"decisions"`
	Kubelets  []kubelet  `json:"kubelets,omitempty"`
	Metric    string     `json:"metric,omitempty"`
	Increase  *float64   `json:"increase,omitempty"`       // of all kubelets, each once
	ByName    *float64   `json:"naive_increase,omitempty"` // added up over names
	Coverage  string     `json:"coverage,omitempty"`
}

// kubelet is one that was asked.
type kubelet struct {
	Node    string   `json:"node"`
	State   string   `json:"state"` // up, down, duplicate
	Says    string   `json:"says,omitempty"`
	Same    string   `json:"same,omitempty"` // the node that reaches the same process
	Names   []string `json:"names,omitempty"`
	Lives   int      `json:"lives,omitempty"` // processes seen
	Remarks []string `json:"remarks,omitempty"`
}

func (w *watch) document(at time.Time) (document, error) {
	d := document{Decisions: w.decisions}
	if len(w.seen)+len(w.failing) > 0 {
		d.Kubelets = w.kubelets(at)
	}
	w.doubled = slices.ContainsFunc(d.Decisions, func(d decision) bool { return d.Unresolved || d.Same != "" }) ||
		slices.ContainsFunc(d.Kubelets, func(k kubelet) bool { return k.Same != "" || k.Says != "" && k.Says != k.Node })
	if len(w.seen) == 0 {
		return d, nil
	}
	d.At, d.Metric = &at, w.o.metric
	groups, err := w.sum.At(at, aggregate.All)
	if err != nil {
		return document{}, err
	}
	for _, g := range groups {
		if increase, ok := g.Increase(); ok {
			d.Increase, d.ByName = &increase.Value, &w.naive.increase
		}
		d.Coverage = g.Coverage().String()
	}
	return d, nil
}

// kubelets tells who answered under each chosen name.
func (w *watch) kubelets(at time.Time) (list []kubelet) {
	instances := map[string]aggregate.Instance{} // by each of their targets
	for _, in := range w.fleet.Instances(at, aggregate.All) {
		for _, t := range in.Targets {
			instances[t] = in
		}
	}
	for _, d := range w.decisions {
		if !d.Scrape {
			continue
		}
		k := kubelet{Node: d.Node, State: "up", Says: w.says[d.Node]}
		if in, ok := instances[d.Node]; ok {
			k.Lives = in.Incarnations
			switch {
			case in.Name != d.Node:
				k.State, k.Same = "duplicate", in.Name
				k.Remarks = append(k.Remarks, "it is the process that "+in.Name+" reaches: one start, and their counters are one rising row")
			case len(in.Targets) > 1:
				k.Names = in.Targets
			}
			if in.Alternating {
				k.Remarks = append(k.Remarks, "its address reaches several processes")
			}
		}
		if k.Says != "" && k.Says != d.Node {
			k.Remarks = append(k.Remarks, fmt.Sprintf("who answers is the kubelet of %s, so that of %s is not reached", k.Says, d.Node))
		}
		if why := w.failing[d.Node]; why != "" {
			k.State = "down"
			k.Remarks = append(k.Remarks, why)
		}
		list = append(list, k)
	}
	slices.SortFunc(list, func(a, b kubelet) int { return cmp.Compare(a.Node, b.Node) })
	return list
}

// show prints what is known.
func (w *watch) show() error {
	if len(w.decisions) == 0 {
		return errors.New("there are no nodes")
	}
	d, err := w.document(w.last)
	if err != nil {
		return err
	}
	if w.o.json {
		return json.NewEncoder(w.stdout).Encode(d)
	}
	_, err = io.WriteString(w.stdout, render(d))
	return err
}

// clean takes away what could move the cursor of a terminal.
func clean(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return '�'
		}
		return r
	}, s)
}
