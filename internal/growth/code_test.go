package growth

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/promfold/promfold/internal/lines"
	"github.com/promfold/promfold/internal/saved"
)

// numbered writes lines down by their numbers: both states have one store.
type numbered struct {
	*saved.Codec
	*table
}

func (n numbered) Line(id *lines.ID) {
	x := int(*id)
	n.Natural(&x)
	*id = lines.ID(x)
}

func (n numbered) Sort(ids []lines.ID) { slices.Sort(ids) }

// save writes the state down.
func (b *bed) save() []byte {
	c := &saved.Codec{}
	b.st.Code(c, numbered{c, b.to}, b.router, b.plan, &b.cols)
	return c.Out
}

// load gives the instance the state that was written down, and a plan of its
// lines.
func (b *bed) load(t require.TestingT, data []byte) {
	exposed := b.plan
	b.st = State{}
	c := &saved.Codec{In: saved.Read(data)}
	b.st.Code(c, numbered{c, b.to}, b.router, nil, &b.cols)
	require.False(t, c.Failed())
	b.plan = b.naive(KnownBody{&b.cols}, nil)
	b.plan.Remember(exposed)
	b.st.Adopt(b.plan, &b.cols)
}

// An instance that is saved and loaded between two scrapes goes on as one that
// was not, whenever its views were declared.
func TestSavedStateGoesOn(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		kept, loaded, s := newBed(t, selections()...), newBed(t, selections()...), newStory(t)
		late := rapid.SampledFrom([]int{-1, 1, 3, 6}).Draw(t, "more views before scrape")
		for i := range rapid.IntRange(2, 15).Draw(t, "scrapes") {
			if i == late {
				kept.declare(selections()...)
				loaded.declare(selections()...)
			}
			body := s.next()
			kept.scrape(s.at, s.start, body)
			loaded.scrape(s.at, s.start, body)
			require.Equal(t, kept.told(), loaded.told(), "of\n%s", body)
			kept.commit()
			loaded.commit()
			data := loaded.save()
			require.Equal(t, kept.save(), data)
			if rapid.Bool().Draw(t, "saved") {
				loaded.load(t, data)
				require.Equal(t, data, loaded.save())
			}
		}
	})
}

// Damaged states are refused, and never panic.
func TestDamagedState(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b, s := newBed(t, selections()...), newStory(t)
		for range rapid.IntRange(2, 6).Draw(t, "scrapes") {
			b.scrape(s.at, s.start, s.next())
			b.commit()
		}
		data := b.save()
		data = data[:rapid.IntRange(0, len(data)-1).Draw(t, "cut")]
		c := &saved.Codec{In: saved.Read(data)}
		var st State
		st.Code(c, numbered{c, b.to}, b.router, nil, &b.cols)
		require.True(t, c.Failed(), "a part is no state")
	})
}
