package growth

import (
	"testing"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/promfold/promfold/internal/lines"
)

// While a view is added, and when it is refused, plans keep their routes: these have
// no way to the view, and forget lines like others.
func TestFormerRoutes(t *testing.T) {
	b := newBed(t, &Selection{Kind: Counter, Metric: "c"})
	b.router.Settled()
	require.NoError(t, b.reader.Read(&b.cols, []byte("# TYPE c counter\nc 1\n"), ""))
	b.reader.Commit(&b.cols)
	id := b.cols.ID(0)
	route := b.router.For(labels.EmptyLabels())
	wants := func() (views []int32) {
		for _, w := range route.way(id) {
			views = append(views, w.view)
		}
		return views
	}
	assert.Equal(t, []int32{0}, wants())
	for range 2 {
		b.router.Add(&Selection{Kind: Counter, Every: true})
		assert.NotSame(t, route, b.router.For(labels.EmptyLabels()))
		b.router.Forget([]lines.ID{id})
		assert.Equal(t, wayUnasked, route.ways[id])
		assert.Equal(t, []int32{0}, wants())
		b.router.Only(1)
		assert.Same(t, route, b.router.For(labels.EmptyLabels()))
		b.router.Forget([]lines.ID{id})
		assert.Equal(t, wayUnasked, route.ways[id])
	}
	b.router.Add(&Selection{Kind: Counter, Every: true})
	b.router.Settled()
	assert.Empty(t, b.router.former)
}
