package main

import (
	"math"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/promfold/promfold/parse"
)

// round holds what all shards answered at about one time.
type round struct {
	at       time.Time
	readings []reading // by name
	stored   *stored   // nil: unknown
}

// reading is the answer of one shard.
type reading struct {
	shard     string
	header    http.Header
	body      []byte
	err       error
	telemetry []byte      // nil: not scraped
	about     http.Header // of the telemetry
}

// stored is how many pods the API server has.
type stored struct {
	pods int
	uids map[string]bool // nil: only their number is known
}

// watch keeps what the next round is compared with.
type watch struct {
	shards map[string]*shard
}

// shard is a shard and its state in the current round.
type shard struct {
	name    string
	reader  parse.Reader // holds the latest body
	content *content     // nil: no answer
	failure string

	setting setting
	by      string // "uids": proven, "telemetry": declared, "": unknown
	told    *telemetry
	cutOff  bool // its telemetry counts failed watches

	pods    int               // in the latest body
	lastAt  time.Time         // of the latest body; zero: none yet
	quiet   map[string]*quiet // by kind of object; "": all of them
	frozen  []string          // kinds; "": all of them
	jumped  bool              // it exposes many more or fewer pods than before
	partial bool
	fell    int // by how many pods, if partial
}

// quiet says since when a shard exposes the same of the objects of a kind.
type quiet struct {
	since  time.Time       // the first body that held it
	missed map[string]bool // objects that changed elsewhere since then
}

func newWatch() *watch { return &watch{shards: map[string]*shard{}} }

// take reads the answers of a round.
func (w *watch) take(r round) (list []*shard) {
	changes := map[*shard]map[string]bool{}
	for _, x := range r.readings {
		s := w.shards[x.shard]
		if s == nil {
			s = &shard{name: x.shard}
			w.shards[x.shard] = s
		}
		list = append(list, s)
		changes[s] = s.read(x)
	}
	for _, s := range list {
		s.judgeChange(r.at, changes, len(list))
	}
	return list
}

// read takes in an answer, and returns the objects that changed.
func (s *shard) read(x reading) map[string]bool {
	s.content, s.failure, s.partial, s.jumped = nil, "", false, false
	if x.telemetry != nil {
		s.readTelemetry(x)
	}
	err := x.err
	if err == nil {
		err = s.reader.Read(x.header, x.body)
	}
	if err != nil {
		s.failure = err.Error()
		return nil
	}
	c := contentOf(&s.reader)
	s.content = c
	before := s.setting
	if proven, ok := prove(c.uids()); ok {
		s.setting, s.by = proven, "uids"
	} else if s.by != "uids" && s.told != nil && s.told.known {
		s.setting, s.by = s.told.declared, "telemetry"
	}
	n, was := len(c.pods), s.pods
	s.pods = n
	if s.lastAt.IsZero() {
		return nil
	}
	// A shard loses few pods at once, unless its setting changed or it is
	// listing all objects again.
	if s.setting == before && was >= enoughObjects && 5*n < 4*was {
		s.partial, s.fell = true, was-n
	}
	s.jumped = s.setting != before || 5*n < 4*was || 4*n > 5*was
	return changed(&s.reader)
}

func (s *shard) readTelemetry(x reading) {
	t, err := readTelemetry(x.about, x.telemetry)
	if err != nil {
		return // the telemetry is optional
	}
	s.cutOff = s.told != nil && t.errors > s.told.errors
	s.told = t
}

// unlikely is a probability below which a chance event is ruled out.
const unlikely = 0.001

// judgeChange finds the kinds of objects that are frozen in a shard; the kind ""
// is the whole body. A kind is frozen if so many objects changed in other
// shards since it changed here that it is unlikely that none of them belongs
// here. Each kind has a watch of its own, which may fail alone.
func (s *shard) judgeChange(at time.Time, changes map[*shard]map[string]bool, n int) {
	if s.content == nil {
		return
	}
	s.frozen = nil
	if s.lastAt.IsZero() {
		s.quiet = map[string]*quiet{}
	}
	since := s.lastAt
	s.lastAt = at
	own := map[string]bool{"": len(changes[s]) > 0}
	for o := range changes[s] {
		own[kindOf(o)] = true
	}
	for other, objects := range changes {
		if other == s || other.jumped {
			continue // all of it changed for one reason, which says nothing of the others
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
	slices.Sort(s.frozen) // "" comes first
}

func (s *shard) miss(kind, object string, since time.Time) {
	q := s.quiet[kind]
	if q == nil {
		q = &quiet{since, map[string]bool{}}
		s.quiet[kind] = q
	}
	q.missed[object] = true
}

// kindOf returns the kind of an object, as object names it.
func kindOf(object string) string {
	kind, _, _ := strings.Cut(object, "/")
	return kind
}
