package lines

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// A table from which entries were dropped is one that never had them: all others
// are found, and their ids stay.
func TestDroppedIsAsNeverAdded(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		var x table[int]
		x.init()
		known := map[string]uint32{}
		var unheld []uint32
		for range rapid.IntRange(1, 60).Draw(rt, "steps") {
			switch rapid.IntRange(0, 3).Draw(rt, "step") {
			case 0, 1:
				for range rapid.IntRange(1, 200).Draw(rt, "many") {
					text := fmt.Sprint(rapid.IntRange(0, 2000).Draw(rt, "text"))
					id := x.add([]byte(text), 7, func(_ uint32, p *int) { *p = len(text) })
					if _, ok := known[text]; !ok {
						if rapid.Bool().Draw(rt, "held") {
							x.retain(id)
						} else {
							unheld = append(unheld, id)
						}
					}
					known[text] = id
				}
			case 2:
				x.drop(unheld, func(id uint32, _ *int) { delete(known, x.text(id)) })
				unheld = nil
			case 3:
				x.sweep(func(id uint32, _ *int) { delete(known, x.text(id)) })
			}
			require.Equal(rt, len(known), x.len())
			for n := range 2001 {
				text := fmt.Sprint(n)
				id, ok := x.find([]byte(text), 7)
				want, held := known[text]
				require.Equal(rt, held, ok, text)
				require.Equal(rt, want, id)
			}
		}
		x.drop(unheld, func(uint32, *int) {})
	})
}

// Bodies that are refused leave neither lines nor the room for them.
func TestRefusedBodiesLeaveNothing(t *testing.T) {
	s := NewStore()
	r := NewReader(s, Limits{})
	kept := &Columns{}
	require.NoError(t, r.Read(kept, []byte("# HELP a_total a\na_total 1\n"), ""))
	r.Commit(kept)
	before := s.Bytes()
	for i := range 20 {
		var b strings.Builder
		for n := range 2000 {
			fmt.Fprintf(&b, "# TYPE b%d_%d counter\nb%d_%d{l=\"%d\"} 1\n", i, n, i, n, n)
		}
		b.WriteString("<html>\n")
		require.Error(t, r.Read(&Columns{}, []byte(b.String()), ""))
		var o Orphans
		r.Orphans(&o)
		require.Len(t, s.Drop(&o), 2000)
		require.Equal(t, 1, s.Len())
		require.Less(t, s.Bytes(), before+256<<10) // slabs may be half empty
		require.Less(t, len(s.families), 3000)
	}
	require.NoError(t, r.Read(kept, []byte("# HELP a_total a\na_total 2\n"), ""))
	require.False(t, r.Structural())
}
