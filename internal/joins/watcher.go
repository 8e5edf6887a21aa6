package joins

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"math"
	"net/http"
	"time"

	"github.com/promfold/promfold/aggregate"
	"github.com/promfold/promfold/counter"
	"github.com/promfold/promfold/internal/script"
)

// watcher is one of several that look at the same places.
type watcher struct {
	id, life int
	variant  int // of its configuration
	*aggregate.Fleet
	views
	since int64
	heard int64 // its latest scrape
	known known
	shown totals // at least so much is shown from now on
	given totals // as deltas, as far as is known
	saved *checkpoint
	lost  *checkpoint // of the one before that began anew
}

// views are what a watcher asks.
type views struct {
	counts, outliving *aggregate.CounterView
	paths             *aggregate.CounterView // nil: there are none
	observed          *aggregate.HistogramView
	all               *aggregate.EverythingView
}

// checkpoint is a watcher as it was saved.
type checkpoint struct {
	at           int64
	life         int
	state        []byte
	since, heard int64
	known        known
	shown, given totals
}

// known is what is known of processes, kept in full: of each series of each
// process the least and the most that anybody saw.
type known map[seriesOf]span

type seriesOf struct {
	process int // below 0: what outlives the processes of a place
	life    int // of a watcher, where what two of them read may not compare
	key     string
}

type span struct {
	at        int64 // when it was met
	met, left float64
}

func (k known) see(of seriesOf, o span) {
	if x, ok := k[of]; ok {
		o = span{min(o.at, x.at), min(o.met, x.met), max(o.left, x.left)}
	}
	k[of] = o
}

func (k known) join(o known) {
	for of, x := range o {
		k.see(of, x)
	}
}

// config is the configuration of a variant. That of variant 0 is the one in which
// states of others are compared.
func (w *world) config(variant int) aggregate.Config {
	c := aggregate.Config{Window: time.Minute, JoinHorizon: w.horizon, Catalogue: owners}
	if !w.unsaid {
		c.Since = timeOf(began)
	}
	if variant > 0 && w.tight > 0 {
		c.MaxBytes = w.tight + int64(1+w.seed%4)*w.tight/8*int64(len(w.places))
	}
	if variant > 0 && w.mixed {
		c.Window = []time.Duration{20 * time.Second, time.Minute, 10 * time.Minute}[variant%3]
		c.Staleness, c.MaxBytes = float64(2+variant%4), int64(1+variant)<<28
		c.SplitAlternating = variant%2 == 0
		if !w.prompt {
			c.JoinHorizon += time.Duration(variant%5) * w.horizon / 4
		}
	}
	return c
}

// owners says of all series who owns them.
func owners(metric string) (aggregate.View, bool) {
	if metric == "x_total" {
		return aggregate.View{Owner: counter.External}, true
	}
	return aggregate.View{Owner: counter.Process}, true
}

// fresh returns a watcher that knows nothing.
func (w *world) fresh(id int) *watcher {
	variant := 1 + id + w.lives
	f, err := aggregate.NewFleet(w.config(variant))
	w.must(err)
	x := &watcher{id: id, variant: variant, Fleet: f, views: w.declare(f), known: known{}, shown: totals{}, given: totals{}}
	if !w.unsaid {
		x.since = began
	}
	w.lives++
	x.life = w.lives
	w.describe(f)
	return x
}

// describe says which targets are balancers.
func (w *world) describe(f *aggregate.Fleet) {
	for _, p := range w.places {
		if p.class == pool {
			w.must(f.Describe(timeOf(began-1), aggregate.Target{Name: p.name, Balanced: true}))
			return
		}
	}
}

func (w *world) declare(f *aggregate.Fleet) (v views) {
	var err error
	if w.deltas {
		v.all, err = f.Everything(aggregate.View{Select: `{__name__=~".+"}`})
		w.must(err)
		return v
	}
	v.counts, err = f.Counter(aggregate.View{Select: "c_total", By: []string{"class", "code"}})
	w.must(err)
	v.outliving, err = f.Counter(aggregate.View{Select: "x_total", By: []string{"class"}})
	w.must(err)
	if w.tight > 0 {
		v.paths, err = f.Counter(aggregate.View{Select: "k_total", By: []string{"class", "code"}})
		w.must(err)
	}
	v.observed, err = f.Histogram(aggregate.View{Select: "h", By: []string{"class"}})
	w.must(err)
	return v
}

// load returns the fleet of a saved state, with its views.
func (w *world) load(state []byte, variant int) (*aggregate.Fleet, views) {
	f := w.undeclared(state, variant)
	return f, w.declare(f)
}

// undeclared returns the fleet of a saved state as it comes from another program.
func (w *world) undeclared(state []byte, variant int) *aggregate.Fleet {
	f, err := aggregate.Load(bytes.NewReader(state), w.config(variant))
	w.must(err)
	return f
}

func (w *world) save(f *aggregate.Fleet) []byte {
	var b bytes.Buffer
	w.must(f.Save(&b))
	return b.Bytes()
}

// twin returns a fleet of its own that knows the same.
func (w *world) twin(f *aggregate.Fleet) (*aggregate.Fleet, views) { return w.load(w.save(f), 0) }

// totals are what the views expose.
func (v *views) totals(f *aggregate.Fleet, now int64) totals {
	t, s := totals{}, f.Snapshot(timeOf(now))
	if v.all != nil {
		t.add(v.all.Families(s))
		return t
	}
	for name, view := range map[string]*aggregate.CounterView{"c_total": v.counts, "x_total": v.outliving, "k_total": v.paths} {
		if view == nil {
			continue
		}
		for _, x := range view.Totals(s) {
			t.addSeries(name, x)
		}
	}
	for _, x := range v.observed.Totals(s) {
		t.addSeries("h", x)
	}
	return t
}

func (t totals) add(families []aggregate.Family) {
	for _, f := range families {
		if f.Name == "process_start_time_seconds" || f.Name == "f_total" {
			continue
		}
		for _, x := range f.Series {
			t.addSeries(f.Name, x)
		}
	}
}

func (t totals) addSeries(name string, x aggregate.Series) {
	class := x.Labels.Get("class")
	h := x.Histogram
	if h == nil {
		t[keyOf(name, class, x.Labels.Get("code"))] += x.Value
		return
	}
	t[keyOf(name, class, "count")] += h.Count
	if !math.IsNaN(h.Sum) {
		t[keyOf(name, class, "sum")] += h.Sum
	}
	for i, bound := range h.Bounds {
		if !math.IsInf(bound, 1) {
			t[keyOf(name, class, fmt.Sprint("le ", bound))] += h.Counts[i]
		}
	}
}

// scrape lets a watcher look at a place.
func (w *world) scrape(x *watcher, p *place, e script.Event) {
	if w.root == nil && p.cut>>x.id&1 == 1 || w.shards && x.id < 2 && p.shards != x.id {
		return
	}
	w.now++
	if w.loses(x) {
		return
	}
	q, how := p.process, p.ways[x.id]
	if p.class == vague && how != notAtAll {
		how = way((q.id + x.id) % int(ways)) // each process in another way
	}
	sc := aggregate.Scrape{Target: p.name}
	told := int64(0)
	switch how {
	case inBody:
		told = q.start
	case inHeader:
		sc.Header = http.Header{"Process-Start-Time-Unix": {fmt.Sprint(q.start / 1000)}}
	case byCaller:
		sc.Start = timeOf(q.start + 700)
	}
	second := (e.C>>x.id^q.id)&1 == 1
	if p.class == pool {
		second = x.id%2 == 1 // of so few lines the others would be another process
	}
	list := []*watcher{x}
	if w.one != nil {
		list = append(list, w.one)
	}
	for _, x := range list {
		var err error
		sc.Time = w.at(x)
		if q.form.native && !q.form.summary && second {
			_, err = x.IngestSamples(sc, q.samples(p.class, told))
		} else {
			sc.Body = q.body(p.class, told)
			_, err = x.Ingest(sc)
		}
		if w.tight > 0 && errors.Is(err, aggregate.ErrLimit) {
			continue
		}
		w.must(err)
		if x.heard = w.now; x.since == 0 {
			x.since = w.at(x).UnixMilli()
		}
		w.saw(x, p)
	}
}

// saw notes what a watcher knows now.
func (w *world) saw(x *watcher, p *place) {
	q := p.process
	for key, n := range q.says(p.class) {
		of, o := seriesOf{process: q.id, key: key}, span{w.at(x).UnixMilli(), n, n}
		switch {
		case key == keyOf("x_total", p.class, ""):
			of = seriesOf{-1 - w.indexOf(p), x.life, key + p.name}
		case w.clocks:
			of.life = x.life
		case q.start-q.start%1000 > x.since: // some tell it in whole seconds
			o.met = 0
		}
		x.known.see(of, o)
	}
}

// wants returns what a total should have of places of class exact, and how much
// of it is of processes that ended longer ago than the horizon. All is what would
// be known if every two readings compared.
func (w *world) wants(x *watcher) (wants, old, all totals) {
	wants, old, all = totals{}, totals{}, totals{}
	lives := map[seriesOf][]span{}
	for of, s := range x.known {
		of.life = 0
		lives[of] = append(lives[of], s)
	}
	for of, list := range lives {
		key, apart := of.key, int64(0)
		if of.process < 0 {
			key, apart = keyOf("x_total", exact, ""), skew
			if of.key[:len(key)] != key {
				continue
			}
		}
		grew, widest := growth(list, apart)
		wants[key], all[key] = wants[key]+grew, all[key]+widest
		if of.process >= 0 {
			if ended := w.processes[of.process].ended; ended == 0 || w.now-ended < w.horizon.Milliseconds() {
				continue
			}
		}
		old[key] += grew
	}
	return wants, old, all
}

// growth returns what was seen to grow: by one watcher, or by two of which one met
// the series so much later than the other; and what all saw grow.
func growth(lives []span, apart int64) (grew, widest float64) {
	all := lives[0]
	for i, x := range lives {
		for j, y := range lives {
			if i == j || y.at-x.at >= apart {
				grew = max(grew, y.left-x.met)
			}
		}
		all.met, all.left = min(all.met, x.met), max(all.left, x.left)
	}
	return grew, all.left - all.met
}

// another is a life of its own that goes on from what a watcher knew in an earlier one.
func (w *world) another(x *watcher, before int) {
	w.lives++
	x.life = w.lives
	for of, s := range maps.Clone(x.known) {
		if of.life == before {
			of.life = x.life
			x.known[of] = s
		}
	}
}

func (w *world) indexOf(p *place) int {
	for i := range w.places {
		if w.places[i] == p {
			return i
		}
	}
	return -1
}

func (x *watcher) checkpoint(w *world) {
	x.saved = &checkpoint{w.now, x.life, w.save(x.Fleet), x.since, x.heard, maps.Clone(x.known), maps.Clone(x.shown), maps.Clone(x.given)}
}
