package watch

import (
	"iter"
	"slices"

	"github.com/promfold/promfold/internal/saved"
)

// State is what a watcher knows of the totals of one view, of itself and from
// others. Only methods of its owner write to it; what is inside is shared
// between states and never written to.
type State struct {
	Clocks
	entries  []entry // sorted by key; each process stands under all its keys
	accounts []*account
}

// New returns the state of a watcher that knows nothing yet.
func New(c Clocks) *State {
	return &State{Clocks: Clocks{max(0, c.Tolerance), max(0, c.Skew)}}
}

// Clone returns a state of its own that knows the same.
func (s *State) Clone() *State {
	c := *s
	c.entries, c.accounts = slices.Clone(s.entries), slices.Clone(s.accounts)
	return &c
}

// Tell adds what the watcher itself knows of a process. s keeps what p refers
// to, which nobody may write to from then on. The error is ErrProcess, and then
// nothing has changed.
func (s *State) Tell(p Process) error {
	x, err := newProcess(&p)
	if err != nil {
		return err
	}
	s.put(x)
	return nil
}

// Together returns what known, which may be nil and stays as it is, says together
// with what a watcher tells: processes, and whether it can not tell them from
// others of their name, as behind a balancer.
func Together(known *State, c Clocks, told iter.Seq2[Process, bool]) *State {
	s := New(c)
	if known != nil {
		s = known.Clone()
	}
	pool := Pool{}
	for p, pooled := range told {
		if pooled {
			pool.Add(p)
		} else {
			_ = s.Tell(p)
		}
	}
	for _, p := range pool {
		_ = s.Tell(*p)
	}
	return s
}

// Standing returns the Version and Begin of a watcher that begins to follow a
// process now; 0 as a rule. While it follows, a greater one of either says that
// what it told before was taken back, or is counted elsewhere: it then tells the
// process anew, from where it is.
func (s *State) Standing(keys ...Key) (version, begin int64) {
	for _, k := range keys {
		from, to := nearby(s.entries, keyOfEntry, k, s.Tolerance)
		for _, e := range s.entries[from:to] {
			version = max(version, e.process.version)
		}
	}
	for _, c := range s.accounts {
		if m, ok := c.covering(keys, s.Clocks); ok {
			version, begin = max(version, m.version), max(begin, s.until(&m))
		}
	}
	return version, begin
}

func keyOfEntry(e *entry) Key { return e.Key }

// put adds what is known of a process.
func (s *State) put(p *process) {
	var done []*process
	told := p.keys
	for _, k := range told {
		from, to := nearby(s.entries, keyOfEntry, k, s.Tolerance)
		for _, e := range s.entries[from:to] {
			if !slices.Contains(done, e.process) {
				done = append(done, e.process)
				p = e.process.join(p)
			}
		}
	}
	if len(done) == 1 && p == done[0] {
		return
	}
	for _, k := range p.keys {
		i, found := slices.BinarySearchFunc(s.entries, k, func(e entry, k Key) int { return e.compare(k) })
		if found {
			s.entries[i].process = p
		} else {
			s.entries = slices.Insert(s.entries, i, entry{k, p})
		}
	}
}

// AppendTo appends the encoding of s to b. Equal states have equal encodings.
func (s *State) AppendTo(b []byte) []byte {
	w := &writer{b: b}
	w.state(s)
	return w.b
}

// Code writes a state down that may be nil, or reads it back, for any clocks.
func Code(c *saved.Codec, s **State, clocks Clocks) {
	var b []byte
	if *s != nil {
		b = (*s).AppendTo(nil)
	}
	if c.Bytes(&b); !c.Reading() || c.Failed() || len(b) == 0 {
		return
	}
	o, err := Decode(b)
	if c.Must(err == nil); err != nil {
		return
	}
	if *s = o; o.Clocks != clocks {
		*s = New(clocks)
		(*s).Join(o)
	}
}

// Join adds what o knows, whether o watches the same instances, some of them or
// others. It is idempotent, commutative and associative where all have the same
// Clocks, and leaves o as it is, which may be nil.
func (s *State) Join(o *State) {
	if s == o || o == nil {
		return
	}
	if len(s.entries) == 0 && s.Clocks == o.Clocks {
		s.entries = slices.Clone(o.entries)
	} else {
		for p := range o.processes {
			s.put(p)
		}
	}
	for _, c := range o.accounts {
		if i, found := slices.BinarySearchFunc(s.accounts, c, (*account).compare); !found {
			s.accounts = slices.Insert(s.accounts, i, c)
		}
	}
}

// processes yields each process once.
func (s *State) processes(yield func(*process) bool) {
	for i := range s.entries {
		if p := s.entries[i].process; s.entries[i].Key == p.keys[0] && !yield(p) {
			return
		}
	}
}

// Size is what a State holds.
type Size struct {
	Processes int // known by themselves
	Folded    int // keys of processes that accounts count
	Accounts  int // Fold makes them one
	GaveUp    int // processes of which something is lost, as they were folded apart or before all was told, at most
}

// Size returns what s holds.
func (s *State) Size() (n Size) {
	for range s.processes {
		n.Processes++
	}
	n.Accounts = len(s.accounts)
	for _, a := range s.accounts {
		n.Folded += len(a.lines)
	}
	if len(s.accounts) > 0 {
		v := s.survey()
		for _, c := range v.conflicts() {
			n.GaveUp += c.givesUp()
		}
		for _, u := range v.units {
			if !u.covered() {
				n.GaveUp += u.gaps(everything)
			}
		}
	}
	return n
}
