package main

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"time"

	"github.com/promfold/promfold/aggregate"
	"github.com/promfold/promfold/examples/internal/example"
	"github.com/promfold/promfold/parse"
)

// watch is the fleet of the chosen kubelets.
type watch struct {
	o         options
	fleet     *aggregate.Fleet
	sum       *aggregate.CounterView
	decisions []decision
	says      map[string]string // by node: the node name in its answer
	failing   map[string]string // by node: why
	naive     *naive
	last      time.Time // of the accepted scrapes; zero: none yet
	doubled   bool      // the latest document has a kubelet with two names, or an unresolved node

	screen *example.Screen
}

func newWatch(o options, screen *example.Screen) (*watch, error) {
	fleet, err := aggregate.NewFleet(aggregate.Config{})
	if err != nil {
		return nil, err
	}
	sum, err := fleet.Counter(aggregate.View{Select: o.metric})
	if err != nil {
		return nil, err
	}
	return &watch{
		o: o, fleet: fleet, sum: sum, says: map[string]string{}, failing: map[string]string{},
		naive: &naive{metric: o.metric, last: map[string]float64{}}, screen: screen,
	}, nil
}

// plan decides which nodes to scrape, and makes them the fleet's targets.
func (w *watch) plan(nodes []node, at time.Time) error {
	w.decisions = decide(nodes)
	var targets []aggregate.Target
	for _, d := range w.decisions {
		if d.Scrape {
			targets = append(targets, aggregate.Target{Name: d.Node, Priority: int(d.node.ready), Created: d.node.created})
		}
	}
	left := func(name, _ string) bool { return !w.chosen(name) }
	maps.DeleteFunc(w.says, left)
	maps.DeleteFunc(w.failing, left)
	return w.fleet.SetTargets(at, targets...)
}

// chosen reports whether the kubelet of a node is scraped.
func (w *watch) chosen(name string) bool {
	return slices.ContainsFunc(w.decisions, func(d decision) bool { return d.Scrape && d.Node == name })
}

// observe takes in what the kubelet of a node answered, or that it failed.
func (w *watch) observe(name string, at time.Time, header http.Header, body []byte, err error) {
	if err == nil {
		_, err = w.fleet.Ingest(aggregate.Scrape{Target: name, Time: at, Header: header, Body: body})
	}
	var samples []parse.Sample
	if err == nil {
		samples, err = parse.Samples(header, body)
	}
	if err != nil {
		w.fleet.ScrapeFailed(name, at, err)
		w.failing[name] = example.Reason(err, name, at)
		return
	}
	delete(w.failing, name)
	if at.After(w.last) {
		w.last = at
	}
	w.naive.observe(name, samples)
	for _, s := range samples {
		if s.Name == "kubelet_node_name" {
			w.says[name] = s.Labels.Get("node")
		}
	}
}

// naive adds up what each name counted, as a sum over targets does. A kubelet
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

// document holds the decisions and answers at one moment. -json prints it, and
// the table shows it.
type document struct {
	At        *time.Time `json:"at,omitempty"` // of the latest answer
	Decisions []decision `json:"decisions"`
	Kubelets  []kubelet  `json:"kubelets,omitempty"`
	Metric    string     `json:"metric,omitempty"`
	Increase  *float64   `json:"increase,omitempty"`       // of all kubelets, each once
	ByName    *float64   `json:"naive_increase,omitempty"` // added up over names
	Coverage  string     `json:"coverage,omitempty"`
}

// kubelet is the kubelet of a chosen node.
type kubelet struct {
	Node    string   `json:"node"`
	State   string   `json:"state"` // up, down, duplicate
	Says    string   `json:"says,omitempty"`
	Same    string   `json:"same,omitempty"` // the node that reaches the same process
	Names   []string `json:"names,omitempty"`
	Lives   int      `json:"lives,omitempty"` // number of its processes so far
	Remarks []string `json:"remarks,omitempty"`
}

func (w *watch) document() (document, error) {
	s := w.fleet.Snapshot(w.last)
	d := document{Decisions: w.decisions}
	if !w.last.IsZero() || len(w.failing) > 0 {
		d.Kubelets = w.kubelets(s)
	}
	w.doubled = slices.ContainsFunc(d.Decisions, func(d decision) bool { return d.Unresolved || d.Same != "" }) ||
		slices.ContainsFunc(d.Kubelets, func(k kubelet) bool { return k.Same != "" || k.Says != "" && k.Says != k.Node })
	if w.last.IsZero() {
		return d, nil
	}
	d.At, d.Metric = &w.last, w.o.metric
	g, err := w.sum.One(s.SinceStart())
	if err != nil {
		return document{}, err
	}
	if increase, ok := g.Increase(); ok {
		d.Increase, d.ByName = &increase.Value, &w.naive.increase
	}
	d.Coverage = g.Coverage().String()
	return d, nil
}

// kubelets returns the chosen nodes and what is known of the kubelet of each.
func (w *watch) kubelets(s aggregate.Snapshot) (list []kubelet) {
	instances := map[string]aggregate.Instance{} // by target
	for _, in := range s.Instances() {
		for _, t := range in.Targets {
			instances[t] = in
		}
	}
	for _, d := range w.decisions {
		if d.Scrape {
			in, ok := instances[d.Node]
			list = append(list, w.kubelet(d.Node, in, ok))
		}
	}
	slices.SortFunc(list, func(a, b kubelet) int { return cmp.Compare(a.Node, b.Node) })
	return list
}

func (w *watch) kubelet(name string, in aggregate.Instance, answered bool) kubelet {
	k := kubelet{Node: name, State: "up", Says: w.says[name], Lives: in.Incarnations}
	switch {
	case answered && in.Name != name:
		k.State, k.Same = "duplicate", in.Name
		k.Remarks = append(k.Remarks, "it is the process that "+in.Name+" reaches: the start times are equal, and no counter falls from one of their scrapes to the next")
	case len(in.Targets) > 1:
		k.Names = in.Targets
	}
	if in.Alternating {
		k.Remarks = append(k.Remarks, "its address reaches several processes")
	}
	if k.Says != "" && k.Says != name {
		k.Remarks = append(k.Remarks, fmt.Sprintf("the kubelet of %s answers, so that of %s is not reached", k.Says, name))
	}
	if why := w.failing[name]; why != "" {
		k.State = "down"
		k.Remarks = append(k.Remarks, why)
	}
	return k
}

// show prints the document.
func (w *watch) show(last bool) error {
	if len(w.decisions) == 0 {
		return errors.New("there are no nodes")
	}
	d, err := w.document()
	if err != nil {
		return err
	}
	return w.screen.Show(d, func() []example.Line { return render(d) }, last)
}
