package usage

import (
	"math"
	"time"

	"github.com/promfold/promfold/parse"
)

// Name names a pod.
type Name struct{ Namespace, Pod string }

// String returns namespace/pod, or pod alone.
func (n Name) String() string {
	if n.Namespace == "" {
		return n.Pod
	}
	return n.Namespace + "/" + n.Pod
}

// body is what one answer of a kubelet says.
type body struct {
	node reading
	pods map[Name]map[string]*reading // by the name of the container
}

// reading gathers the lines about one node or container.
type reading struct {
	Point
	cpu, memory bool // their lines were there
	why         string
}

// families are all that is read of a body.
var families = map[string]func(b *body, s *parse.Sample, at time.Time){
	"node_cpu_usage_seconds_total":       func(b *body, s *parse.Sample, at time.Time) { b.node.setCPU(s, at) },
	"node_memory_working_set_bytes":      func(b *body, s *parse.Sample, _ time.Time) { b.node.setMemory(s) },
	"container_cpu_usage_seconds_total":  func(b *body, s *parse.Sample, at time.Time) { b.container(s).setCPU(s, at) },
	"container_memory_working_set_bytes": func(b *body, s *parse.Sample, _ time.Time) { b.container(s).setMemory(s) },
	"container_start_time_seconds":       func(b *body, s *parse.Sample, _ time.Time) { b.container(s).setStart(s) },
}

// newReader returns a reader that skips all other families. A body that is cut
// off is refused whole.
func newReader() *parse.Reader {
	return &parse.Reader{
		Options: parse.Options{RequireWhole: true, Fallback: "text/plain"},
		Keep:    func(f *parse.Family) bool { return families[f.Name] != nil },
	}
}

// bodyOf gathers the latest body of a reader. The time is that of lines without
// one of their own.
func bodyOf(r *parse.Reader, at time.Time) body {
	b := body{pods: map[Name]map[string]*reading{}}
	for s := range r.Samples() {
		if set := families[s.Name]; set != nil {
			set(&b, s, at)
		}
	}
	b.node.complete()
	for _, containers := range b.pods {
		for _, c := range containers {
			c.complete()
		}
	}
	return b
}

func (b *body) container(s *parse.Sample) *reading {
	name, container := Name{s.Labels.Get("namespace"), s.Labels.Get("pod")}, s.Labels.Get("container")
	if b.pods[name] == nil {
		b.pods[name] = map[string]*reading{}
	}
	if b.pods[name][container] == nil {
		b.pods[name][container] = &reading{}
	}
	return b.pods[name][container]
}

// setCPU also sets the time: growth is divided by the time between its points.
func (r *reading) setCPU(s *parse.Sample, at time.Time) {
	if ns := math.Trunc(s.Value * 1e9); countable(ns) {
		r.CPU, r.cpu = ns, true
	}
	r.Time = at
	if !s.Time.IsZero() {
		r.Time = s.Time
	}
}

func (r *reading) setMemory(s *parse.Sample) {
	if bytes := math.Trunc(s.Value); countable(bytes) {
		r.Memory, r.memory = bytes, true
	}
}

func (r *reading) setStart(s *parse.Sample) {
	if ns := s.Value * 1e9; countable(ns) && ns > 0 {
		r.Start = time.Unix(0, int64(ns)).UTC()
	}
}

// complete notes what is missing. Zero is: a runtime writes it for a container
// that it does not measure any more.
func (r *reading) complete() {
	switch {
	case !r.cpu:
		r.why = "its CPU is not known"
	case !r.memory:
		r.why = "its memory is not known"
	case r.CPU == 0:
		r.why = "its CPU reads 0"
	case r.Memory == 0:
		r.why = "its memory reads 0"
	}
}
