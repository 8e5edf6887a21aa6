package aggregate

import (
	"maps"
	"net/http"
	"slices"

	"github.com/prometheus/common/model"

	"github.com/promfold/promfold/internal/identity"
	"github.com/promfold/promfold/internal/judge"
	"github.com/promfold/promfold/internal/lines"
)

// instance is all of it but what belongs to the views, and who else it may be.
func (c *codec) instance(in *instance) {
	c.text(&in.name)
	list(c, &in.targets, 1, c.text)
	c.labels(&in.labels)
	c.columns(&in.cols)
	c.held(in)
	c.tombs(in)
	c.byBuckets(in)
	c.bool(&in.tombsLost)
	c.bool(&in.reworded)
	c.natural(&in.version)
	c.start(&in.start)
	c.startPos(in)
	c.natural(&in.incarnation)
	for _, at := range []*int64{&in.birth, &in.since, &in.first, &in.second, &in.last, &in.interval, &in.lastGap} {
		c.int64(at)
	}
	c.bool(&in.gone)
	list(c, &in.restarts, 2, func(r *restarted) {
		c.int64(&r.at)
		small(c, &r.how, AnotherInstance)
	})
	list(c, &in.shrunk, 6, c.shrunk)
	list(c, &in.starts, 2, c.start)
	c.bool(&in.alternates)
	c.text(&in.self)
	small(c, &in.by, 255)
	c.natural(&in.sighted)
	c.bool(&in.lost)
	c.pending(in)
	c.history(in)
	undone := in.undo != nil
	if c.bool(&undone); undone && c.reading() {
		in.undo = &undo{}
	}
	c.must(in.name != "" && in.incarnation > 0 && len(in.targets) > 0)
}

func (c *codec) start(x *identity.Start) {
	c.int64(&x.At)
	small(c, &x.From, identity.Metric)
}

// startPos is written as the position plus 2: a position, or why there is none.
func (c *codec) startPos(in *instance) {
	n := in.startPos - startSeveral
	if c.natural(&n); c.reading() { // writing leaves all as it is: bodies are read meanwhile
		in.startPos = n + startSeveral
		c.must(in.startPos < in.cols.Len())
	}
}

func (c *codec) shrunk(x *shrunk) {
	if c.reading() {
		x.family = &lines.Family{}
	}
	c.text(&x.family.Name)
	typ := string(x.family.Type)
	if c.text(&typ); c.reading() {
		x.family.Type = model.MetricType(typ)
	}
	c.int64(&x.at)
	c.int64(&x.until)
	c.natural(&x.before)
	c.natural(&x.lines)
}

// sortedIDs are the keys of a map by line, in an order that every store has.
func sortedIDs[T any](c *codec, m map[lines.ID]T) []lines.ID {
	if c.reading() {
		return nil
	}
	ids := slices.Collect(maps.Keys(m))
	c.saver.Sort(ids)
	return ids
}

func (c *codec) point(p *judge.Point) {
	c.int64(&p.Time)
	c.float(&p.Value)
	c.int64(&p.Start)
}

func (c *codec) heldPoint(h *held) {
	c.point(&h.Point)
	c.bool(&h.zero)
	c.native(&h.native)
}

func (c *codec) held(in *instance) {
	ids := sortedIDs(c, in.held)
	list(c, &ids, 6, func(id *lines.ID) {
		c.line(id)
		h := in.held[*id]
		c.heldPoint(&h)
		if c.reading() {
			if in.held == nil {
				in.held = map[lines.ID]held{}
			}
			in.held[*id] = h
		}
	})
}

// tombs keep their lines in the store, see release.
func (c *codec) tombs(in *instance) {
	ids := sortedIDs(c, in.tombs)
	list(c, &ids, 6, func(id *lines.ID) {
		c.line(id)
		p := in.tombs[*id]
		c.heldPoint(&p)
		_, twice := in.tombs[*id]
		c.must(!twice)
		if c.reading() && !c.failed() {
			if in.tombs == nil {
				in.tombs = map[lines.ID]held{}
			}
			in.tombs[*id] = p
			c.fleet.store.Retain(*id)
		}
	})
}

// pending is a scrape that waits to be confirmed. Of its header, what is read.
func (c *codec) pending(in *instance) {
	waits := in.pending != nil
	if c.bool(&waits); !waits {
		return
	}
	if c.reading() {
		in.pending = &pending{head: http.Header{}}
	}
	p := in.pending
	c.columns(&p.cols)
	c.bytes(&p.body)
	c.bool(&p.typed)
	c.int64(&p.at)
	for _, name := range []string{"Content-Type", identity.StartHeader} {
		value := p.head.Get(name)
		if c.text(&value); c.reading() && value != "" {
			p.head.Set(name, value)
		}
	}
}

func (c *codec) checkpoint(p *checkpoint) {
	c.int64(&p.at)
	c.int64(&p.span)
	c.int64(&p.wall)
	c.natural(&p.scrapes)
}

// history is written with those of its checkpoints that are held, and read into
// a ring of the configured length.
func (c *codec) history(in *instance) {
	h := &in.history
	c.natural(&h.n)
	c.int64(&h.span)
	c.int64(&h.wall)
	var kept []checkpoint
	for n := h.oldest(); n < h.n && !c.reading(); n++ {
		kept = append(kept, *h.at(n))
	}
	list(c, &kept, 4, c.checkpoint)
	if c.must(len(kept) <= h.n && (h.n == 0) == (len(kept) == 0)); !c.reading() || c.failed() {
		return
	}
	if c.checkpoints[in] = len(kept); h.n == 0 {
		return
	}
	h.points = make([]checkpoint, c.fleet.cfg.Checkpoints+2)
	for i, p := range kept[max(0, len(kept)-len(h.points)):] {
		*h.at(h.n - min(len(kept), len(h.points)) + i) = p
	}
}
