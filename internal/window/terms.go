package window

import (
	"slices"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/promfold/promfold/internal/saved"
)

// Term is a time in which the target of an instance had certain labels. What was
// counted then is in columns of groups with these labels.
type Term struct {
	Labels labels.Labels // those that the view minds
	Begun  Checkpoint    // the latest scrape before; zero: there was none
}

// mostTerms bounds how many terms a table remembers. Of more than these the
// oldest two are taken for one, which moves rates, but no increase.
const mostTerms = 64

// Turn notes that the target has other labels since its latest scrape, which is
// the present.
func (t *Table) Turn(before, now labels.Labels, present Checkpoint) {
	list := slices.Clone(t.Terms) // copies have the old list
	if len(list) == 0 {
		list = append(list, Term{Labels: before})
	}
	if last := len(list) - 1; last > 0 && list[last].Begun.At == present.At {
		list = list[:last] // nothing was counted in it
	}
	if !labels.Equal(list[len(list)-1].Labels, now) {
		list = append(list, Term{now, present})
	}
	if len(list) > mostTerms {
		list = list[1:]
		list[0].Begun = Checkpoint{}
	}
	if t.Terms = list; len(list) == 1 {
		t.Terms = nil
	}
}

// Turned returns the labels before and after they changed, if that was between
// the scrape at a time and the next one.
func (t *Table) Turned(at int64) (before, now labels.Labels, ok bool) {
	n := len(t.Terms)
	if n < 2 || t.Terms[n-1].Begun.At != at {
		return before, now, false
	}
	return t.Terms[n-2].Labels, t.Terms[n-1].Labels, true
}

func codeTerms(c *saved.Codec, list *[]Term) {
	saved.List(c, list, 6, func(x *Term) {
		c.Labels(&x.Labels)
		x.Begun.Code(c)
	})
	c.Must(len(*list) != 1 && len(*list) <= mostTerms)
	for i := range *list {
		c.Must((i == 0) == ((*list)[i].Begun == Checkpoint{}) && (i == 0 || (*list)[i-1].Begun.At < (*list)[i].Begun.At))
	}
}
