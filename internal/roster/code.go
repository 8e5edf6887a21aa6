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
	c.Int64(&l.First)
	c.Int64(&l.Opened)
}

// CodeEntries writes down what is known of addresses, by name, or reads it back.
func CodeEntries(c *saved.Codec, list *map[string]*Entry) {
	saved.Map(c, list, 7, func(t **Entry) {
		if c.Reading() {
			*t = &Entry{}
		}
		(*t).code(c)
	})
}

func (t *Entry) code(c *saved.Codec) {
	tried, failed, down := t.Tried(), t.Failure(), t.Down()
	c.Int64(&tried)
	saved.Small(c, &failed, Unheard)
	c.Int64(&down)
	if c.Reading() {
		t.Restore(tried, failed, down)
	}
	if c.Bool(&t.Gone); t.Gone {
		c.Int64(&t.left)
	}
	if c.Bool(&t.Told); t.Told {
		c.Text(&t.Instance)
		c.Labels(&t.Labels)
	}
	t.Rank.code(c)
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
