package fleets

import (
	"bytes"
	"encoding/binary"
	"encoding/gob"
	"errors"
	"fmt"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"

	"github.com/promfold/promfold/aggregate"
)

// A frame is the state of a fleet: what the components know of it, and the
// fleet's own state behind that.
type frame struct {
	Resource   [][2]string
	Since      int64 // Unix milliseconds
	Attributes map[string]int32
	Doubles    map[string]bool
	Instances  map[string]known
}

// version stands in front of a frame.
const version = "promfold-otelcol-1\n"

var errFrame = errors.New("not a state of this component")

// Save returns the states of the fleets by name.
func (s *Set) Save() (map[string][]byte, error) {
	frames := map[string][]byte{}
	for _, f := range s.list() {
		b, err := f.save(s.knownOf(f))
		if err != nil {
			return nil, err
		}
		frames[f.key] = b
	}
	return frames, nil
}

// knownOf returns what is known of the instances of a fleet.
func (s *Set) knownOf(f *fleet) map[string]*instance {
	s.mu.RLock()
	defer s.mu.RUnlock()
	m := map[string]*instance{}
	for _, in := range s.instances {
		if in.fleet == f {
			m[in.name] = in
		}
	}
	return m
}

// save returns a frame. Requests go on meanwhile. What is known of an instance
// is asked after the fleet: streams that are ahead of it bring what it lacks
// with the next scrape.
func (f *fleet) save(instances map[string]*instance) ([]byte, error) {
	state := new(bytes.Buffer)
	if err := f.known.Save(state); err != nil {
		return nil, err
	}
	x := frame{Since: f.since.UnixMilli(), Instances: map[string]known{}}
	for _, a := range f.resource {
		x.Resource = append(x.Resource, [2]string{a.key, a.value})
	}
	for _, in := range instances {
		x.Instances[in.name] = in.saved()
	}
	x.Attributes, x.Doubles = f.shapes.saved()
	head := new(bytes.Buffer)
	if err := gob.NewEncoder(head).Encode(&x); err != nil {
		return nil, err
	}
	out := binary.AppendUvarint([]byte(version), uint64(head.Len()))
	return append(append(out, head.Bytes()...), state.Bytes()...), nil
}

// saved returns a copy of what is known.
func (in *instance) saved() known {
	in.mu.Lock()
	defer in.mu.Unlock()
	k := in.known
	k.Streams = make(map[string]*stream, len(in.Streams))
	for key, s := range in.Streams {
		x := *s
		k.Streams[key] = &x
	}
	return k
}

// saved returns copies of what is to be saved.
func (s *shapes) saved() (attributes map[string]int32, doubles map[string]bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	attributes, doubles = map[string]int32{}, map[string]bool{}
	for key, t := range s.attributes {
		attributes[key] = int32(t)
	}
	for name := range s.doubles {
		doubles[name] = true
	}
	return attributes, doubles
}

// read reads a frame, and returns the fleet's own state.
func (x *frame) read(b []byte) (state []byte, err error) {
	b, ok := bytes.CutPrefix(b, []byte(version))
	n, size := binary.Uvarint(b)
	if !ok || size <= 0 || n > uint64(len(b)-size) {
		return nil, errFrame
	}
	head := b[size : size+int(n)]
	if err := gob.NewDecoder(bytes.NewReader(head)).Decode(x); err != nil {
		return nil, fmt.Errorf("%w: %w", errFrame, err)
	}
	return b[size+int(n):], nil
}

// Load adds a saved fleet.
func (s *Set) Load(b []byte) error {
	var x frame
	state, err := x.read(b)
	if err != nil {
		return err
	}
	f := &fleet{set: s, shapes: newShapes(), since: time.UnixMilli(x.Since)}
	for _, a := range x.Resource {
		f.resource = append(f.resource, attribute{a[0], a[1]})
	}
	f.key = keyOf(f.resource)
	for key, t := range x.Attributes {
		f.shapes.attributes[key] = pcommon.ValueType(t)
	}
	for name := range x.Doubles {
		f.shapes.doubles[name] = true
	}
	fleet, err := aggregate.Load(bytes.NewReader(state), s.fleetConfig())
	if err != nil {
		return err
	}
	if err := f.declare(fleet); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fleets[f.key] = f
	for name, k := range x.Instances {
		in := s.newInstance(f, name)
		in.known = k
	}
	return nil
}
