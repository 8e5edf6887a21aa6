package fleets

import (
	"bytes"
	"encoding/binary"
	"encoding/gob"
	"fmt"
	"hash/crc32"
	"slices"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/pmetric"

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
	Leaves     map[string]spoken // of a root
	Extremes   map[string]extremes

	// For a collector above:
	At        int64  // when the frame was made, Unix nanoseconds
	Horizon   int64  // of the configuration, milliseconds
	Size      int    // instances
	Exemplars []byte // since the frame before
}

// A frame begins with a line of its kind and version. The head and its checksum
// follow, and then the state of the fleet, which has one itself.
const (
	kind    = "promfold-otelcol-"
	version = kind + "2"
)

var errFrame = fmt.Errorf("%w: not a state of this component", aggregate.ErrCorrupt)

// Saved is the state of a fleet.
type Saved struct {
	Resource pcommon.Resource // that names the fleet
	head     []byte           // what the component knows
	brief    frame            // what another one needs of it
	extras   *extras
	taken    map[string]pmetric.ExemplarSlice // that are in the brief frame
	state    []byte
}

// Full returns the frame that Load reads.
func (s *Saved) Full() []byte { return slices.Concat(s.head, s.state) }

// Brief returns the frame that SetPart reads, as of now, with the exemplars that
// came since the last one.
func (s *Saved) Brief(now time.Time) ([]byte, error) {
	list := s.extras.take()
	var err error
	if s.brief.Exemplars, err = bytesOf(list); err != nil {
		return nil, err
	}
	s.taken, s.brief.At = list, now.UnixNano()
	head, err := s.brief.head()
	return slices.Concat(head, s.state), err
}

// NotSent gives the exemplars of Brief back, for the next one.
func (s *Saved) NotSent() { s.extras.add(s.taken) }

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
	x := frame{Since: f.since.UnixMilli(), Leaves: f.leaves.saved(), Horizon: f.set.horizon.Milliseconds(), Size: len(instances)}
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
	return framed(b.Bytes()), err
}

func framed(head []byte) []byte {
	b := binary.AppendUvarint([]byte(version+"\n"), uint64(len(head)))
	b = binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(head))
	return append(b, head...)
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
	first, b, ok := bytes.Cut(b, []byte("\n"))
	switch {
	case !ok || !bytes.HasPrefix(first, []byte(kind)):
		return nil, errFrame
	case string(first) != version:
		return nil, fmt.Errorf("%w: not %q", aggregate.ErrVersion, version)
	}
	n, size := binary.Uvarint(b)
	if size <= 0 || len(b)-size < 4 || n > uint64(len(b)-size-4) {
		return nil, errFrame
	}
	sum := binary.BigEndian.Uint32(b[size:])
	head, state := b[size+4:size+4+int(n)], b[size+4+int(n):]
	if crc32.ChecksumIEEE(head) != sum {
		return nil, errFrame
	}
	if err := gob.NewDecoder(bytes.NewReader(head)).Decode(x); err != nil {
		return nil, fmt.Errorf("%w: %w", errFrame, err)
	}
	return state, nil
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
	if err := f.declare(loaded); err != nil {
		return err
	}
	f.extras.learn(x.Extremes, false)
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
	f := &fleet{set: s, shapes: newShapes(), leaves: leaves{spoke: x.Leaves}}
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
