package roster

import (
	"time"

	"github.com/prometheus/common/model"

	"github.com/promfold/promfold/internal/lines"
	"github.com/promfold/promfold/internal/saved"
)

// Code writes a family down that lost most of its lines, or reads it back.
func (x *Shrunk) Code(c *saved.Codec) {
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

// Code writes down who left, or reads it back.
func (l *Left) Code(c *saved.Codec) {
	saved.Map(c, &l.At, 1, c.Int64)
	c.Int64(&l.Before)
}

// CodeRecords writes down what is known of addresses, by name, or reads it back.
func CodeRecords(c *saved.Codec, list *map[string]Record) {
	saved.Map(c, list, 7, func(r *Record) { r.code(c) })
}

func (r *Record) code(c *saved.Codec) {
	c.Int64(&r.Tried)
	saved.Small(c, &r.Failure, Unheard)
	c.Int64(&r.Down)
	c.Bool(&r.Gone)
	if c.Bool(&r.Told); r.Told {
		c.Text(&r.Instance)
		c.Labels(&r.Labels)
	}
	r.Rank.code(c)
}

func (x *Rank) code(c *saved.Codec) {
	priority := int64(x.Priority)
	c.Int64(&priority)
	x.Priority = int(priority)
	c.Must(int64(x.Priority) == priority)
	known := !x.Created.IsZero()
	if c.Bool(&known); !known {
		return
	}
	s, ns := x.Created.Unix(), int64(x.Created.Nanosecond())
	c.Int64(&s)
	c.Int64(&ns)
	if c.Reading() {
		x.Created = time.Unix(s, ns)
		c.Must(x.Created.Unix() == s && int64(x.Created.Nanosecond()) == ns && !x.Created.IsZero())
	}
}
