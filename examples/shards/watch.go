package main

import (
	"math"
	"slices"
	"strings"
	"time"
)

// round is what all shards answered at about one time.
type round struct {
	at       time.Time
	readings []reading // by name
	stored   *stored   // nil: nobody said
}

// reading is what came of asking one shard.
type reading struct {
	shard       string
	at          time.Time
	body        []byte
	contentType string
	err         error
	telemetry   []byte // nil: not asked
	about       string // its content type
}

// stored is how many pods there really are, and which if that is known.
type stored struct {
	pods int
	uids map[string]bool
}

// watch remembers of the rounds before what the next one is judged by.
type watch struct {
	shards map[string]*shard
}

// shard is one of those that are asked, and its state in the current round.
type shard struct {
	name    string
	content *content // nil: no answer
	failure string

	setting setting
	by      string // "uids": proven, "telemetry": declared, "": not known
	told    *telemetry
	cutOff  bool // its watches failed, by its own telemetry

	last    *content          // the latest answer
	lastAt  time.Time         // when that was
	quiet   map[string]*quiet // by kind of object; "": all of them
	frozen  []string          // kinds; "": all of them
	jumped  bool              // it tells of much more or less than before
	partial bool
	fell    int // by how many pods, where partial
}

// quiet is for how long a shard has told the same of the objects of a kind.
type quiet struct {
	since  time.Time       // the first answer that told it
	missed map[string]bool // objects that changed elsewhere since then
}

func newWatch() *watch { return &watch{shards: map[string]*shard{}} }

// take reads a round's answers.
func (w *watch) take(r round) (list []*shard) {
	changed := map[*shard]map[string]bool{}
	for _, x := range r.readings {
		s := w.shards[x.shard]
		if s == nil {
			s = &shard{name: x.shard}
			w.shards[x.shard] = s
		}
		list = append(list, s)
		changed[s] = s.read(x)
	}
	for _, s := range list {
		s.judgeChange(r.at, changed, len(list))
	}
	return list
}

// read takes one answer in, and says which objects changed in it.
func (s *shard) read(x reading) (changed map[string]bool) {
	s.content, s.failure, s.partial, s.jumped = nil, "", false, false
	if x.telemetry != nil {
		s.readTelemetry(x)
	}
	c, err := (*content)(nil), x.err
	if err == nil {
		c, err = readContent(x.body, x.contentType)
	}
	if err != nil {
		s.failure = err.Error()
		return nil
	}
	s.content = c
	before := s.setting
	if proven, ok := prove(c.uids()); ok {
		s.setting, s.by = proven, "uids"
	} else if s.by != "uids" && s.told != nil && s.told.known {
		s.setting, s.by = s.told.declared, "telemetry"
	}
	if s.last == nil {
		return nil
	}
	// What one shard tells of shrinks slowly, unless its setting changed or it
	// is listing everything anew.
	n, was := len(c.pods), len(s.last.pods)
	if s.setting == before && was >= enoughObjects && 5*n < 4*was {
		s.partial, s.fell = true, was-n
	}
	s.jumped = s.setting != before || 5*n < 4*was || 4*n > 5*was
	return c.changed(s.last)
}

func (s *shard) readTelemetry(x reading) {
	t, err := readTelemetry(x.telemetry, x.about)
	if err != nil {
		return // the other port is what counts
	}
	s.cutOff = s.told != nil && t.errors > s.told.errors
	s.told = t
}

// unlikely is a chance below which nothing happens by chance.
const unlikely = 0.001

// judgeChange: what a shard tells of a kind of objects, or its whole body, is
// frozen when so many others changed since it did that they would hardly all
// have been those of other shards. Each kind has a watch of its own, which may
// fail or come back alone.
func (s *shard) judgeChange(at time.Time, changed map[*shard]map[string]bool, n int) {
	if s.content == nil {
		return
	}
	s.frozen = nil
	if s.last == nil {
		s.quiet = map[string]*quiet{}
	}
	since := s.lastAt
	s.last, s.lastAt = s.content, at
	own := map[string]bool{"": len(changed[s]) > 0}
	for o := range changed[s] {
		own[kindOf(o)] = true
	}
	for other, objects := range changed {
		if other == s || other.jumped {
			continue // what all changes at once has one cause, and says nothing of the others
		}
		for o := range objects {
			s.miss(kindOf(o), o, since)
			s.miss("", o, since)
		}
	}
	for kind, q := range s.quiet {
		if own[kind] {
			delete(s.quiet, kind)
		} else if n > 1 && math.Pow(1-1/float64(n), float64(len(q.missed))) < unlikely {
			s.frozen = append(s.frozen, kind)
		}
	}
	slices.Sort(s.frozen) // the whole body comes first
}

func (s *shard) miss(kind, object string, since time.Time) {
	q := s.quiet[kind]
	if q == nil {
		q = &quiet{since, map[string]bool{}}
		s.quiet[kind] = q
	}
	q.missed[object] = true
}

// kindOf is the kind of an object, as object names it.
func kindOf(object string) string {
	kind, _, _ := strings.Cut(object, "/")
	return kind
}
