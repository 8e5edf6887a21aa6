package main

import (
	"bytes"
	"fmt"
	"log"
	"math"
	"runtime"
	"strconv"
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/promfold/promfold/bench"
	"github.com/promfold/promfold/internal/lines"
)

const contentType = "text/plain; version=0.0.4; charset=utf-8"

var sink float64

func must(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

// reading is a store, a reader and the columns of instances.
type reading struct {
	store *lines.Store
	r     *lines.Reader
	cols  map[string]*lines.Columns
	as    string // the content type
}

func newReading() *reading {
	s := lines.NewStore()
	return &reading{s, lines.NewReader(s, lines.Limits{}), map[string]*lines.Columns{}, contentType}
}

// read takes in one scrape of the instance and looks at the values that changed.
func (rd *reading) read(instance string, body []byte) (n int) {
	c := rd.cols[instance]
	if c == nil {
		c = new(lines.Columns)
		rd.cols[instance] = c
	}
	must(rd.r.Read(c, body, rd.as))
	for _, pos := range rd.r.Changed() {
		sink += rd.r.Value(int(pos))
	}
	rd.r.Commit(c)
	return c.Len()
}

// each runs f over the scrapes and adds up the lines.
func each(scrapes []scrape, f func(s scrape) int) way {
	return way{run: func() (lines int) {
		for _, s := range scrapes {
			lines += f(s)
		}
		return lines
	}}
}

// peerOver is a peer that does not count lines: they are those of ours.
func peerOver(scrapes []scrape, held map[*byte]int, f func(s scrape) error) way {
	return each(scrapes, func(s scrape) int {
		must(f(s))
		return held[&s.body[0]]
	})
}

func countLines(d *data) map[*byte]int {
	lines := map[*byte]int{}
	rd := newReading()
	for _, list := range [][]scrape{d.steady, d.lb, d.fleet} {
		for _, s := range list {
			lines[&s.body[0]] = rd.read(s.answered, s.body)
		}
	}
	return lines
}

// readFigures compare reading alone.
func readFigures(d *data, rounds int) (fs []figure) {
	held := countLines(d)
	steady := d.steady
	few := steady[:min(4, len(steady))]
	st := labels.NewSymbolTable()
	withLabels := func(s scrape) error { _, err := bench.WalkLabels(s.body, st); return err }

	rd := newReading()
	ours := func(list []scrape) way {
		return each(list, func(s scrape) int { return rd.read("a", s.body) })
	}
	fs = append(fs,
		compare("read/textparse-labels", rounds, len(steady), false, ours(steady), peerOver(steady, held, withLabels)),
		compare("read/textparse-walk", rounds, len(steady), false, ours(steady), peerOver(steady, held, func(s scrape) error {
			_, err := bench.Walk(s.body, st)
			return err
		})))
	cache := bench.NewCache()
	fs = append(fs, compare("read/textparse-cache", rounds, len(steady), false, ours(steady), peerOver(steady, held, func(s scrape) error {
		return cache.Read(s.body, nil)
	})))
	// Of a slow peer a few scrapes are enough; ours would be over before it began.
	fs = append(fs, compare("read/expfmt", min(rounds, 7), len(steady), false, ours(steady), peerOver(few, held, func(s scrape) error {
		_, err := bench.Families(s.body)
		return err
	})))
	// The floor: the body against the one before, of which a copy was kept. To
	// be sure that all of it is looked at, it is compared with itself.
	copies := map[*byte][]byte{}
	for _, s := range steady {
		copies[&s.body[0]] = bytes.Clone(s.body)
	}
	fs = append(fs, compare("read/memequal", rounds, len(steady), true, ours(steady), each(steady, func(s scrape) int {
		if !bytes.Equal(s.body, copies[&s.body[0]]) {
			log.Fatal("not equal")
		}
		return held[&s.body[0]]
	})))
	fs = append(fs, firstKnown(d, rounds, held, withLabels), balanced(d, rounds, held, withLabels))
	return append(fs, memory(d))
}

// firstKnown reads scrapes of an instance as its first ones, into a store that
// knows its lines from a sibling.
func firstKnown(d *data, rounds int, held map[*byte]int, peer func(scrape) error) figure {
	var first []scrape
	var sibling []byte
	rd := newReading()
	for _, s := range d.fleet {
		if s.target == "apiserver-c" {
			first = append(first, s)
		} else {
			rd.read(s.target, s.body)
			sibling = s.body
		}
	}
	read := func(body []byte) (spent time.Duration) {
		var c lines.Columns
		start := time.Now()
		must(rd.r.Read(&c, body, contentType))
		for i := range rd.r.Len() {
			sink += rd.r.Value(i)
		}
		rd.r.Commit(&c)
		spent = time.Since(start)
		c.Release(rd.store)
		return spent
	}
	ours := way{timed: func() (spent time.Duration, n int) {
		for _, s := range first {
			read(sibling)
			spent, n = spent+read(s.body), n+held[&s.body[0]]
		}
		return spent, n
	}}
	return compare("read/first-known", rounds, len(first), false, ours, peerOver(first, held, peer))
}

// balanced reads what a balancer answers, each body against the columns of the
// instance before: what it costs when nothing is known of who answers.
func balanced(d *data, rounds int, held map[*byte]int, peer func(scrape) error) figure {
	rd := newReading()
	return compare("read/balanced", rounds, len(d.lb), false,
		each(d.lb, func(s scrape) int { return rd.read("lb", s.body) }), peerOver(d.lb, held, peer))
}

// memory is what a line of an instance costs, with the recorded instances
// replicated to 300 and values of their own. The peer's column is a float64 and
// a reference.
func memory(d *data) figure {
	const name = "memory/bytes-per-line"
	if !chosen.MatchString(name) {
		return figure{}
	}
	rd := newReading()
	n := 0
	kinds := map[string]bool{}
	var bodies []scrape
	for _, s := range d.fleet {
		if !kinds[s.target] {
			kinds[s.target] = true
			bodies = append(bodies, s)
			rd.read(s.target, s.body)
		}
	}
	heap := func() float64 {
		runtime.GC()
		runtime.GC() // what pools held
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return float64(m.HeapAlloc)
	}
	cols := make([]lines.Columns, 300)
	before, stored, said := heap(), rd.store.Bytes(), 0
	for i := range cols {
		s := bodies[i%len(bodies)]
		must(rd.r.Read(&cols[i], ownValues(s.body, i), contentType))
		rd.r.Commit(&cols[i])
		n += cols[i].Len()
		said += cols[i].Bytes()
	}
	grown := heap() - before
	if by := float64(said + rd.store.Bytes() - stored); math.Abs(grown-by) > 0.1*grown {
		panic(fmt.Sprintf("the heap grew by %.0f bytes, Bytes says %.0f", grown, by))
	}
	bytesPerLine := grown / float64(n)
	runtime.KeepAlive(cols)
	runtime.KeepAlive(rd)
	return figure{Name: name, Ours: bytesPerLine, Peer: 12, Unit: "bytes", Ratio: bytesPerLine / 12, RatioMin: bytesPerLine / 12, RatioMax: bytesPerLine / 12}
}

// ownValues adds i to each value of a body.
func ownValues(body []byte, i int) (own []byte) {
	for line := range bytes.Lines(body) {
		end := bytes.LastIndexByte(line, ' ') + 1
		v, err := strconv.ParseFloat(string(bytes.TrimSpace(line[end:])), 64)
		if line[0] == '#' || err != nil {
			own = append(own, line...)
			continue
		}
		own = strconv.AppendFloat(append(own, line[:end]...), v+float64(i), 'g', -1, 64)
		own = append(own, '\n')
	}
	return own
}
