package fleets

import (
	"strconv"
	"sync"

	"github.com/prometheus/common/model"
	"go.opentelemetry.io/collector/pdata/pcommon"

	"github.com/promfold/promfold/parse"
)

// shapes remember of a fleet's metrics what labels and floats cannot say: the
// types of attributes, and which numbers are integers.
type shapes struct {
	mu         sync.Mutex
	attributes map[string]pcommon.ValueType
	doubles    map[string]bool // metrics of which a point was no integer
	families   map[familyKey]*parse.Family
}

type familyKey struct {
	name, unit, help string
	kind             model.MetricType
}

func newShapes() *shapes {
	return &shapes{attributes: map[string]pcommon.ValueType{}, doubles: map[string]bool{}, families: map[familyKey]*parse.Family{}}
}

// family returns the family of a metric, always the same one.
func (s *shapes) family(key familyKey) *parse.Family {
	s.mu.Lock()
	defer s.mu.Unlock()
	f := s.families[key]
	if f == nil {
		f = &parse.Family{Name: key.name, Type: key.kind, Help: key.help, Unit: key.unit}
		s.families[key] = f
	}
	return f
}

// attribute notes the type of an attribute. One that has several becomes text.
func (s *shapes) attribute(key string, t pcommon.ValueType) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if known, ok := s.attributes[key]; ok && known != t {
		t = pcommon.ValueTypeStr
	}
	s.attributes[key] = t
}

// double notes that a point of the metric was no integer.
func (s *shapes) double(name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.doubles[name] = true
}

// isDouble reports whether the numbers of a metric are to be written as floats.
func (s *shapes) isDouble(name string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.doubles[name]
}

// put writes a label as the attribute that it was.
func (s *shapes) put(to pcommon.Map, key, value string) {
	s.mu.Lock()
	t := s.attributes[key]
	s.mu.Unlock()
	switch t {
	case pcommon.ValueTypeInt:
		if n, err := strconv.ParseInt(value, 10, 64); err == nil {
			to.PutInt(key, n)
			return
		}
	case pcommon.ValueTypeBool:
		if b, err := strconv.ParseBool(value); err == nil {
			to.PutBool(key, b)
			return
		}
	case pcommon.ValueTypeDouble:
		if x, err := strconv.ParseFloat(value, 64); err == nil {
			to.PutDouble(key, x)
			return
		}
	}
	to.PutStr(key, value)
}
