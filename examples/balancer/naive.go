package main

import (
	"net/http"
	"strings"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/promfold/promfold/parse"
)

// naive is the usual reset logic. It takes all scrapes of an address for those
// of one process, so every smaller value is a reset. It is here for comparison
// only.
type naive struct {
	o      *options
	last   map[string]float64 // by series
	groups map[string]*naiveGroup
}

type naiveGroup struct {
	increase float64
	resets   int
}

func newNaive(o *options) *naive {
	return &naive{o: o, last: map[string]float64{}, groups: map[string]*naiveGroup{}}
}

func (n *naive) observe(header http.Header, body []byte) error {
	samples, err := parse.Samples(header, body)
	if err != nil {
		return err
	}
	for _, s := range samples {
		if s.Name == n.o.metric && n.selects(s.Labels) {
			n.step(s)
		}
	}
	return nil
}

func (n *naive) selects(l labels.Labels) bool {
	for _, m := range n.o.match {
		if !m.Matches(l.Get(m.Name)) {
			return false
		}
	}
	return true
}

func (n *naive) step(s parse.Sample) {
	g := n.groups[n.key(s.Labels)]
	if g == nil {
		g = &naiveGroup{}
		n.groups[n.key(s.Labels)] = g
	}
	series := s.Labels.String()
	before, seen := n.last[series]
	n.last[series] = s.Value
	switch {
	case !seen:
	case s.Value < before:
		g.resets++
		g.increase += s.Value
	default:
		g.increase += s.Value - before
	}
}

// key returns a name for the group of labels.
func (n *naive) key(l labels.Labels) string {
	var b strings.Builder
	for _, name := range n.o.by {
		b.WriteString(l.Get(name))
		b.WriteByte(0)
	}
	return b.String()
}

// of returns the naive reading of a group of the view.
func (n *naive) of(l labels.Labels) naiveGroup {
	if g := n.groups[n.key(l)]; g != nil {
		return *g
	}
	return naiveGroup{}
}
