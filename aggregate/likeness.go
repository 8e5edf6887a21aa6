package aggregate

import (
	"strings"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/promfold/promfold/internal/growth"
	"github.com/promfold/promfold/internal/lines"
)

// likeness is how a scrape compares with what an instance exposed last.
type likeness struct {
	common int // counters not 0 in the instance's last scrape, and in both
	fell   int // of them, those that are less now
	moved  int // of them, those that are more now
	grown  float64
	before int // lines in the instance's last scrape
	shared int // of them, those that are there now
	union  int // lines in either
}

// enoughCounters is how many non-zero counters two vectors have in common at
// least where their order is to say anything (measured on recorded fleets).
const enoughCounters = 30

// sameSeries is the overlap of two sets of series (Jaccard) from which on they
// are taken for one instance's: shards of one kube-state-metrics overlap by
// 0.25 at most, one shard with itself by 0.96 or more.
const sameSeries = 0.9

func (l likeness) overlap() float64 { return float64(l.shared) / float64(max(1, l.union)) }

// stays: what was there is there still. A process adds series and seldom drops
// many; another one with the same start time lacks some (of two recorded node
// exporters 11 %, of the same process never one).
func (l likeness) stays() bool { return float64(l.shared) >= stayingSeries*float64(l.before) }

// stayingSeries is the part of its series that a process keeps at least from
// one sighting to the next.
const stayingSeries = 0.95

// dominates: no counter is less than it was.
func (l likeness) dominates() bool { return l.fell == 0 }

// mostly: what fell can be a few series that began anew while the rest went on.
func (l likeness) mostly() bool { return l.fell > 0 && 2*l.fell < l.common }

// index notes where each line of the staged scrape stands, for liken.
func (s *staged) index() {
	n := s.f.store.Cap()
	if len(s.places) < n {
		s.places = append(s.places, make([]uint32, n-len(s.places))...)
	}
	for pos := range s.r.Len() {
		s.places[s.body.ID(pos)] = uint32(pos) + 1
	}
}

// unindex clears what index noted.
func (s *staged) unindex() {
	for pos := range s.r.Len() {
		s.places[s.body.ID(pos)] = 0
	}
	clear(s.byLabels)
}

// liken compares the staged scrape, which is indexed, with columns.
func (s *staged) liken(c *lines.Columns) likeness {
	var l likeness
	for pos := range c.Len() {
		if place := s.places[c.ID(pos)]; place != 0 {
			s.likenLine(&l, c, pos, int(place-1))
		}
	}
	if l.shared == 0 {
		s.likenReworded(&l, c)
	}
	l.before, l.union = c.Len(), c.Len()+s.r.Len()-l.shared
	return l
}

// likenReworded compares with columns of another format, in which all lines are
// written otherwise.
func (s *staged) likenReworded(l *likeness, c *lines.Columns) {
	if s.byLabels == nil {
		s.byLabels = map[uint64]uint32{}
	}
	if len(s.byLabels) == 0 {
		for pos := range s.r.Len() {
			s.byLabels[s.f.store.Line(s.body.ID(pos)).Labels.Hash()] = uint32(pos)
		}
	}
	for pos := range c.Len() {
		was := s.f.store.Line(c.ID(pos))
		place, ok := s.byLabels[was.Labels.Hash()]
		if !ok {
			continue
		}
		if is := s.f.store.Line(s.body.ID(int(place))); is.Role == was.Role && labels.Equal(is.Labels, was.Labels) {
			s.likenLine(l, c, pos, int(place))
		}
	}
}

// likenLine compares one line, at pos of the columns and at place now.
func (s *staged) likenLine(l *likeness, c *lines.Columns, pos, place int) {
	l.shared++
	before := c.Value(pos)
	if !(before > 0) || !cumulative(s.f.store.Line(c.ID(pos))) {
		return
	}
	_, _, now, _ := s.r.At(place)
	l.common++
	switch {
	case now < before:
		l.fell++
	case now > before:
		l.moved++
		l.grown += (now - before) / now
	}
}

// namingLabels are the metrics and labels by which programs tell who they are.
var namingLabels = map[string]string{
	"etcd_server_id":    "server_id",
	"kubelet_node_name": "node",
}

// An API server has a hash of its own id on the metrics of the configuration
// files that it reloads.
const namingHash, namingHashMetrics = "apiserver_id_hash", "_config_"

// selfName is what the lines of a body say who they are of; "" if nothing.
func selfName(s *lines.Store, body growth.Body) string {
	hash, name := "", ""
	for pos := range body.Len() {
		l := s.Line(body.ID(pos))
		if label, ok := namingLabels[l.Name]; ok {
			name += l.Labels.Get(label) + " "
		} else if hash == "" && strings.Contains(l.Name, namingHashMetrics) {
			hash = l.Labels.Get(namingHash)
		}
	}
	return name + hash
}
