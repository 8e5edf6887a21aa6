package aggregate

import (
	"maps"
	"net/http"
	"slices"
	"time"

	"github.com/prometheus/common/model"

	"github.com/promfold/promfold/internal/evidence"
	"github.com/promfold/promfold/internal/identity"
	"github.com/promfold/promfold/internal/lines"
	"github.com/promfold/promfold/internal/rate"
	"github.com/promfold/promfold/internal/roster"
	"github.com/promfold/promfold/internal/saved"
)

// instance is all of it but what belongs to the views, and who else it may be.
func (c *codec) instance(in *instance) {
	c.Text(&in.name)
	saved.List(&c.Codec, &in.targets, 1, c.Text)
	c.Labels(&in.labels)
	c.columns(&in.cols)
	in.state.Code(&c.Codec, c, c.fleet.router, in.plan, &in.cols)
	c.chosen(in)
	c.clocks(&in.clocks, &in.cols)
	c.Natural(&in.incarnation)
	c.Int64(&in.since)
	c.Bool(&in.gone)
	saved.List(&c.Codec, &in.restarts, 2, func(r *restarted) {
		c.Int64(&r.at)
		saved.Small(&c.Codec, &r.how, anotherInstance)
	})
	saved.List(&c.Codec, &in.gaps, 3, func(g *rate.Gap) {
		c.Int64(&g.From)
		c.Int64(&g.To)
		c.Bool(&g.Lived)
	})
	saved.List(&c.Codec, &in.shrunk, 6, c.shrunk)
	saved.List(&c.Codec, &in.starts, 2, c.start)
	c.Bool(&in.alternates)
	c.Bool(&in.another)
	c.Text(&in.self)
	c.Bool(&in.lost)
	c.Bool(&in.late)
	in.history.Code(&c.Codec)
	undone := in.undo != nil
	if c.Bool(&undone); undone && c.Reading() {
		in.undo = &undo{}
	}
	if undone && !c.Failed() {
		c.past(in)
	}
	c.Must(in.name != "" && in.incarnation > 0 && len(in.targets) > 0)
}

func (c *codec) clocks(x *clocks, cols *lines.Columns) {
	c.Natural(&x.version)
	c.start(&x.start)
	c.startPos(&x.startPos, cols)
	for _, at := range []*int64{&x.birth, &x.first, &x.second, &x.last} {
		c.Int64(at)
	}
	c.spacings(&x.spacings)
	c.Natural(&x.sighted)
	saved.Small(&c.Codec, &x.by, 255)
	c.Bool(&x.provisional)
}

func (c *codec) spacings(x *identity.Spacings) {
	saved.Small(&c.Codec, &x.N, uint8(len(x.Ms)))
	for i := range x.N {
		c.Int64(&x.Ms[i])
	}
}

func (c *codec) start(x *identity.Start) {
	c.Int64(&x.At)
	saved.Small(&c.Codec, &x.From, identity.Given)
}

// startPos is written as the position plus 2: a position, or why there is none.
func (c *codec) startPos(pos *int, cols *lines.Columns) {
	n := *pos - evidence.SeveralStarts
	if c.Natural(&n); c.Reading() { // writing leaves all as it is: bodies are read meanwhile
		*pos = n + evidence.SeveralStarts
		c.Must(*pos < cols.Len())
	}
}

func (c *codec) shrunk(x *roster.Shrunk) {
	if c.Reading() {
		x.Family = &lines.Family{}
	}
	c.Text(&x.Family.Name)
	typ := string(x.Family.Type)
	if c.Text(&typ); c.Reading() {
		x.Family.Type = model.MetricType(typ)
	}
	c.Int64(&x.At)
	c.Int64(&x.Until)
	c.Natural(&x.Before)
	c.Natural(&x.Lines)
}

// chosen are the lines of native histograms that are followed by their classic
// buckets.
func (c *codec) chosen(in *instance) {
	chosen := in.chosen
	if in.plan != nil {
		chosen = map[lines.ID]bool{}
		in.plan.Buckets(func(pos int) { chosen[in.cols.ID(pos)] = true })
	}
	var ids []lines.ID
	if !c.Reading() {
		ids = slices.Collect(maps.Keys(chosen))
		c.Sort(ids)
	}
	saved.List(&c.Codec, &ids, 1, c.Line)
	if c.Reading() {
		in.chosen = map[lines.ID]bool{}
		for _, id := range ids {
			in.chosen[id] = true
		}
	}
}

// past is what an instance can be taken back to, besides what its views hold.
func (c *codec) past(in *instance) {
	c.Natural(&in.undo.n)
	in.undo.at.Code(&c.Codec)
	c.Must(in.undo.n <= in.history.N)
	known := in.undo.past != nil
	if c.Bool(&known); !known {
		return
	}
	if c.Reading() {
		in.undo.past = &past{}
	}
	p := in.undo.past
	c.columns(&p.cols)
	p.state.Code(&c.Codec, c, c.fleet.router, p.plan, &p.cols)
	c.clocks(&p.clocks, &p.cols)
	c.repeatable(&p.last)
}

// repeatable is a scrape; of its header, what is read.
func (c *codec) repeatable(r *repeatable) {
	c.Bytes(&r.body)
	c.Bool(&r.typed)
	given := int64(0)
	if !r.given.IsZero() {
		given = r.given.UnixMilli()
	}
	if c.Int64(&given); c.Reading() && given != 0 {
		r.given = time.UnixMilli(given)
	}
	for _, name := range keptHeaders {
		value := r.head.Get(name)
		if c.Text(&value); c.Reading() && value != "" {
			if r.head == nil {
				r.head = http.Header{}
			}
			r.head.Set(name, value)
		}
	}
}
