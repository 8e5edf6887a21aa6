package fleets

import (
	"bytes"
	"encoding/binary"
	"encoding/gob"
	"errors"
	"fmt"
	"slices"
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
	Leaves     map[string]int64 // of a root: when each spoke last, Unix milliseconds
	Extremes   map[string]extremes
	Exemplars  []byte // for a collector above: since the frame before
}

// version stands in front of a frame.
const version = "promfold-otelcol-1\n"

var errFrame = errors.New("not a state of this component")

// Saved is the state of a fleet.
type Saved struct {
	Resource pcommon.Resource // that names the fleet
	head     []byte           // what the component knows
	brief    frame            // what another one needs of it
	extras   *extras
	state    []byte
}

// Full returns the frame that Load reads.
func (s *Saved) Full() []byte { return slices.Concat(s.head, s.state) }

// Brief returns the frame that SetPart reads, with the exemplars that came since
// the last one.
func (s *Saved) Brief() ([]byte, error) {
	var err error
	if s.brief.Exemplars, err = s.extras.take(); err != nil {
		return nil, err
	}
	head, err := s.brief.head()
	return slices.Concat(head, s.state), err
}

// Size returns the bytes of the full frame.
func (s *Saved) Size() int { return len(s.head) + len(s.state) }

// Save returns the states of the fleets by name.
func (s *Set) Save() (map[string]*Saved, error) {
	states := map[string]*Saved{}
	for _, f := range s.list() {
		x, err := f.save(s.knownOf(f))
		if err != nil {
			return nil, err
		}
		states[f.key] = x
	}
	return states, nil
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

// save returns the state. Requests go on meanwhile. What is known of an instance
// is asked after the fleet: streams that are ahead of it bring what it lacks
// with the next scrape.
func (f *fleet) save(instances map[string]*instance) (*Saved, error) {
	state := new(bytes.Buffer)
	if err := f.known.Save(state); err != nil {
		return nil, err
	}
	out := &Saved{Resource: pcommon.NewResource(), state: state.Bytes(), extras: &f.extras}
	x := frame{Since: f.since.UnixMilli(), Leaves: f.leaves()}
	for _, a := range f.resource {
		x.Resource = append(x.Resource, [2]string{a.key, a.value})
		out.Resource.Attributes().PutStr(a.key, a.value)
	}
	x.Attributes, x.Doubles = f.shapes.saved()
	x.Extremes = f.extras.saved()
	out.brief = x
	x.Instances = map[string]known{}
	for _, in := range instances {
		x.Instances[in.name] = in.saved()
	}
	var err error
	out.head, err = x.head()
	return out, err
}

// head returns the frame without the fleet's state.
func (x *frame) head() ([]byte, error) {
	b := new(bytes.Buffer)
	err := gob.NewEncoder(b).Encode(x)
	return append(binary.AppendUvarint([]byte(version), uint64(b.Len())), b.Bytes()...), err
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
	f := s.fleetOf(&x)
	f.since = time.UnixMilli(x.Since)
	loaded, err := aggregate.Load(bytes.NewReader(state), s.fleetConfig())
	if err != nil {
		return err
	}
	if err := errors.Join(f.declare(loaded), f.extras.learn(&x, false)); err != nil {
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

// fleetOf returns a new fleet with what a frame says of it.
func (s *Set) fleetOf(x *frame) *fleet {
	f := &fleet{set: s, shapes: newShapes(), parts: x.Leaves}
	for _, a := range x.Resource {
		f.resource = append(f.resource, attribute{a[0], a[1]})
	}
	f.key = keyOf(f.resource)
	f.shapes.learn(x)
	return f
}

// learn notes what a frame knows.
func (s *shapes) learn(x *frame) {
	for key, t := range x.Attributes {
		s.attribute(key, pcommon.ValueType(t))
	}
	for name := range x.Doubles {
		s.double(name)
	}
}
