package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/promfold/promfold/internal/recording"
)

// replay is a sequence on its way.
type replay struct {
	*sequence
	out     *output
	words   bool // of warnings
	files   fs.FS
	entries []entry
	fleet   *fleet
	told    map[string]bool // targets that were described
	left    map[string]bool // targets that are scraped no more
	before  map[string]scrape
	now     time.Time
}

// The windows that light views are asked about; heavy ones and late questions
// are about few.
var (
	windows = []time.Duration{20 * time.Second, time.Minute, 5 * time.Minute, sinceStart}
	few     = []time.Duration{time.Minute, sinceStart}
)

// run replays a sequence of the corpus, writes the answers, and returns their
// hashes.
func (s *sequence) run(corpus string, to io.Writer, words bool) ([]string, int64, error) {
	files := os.DirFS(filepath.Join(corpus, s.dir))
	manifest, err := recording.Manifest(files)
	if err != nil {
		return nil, 0, err
	}
	return s.replay(files, manifest, to, words)
}

func (s *sequence) replay(files fs.FS, manifest []recording.Scrape, to io.Writer, words bool) ([]string, int64, error) {
	entries, err := s.entries(manifest)
	if err != nil {
		return nil, 0, fmt.Errorf("%s: %w", s.name, err)
	}
	r := &replay{sequence: s, words: words, files: files, entries: entries, told: map[string]bool{}, left: map[string]bool{}, before: map[string]scrape{}}
	r.out = newOutput(to, time.UnixMilli(entries[0].Time))
	how := s.how
	if how == nil {
		how = plain
	}
	if err := errors.Join(how(r), r.out.to.Flush()); err != nil {
		return nil, 0, fmt.Errorf("%s: %w", s.name, err)
	}
	return r.out.sums(s.name), r.out.size, nil
}

// plain is one fleet that sees all scrapes.
func plain(r *replay) error {
	var err error
	if r.fleet, err = r.newFleet(); err != nil {
		return err
	}
	rounds := 0
	for _, e := range r.entries {
		if e.last {
			rounds++
		}
	}
	round := 0
	for i := range r.entries {
		e := &r.entries[i]
		if !r.left[e.target] {
			if err := r.feed(r.fleet, e); err != nil {
				return err
			}
		}
		if !e.last {
			continue
		}
		round++
		if err := r.change(round, rounds); err != nil {
			return err
		}
		half := round == rounds/2+1
		if half || round == rounds || round <= 2 || round%r.every == 0 {
			r.ask(half || round == rounds)
		}
	}
	return r.finish()
}

// newFleet declares the views that are there from the start.
func (r *replay) newFleet() (*fleet, error) {
	c := config{window: 5 * time.Minute, splitAlternating: r.split, joinable: r.how != nil}
	if r.brief {
		c.window = 30 * time.Second
	}
	if r.early {
		c.since = r.out.origin.Add(-time.Minute)
	}
	f, err := newFleet(c)
	if err != nil {
		return nil, err
	}
	specs := r.specs()
	if r.families {
		more, err := r.ofFamilies()
		if err != nil {
			return nil, err
		}
		specs = append(specs, more...)
	}
	for _, s := range specs {
		if _, err := f.declare(s); err != nil {
			return nil, err
		}
	}
	if r.expect != nil {
		f.expect(r.expect...)
	}
	return f, nil
}

// ofFamilies makes a view of each family that the first scrape of a target has.
func (r *replay) ofFamilies() ([]spec, error) {
	f, err := newFleet(config{})
	if err != nil {
		return nil, err
	}
	seen := map[string]bool{}
	for i := range r.entries {
		e := &r.entries[i]
		body, err := e.Body(r.files)
		if err != nil || seen[e.Target] {
			continue // it did not answer
		}
		seen[e.Target] = true
		s := scrape{target: e.Target, time: time.UnixMilli(e.Time), contentType: e.ContentType, body: body}
		if _, err := f.observe(s, false); err != nil {
			return nil, err
		}
	}
	var list []spec
	add := func(k kind, name string) {
		list = append(list, spec{name: familyPrefix + name, kind: k, sel: name, above: []float64{1}, heavy: true})
	}
	for _, x := range f.families() {
		switch x.typ {
		case "counter":
			add(counterKind, x.name)
		case "histogram":
			add(histogramKind, x.name)
		case "summary":
			add(counterKind, x.name+"_count")
			add(counterKind, x.name+"_sum")
		default:
			add(gaugeKind, x.name)
		}
	}
	return list, nil
}

// feed tells a fleet of one scrape.
func (r *replay) feed(f *fleet, e *entry) error {
	if !r.told[e.target] {
		r.told[e.target] = true
		f.describe(r.target(e.target))
	}
	at := time.UnixMilli(e.Time)
	body, err := e.Body(r.files)
	if err != nil {
		if e.File != "" && e.Status == http.StatusOK {
			return err // the corpus is damaged
		}
		f.failed(e.target, at, err)
		r.out.in("reports")
		r.out.printf("%s %s failed", r.out.at(at), e.target)
		return nil
	}
	if at.After(r.now) {
		r.now = at
	}
	if r.blind {
		body = withoutStart(body)
	}
	s := scrape{target: e.target, time: at, contentType: e.ContentType, body: body}
	if r.packed {
		s.encoding = "gzip"
		if s.body, err = fs.ReadFile(r.files, e.File); err != nil {
			return err
		}
	}
	r.observe(f, s)
	if r.again {
		r.repeat(f, s)
	}
	return nil
}

func (r *replay) observe(f *fleet, s scrape) {
	report, err := f.observe(s, r.samples)
	r.out.report(s, report, err)
}

// repeat offers a scrape once more: as it was, with another body, and the one
// before it, which is late.
func (r *replay) repeat(f *fleet, s scrape) {
	r.observe(f, s)
	other := s
	other.body = bytes.Replace(s.body, []byte("\nprocess_cpu_seconds_total "), []byte("\nprocess_cpu_seconds_total 1"), 1)
	if !bytes.Equal(other.body, s.body) {
		r.observe(f, other)
	}
	if late, ok := r.before[s.target]; ok {
		r.observe(f, late)
	}
	r.before[s.target] = s
}

// withoutStart takes out what tells when the process started.
func withoutStart(body []byte) []byte {
	var kept [][]byte
	for _, line := range bytes.SplitAfter(body, []byte("\n")) {
		if !bytes.HasPrefix(line, []byte("process_start_time_seconds")) {
			kept = append(kept, line)
		}
	}
	return bytes.Join(kept, nil)
}

// change is what happens besides scrapes: half way targets leave and views are
// declared, and the fleet is loaded anew when three quarters are over.
func (r *replay) change(round, rounds int) error {
	switch round {
	case rounds / 2:
		for _, name := range r.leaves {
			r.left[name] = !r.returns
			if err := r.fleet.left(name, r.now); err != nil {
				return err
			}
		}
		for _, s := range r.late {
			s.name += ", late"
			if _, err := r.fleet.declare(s); err != nil {
				return err
			}
		}
	case rounds * 3 / 4:
		if r.reload {
			return r.fleet.reload()
		}
	}
	return nil
}

// ask asks all there is to ask about the latest scrape's time.
func (r *replay) ask(heavy bool) {
	q := question{moment: moment{now: r.now}, windows: windows, words: r.words}
	r.questions(q)
	if !heavy {
		return
	}
	q.heavy, q.windows = true, few
	for _, v := range r.fleet.views {
		if v.heavy {
			r.out.view(v, q)
		}
	}
	r.out.totals(r.fleet.views, q)
	for _, v := range r.fleet.views {
		if v.kind == everythingKind {
			r.out.everything(r.fleet, v, q)
		}
	}
	r.out.fleet(r.fleet, q)
}

// questions asks the views that are not heavy.
func (r *replay) questions(q question) {
	for _, v := range r.fleet.views {
		if !v.heavy {
			r.out.view(v, q)
		}
	}
	whole := q
	whole.atLeast, whole.windows, whole.section = 1, []time.Duration{time.Minute}, q.section+"covered/"
	for _, v := range r.fleet.views[:min(2, len(r.fleet.views))] {
		r.out.view(v, whole)
	}
	r.out.fleet(r.fleet, q)
}

// finish asks about times at which nothing is scraped any more, and once more
// about the first of them.
func (r *replay) finish() error {
	for _, later := range []time.Duration{7500 * time.Millisecond, 40 * time.Second, 65 * time.Second, 6 * time.Minute} {
		r.questions(question{moment: moment{now: r.now.Add(later)}, section: "later/", windows: few, words: r.words})
	}
	return r.same()
}

// same asks one question three times: the answers have to be equal.
func (r *replay) same() error {
	var texts []string
	for range 3 {
		var text bytes.Buffer
		o := newOutput(&text, r.out.origin)
		for _, v := range r.fleet.views {
			if !v.heavy {
				o.view(v, question{moment: moment{now: r.now}, windows: few})
			}
		}
		if err := o.to.Flush(); err != nil {
			return err
		}
		texts = append(texts, text.String())
	}
	if len(slices.Compact(texts)) != 1 {
		return errors.New("the same question has different answers")
	}
	return nil
}

// merged is a fleet for each zone, merged before the last questions.
func merged(r *replay) error {
	fleets := map[string]*fleet{}
	var order []*fleet
	for i := range r.entries {
		e := &r.entries[i]
		zone := zoneOf(e.target)
		if fleets[zone] == nil {
			f, err := r.newFleet()
			if err != nil {
				return err
			}
			fleets[zone] = f
			order = append(order, f)
		}
		if i == len(r.entries)/2 {
			for _, name := range r.leaves {
				r.left[name] = true
				if err := fleets[zoneOf(name)].left(name, r.now); err != nil {
					return err
				}
			}
		}
		if r.left[e.target] {
			continue
		}
		if err := r.feed(fleets[zone], e); err != nil {
			return err
		}
	}
	r.fleet = order[0]
	for _, o := range order[1:] {
		if err := r.fleet.merge(o); err != nil {
			return err
		}
	}
	r.ask(true)
	return r.finish()
}

// joined is two watchers, of which one sees the even rounds and the other one
// the rest. They tell each other what they know before the last questions.
func joined(r *replay) error {
	var watchers [2]*fleet
	for i := range watchers {
		var err error
		if watchers[i], err = r.newFleet(); err != nil {
			return err
		}
		for _, e := range r.entries {
			watchers[i].describe(r.target(e.target))
			r.told[e.target] = true
		}
	}
	for i := range r.entries {
		e := &r.entries[i]
		if err := r.feed(watchers[e.Step%2], e); err != nil {
			return err
		}
	}
	if err := watchers[0].join(watchers[1]); err != nil {
		return err
	}
	if err := watchers[1].join(watchers[0]); err != nil {
		return err
	}
	for _, f := range watchers {
		r.fleet = f
		r.ask(true)
	}
	return r.finish()
}
