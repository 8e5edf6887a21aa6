package identity

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestExact(t *testing.T) {
	of := func(list ...Member) bool { return Pool{Members: slices.Values(list)}.Exact() }
	assert.False(t, of())
	assert.False(t, of(Member{Reads: 1}, Member{Reads: 12}))
	assert.True(t, of(Member{Reads: 6}, Member{Reads: 8}))
	assert.False(t, of(Member{Reads: 6}, Member{Reads: 8, Moved: true}))
}

// A start that is near and not equal is taken for the same process' where nothing
// speaks against it: where starts are read exactly, unless it moved by a second.
func TestNearStarts(t *testing.T) {
	grows := Likeness{Common: 40, Moved: 40, Before: 40, Shared: 40, Union: 40}
	vanished, fell, other := grows, grows, grows
	vanished.Vanished, fell.Fell, other.Union = 1, 1, 45
	for _, c := range []struct {
		what  string
		l     Likeness
		by    int64
		exact bool
		same  bool
	}{
		{"it jitters", grows, 100, false, true},
		{"starts are read exactly", grows, 100, true, false},
		{"the boot time moved", grows, 1000, true, true},
		{"a counter vanished", vanished, 100, false, false},
		{"a counter fell", fell, 100, false, false},
		{"another set of lines", other, 100, false, false},
	} {
		x := Scrape{At: 100_000, Start: Start{50_000 + c.by, Metric}, Tolerance: 2000, Exact: c.exact}
		d := Attribute(x, []Candidate{{Name: "a", Last: Sighting{At: 90_000, Start: Start{50_000, Metric}, Likeness: c.l}}})
		assert.Equal(t, c.same, !d.New, c.what)
	}
}

// A start that an instance with an address of its own had before is no reading of one that is near.
func TestFormerStarts(t *testing.T) {
	grows := Likeness{Common: 40, Moved: 40, Before: 40, Shared: 40, Union: 40}
	for _, c := range []struct {
		what         string
		former       bool
		start        int64
		new, counted bool
	}{
		{"near", false, 50_100, false, false},
		{"near, and another one's", true, 50_100, true, true},
		{"equal", true, 50_000, false, false},
		{"the boot time moved", true, 51_000, false, false},
		{"far", true, 80_000, true, true},
		{"far, and nobody's", false, 80_000, true, false},
	} {
		x := Scrape{At: 100_000, Start: Start{50_000, Metric}, Tolerance: 2000, Settled: true, Former: c.former}
		var list []Candidate
		if start := (Start{c.start, Metric}); x.Eligible(start, false) {
			list = append(list, Candidate{Name: "a", Last: Sighting{At: 90_000, Start: start, Likeness: grows}})
		}
		d := Attribute(x, list)
		assert.Equal(t, c.new, d.New, c.what)
		assert.Equal(t, c.counted, d.Counted, c.what)
	}
}
