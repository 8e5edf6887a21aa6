package aggregate

import (
	"maps"
	"net/http"
	"slices"
	"time"

	"github.com/prometheus/common/model"

	"github.com/promfold/promfold/internal/identity"
	"github.com/promfold/promfold/internal/lines"
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
	c.Natural(&in.version)
	c.start(&in.start)
	c.startPos(in)
	c.Natural(&in.incarnation)
	for _, at := range []*int64{&in.birth, &in.since, &in.first, &in.second, &in.last} {
		c.Int64(at)
	}
	c.spacings(&in.spacings)
	c.Bool(&in.gone)
	saved.List(&c.Codec, &in.restarts, 2, func(r *restarted) {
		c.Int64(&r.at)
		saved.Small(&c.Codec, &r.how, anotherInstance)
	})
	saved.List(&c.Codec, &in.shrunk, 6, c.shrunk)
	saved.List(&c.Codec, &in.starts, 2, c.start)
	c.Bool(&in.alternates)
	c.Text(&in.self)
	saved.Small(&c.Codec, &in.by, 255)
	c.Natural(&in.sighted)
	c.Bool(&in.lost)
	c.pending(in)
	held := in.history.Code(&c.Codec, c.fleet.cfg.Checkpoints+2)
	if c.Reading() {
		c.checkpoints[in] = held
	}
	undone := in.undo != nil
	if c.Bool(&undone); undone && c.Reading() {
		in.undo = &undo{}
	}
	c.Must(in.name != "" && in.incarnation > 0 && len(in.targets) > 0)
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
func (c *codec) startPos(in *instance) {
	n := in.startPos - startSeveral
	if c.Natural(&n); c.Reading() { // writing leaves all as it is: bodies are read meanwhile
		in.startPos = n + startSeveral
		c.Must(in.startPos < in.cols.Len())
	}
}

func (c *codec) shrunk(x *shrunk) {
	if c.Reading() {
		x.family = &lines.Family{}
	}
	c.Text(&x.family.Name)
	typ := string(x.family.Type)
	if c.Text(&typ); c.Reading() {
		x.family.Type = model.MetricType(typ)
	}
	c.Int64(&x.at)
	c.Int64(&x.until)
	c.Natural(&x.before)
	c.Natural(&x.lines)
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

// pending is a scrape that waits to be confirmed. Of its header, what is read.
func (c *codec) pending(in *instance) {
	waits := in.pending != nil
	if c.Bool(&waits); !waits {
		return
	}
	if c.Reading() {
		in.pending = &pending{head: http.Header{}}
	}
	p := in.pending
	c.columns(&p.cols)
	c.Bytes(&p.body)
	c.Bool(&p.typed)
	c.Int64(&p.at)
	given := int64(0)
	if !p.given.IsZero() {
		given = p.given.UnixMilli()
	}
	if c.Int64(&given); c.Reading() && given != 0 {
		p.given = time.UnixMilli(given)
	}
	for _, name := range []string{"Content-Type", identity.StartHeader} {
		value := p.head.Get(name)
		if c.Text(&value); c.Reading() && value != "" {
			p.head.Set(name, value)
		}
	}
}
