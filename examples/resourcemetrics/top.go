package main

import (
	"fmt"
	"strconv"
	"time"

	"github.com/promfold/promfold/examples/internal/example"
	"github.com/promfold/promfold/examples/resourcemetrics/internal/usage"
)

// document is all that is printed.
type document struct {
	Nodes    []row    `json:"nodes"`
	Pods     []row    `json:"pods"`
	Compared compared `json:"compared"`
	Remarks  []remark `json:"remarks"`
}

// row is a node, or a container of a pod.
type row struct {
	Namespace string    `json:"namespace,omitempty"`
	Pod       string    `json:"pod,omitempty"`
	Name      string    `json:"name"`
	NanoCores uint64    `json:"nanoCores,omitempty"`
	Bytes     uint64    `json:"bytes,omitempty"`
	Time      time.Time `json:"time,omitzero"`
	Window    string    `json:"window,omitempty"`
	Unknown   string    `json:"unknown,omitempty"` // why there is no number
}

func rowOf(u usage.Usage, err error) row {
	if err != nil {
		return row{Unknown: err.Error()}
	}
	return row{NanoCores: u.NanoCores, Bytes: u.Bytes, Time: u.Time, Window: u.Window.String()}
}

func (r *replayed) document() document {
	d := document{Compared: r.compared, Remarks: r.remarks}
	for _, name := range r.cluster.Nodes() {
		x := rowOf(r.cluster.Node(name))
		x.Name = name
		d.Nodes = append(d.Nodes, x)
	}
	for _, name := range r.cluster.Pods() {
		p, _ := r.cluster.Pod(name, nil) // it is in the list
		for _, c := range p.Containers {
			x := rowOf(c.Usage, nil)
			x.Namespace, x.Pod, x.Name = name.Namespace, name.Pod, c.Name
			d.Pods = append(d.Pods, x)
		}
		for _, m := range p.Missing {
			d.Pods = append(d.Pods, row{Namespace: name.Namespace, Pod: name.Pod, Name: m.Name, Unknown: m.Why})
		}
	}
	return d
}

// render returns the tables of kubectl top nodes, and of kubectl top pods -A
// --containers.
func render(d document) []example.Line {
	var lines []example.Line
	for _, m := range d.Remarks {
		lines = append(lines, example.Line{example.Dim(m.Time.UTC().Format("15:04:05 ")), example.Notice(m.Text)})
	}
	var nodes, pods example.Table
	nodes.Left("NAME")
	nodes.Right("CPU(cores)", "MEMORY(bytes)", "WINDOW")
	for _, x := range d.Nodes {
		nodes.Add(append([]example.Span{example.Bold(x.Name)}, x.cells()...)...)
	}
	pods.Left("NAMESPACE", "POD", "NAME")
	pods.Right("CPU(cores)", "MEMORY(bytes)", "WINDOW")
	for _, x := range d.Pods {
		pods.Add(append([]example.Span{example.Normal(x.Namespace), example.Bold(x.Pod), example.Normal(x.Name)}, x.cells()...)...)
	}
	lines = append(append(append(lines, nil), nodes.Lines()...), nil)
	lines = append(append(lines, pods.Lines()...), nil)
	c := d.Compared
	lines = append(lines, example.Line{example.Bold(fmt.Sprintf(
		"beside metrics-server: %d numbers computed from its points, %d of them equal; %d of points that were not recorded",
		c.Equal+len(c.Unequal), c.Equal, c.Elsewhere))},
		example.Line{example.Normal(fmt.Sprintf("%d nodes and pods were answered here alone, %d there alone", len(c.OnlyHere), len(c.OnlyThere)))})
	for _, text := range c.Unequal {
		lines = append(lines, example.Line{example.Alarm(text)})
	}
	return lines
}

// cells are the numbers as kubectl rounds them.
func (x *row) cells() []example.Span {
	if x.Unknown != "" {
		return []example.Span{example.Alarm("unknown"), example.Normal(""), example.Warning(x.Unknown)}
	}
	return []example.Span{
		example.Normal(strconv.FormatUint((x.NanoCores+999_999)/1_000_000, 10) + "m"),
		example.Normal(strconv.FormatUint(x.Bytes>>20, 10) + "Mi"), example.Dim(x.Window),
	}
}
