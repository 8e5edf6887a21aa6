package identity

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestSuccession(t *testing.T) {
	const last = 1_000_000
	start := func(seconds int64) Start { return Start{last + 1000*seconds, Metric} }
	for _, c := range []struct {
		name              string
		from, to          Start
		seen              []Start
		alternates, fell  bool
		another, returned bool
	}{
		{"the same", start(-500), start(-500), []Start{start(-500)}, false, true, false, false},
		{"it jitters", start(-500), start(-499), nil, false, true, false, false},
		{"it restarted", start(-500), start(5), nil, false, true, false, false},
		{"it restarted, and clocks differ", start(-500), start(-59), nil, false, true, false, false},
		{"it was there before", start(-9000), start(-5000), nil, false, true, true, false},
		{"it was there before, and counted more", start(-9000), start(-5000), nil, false, false, true, false},
		{"a clock was set", start(-9000), start(-8940), nil, false, false, false, false},
		{"a clock was set, but counters fell", start(-9000), start(-8940), nil, false, true, true, false},
		{"nothing restarts into the past", start(-500), start(-503), nil, false, false, true, false},
		{"it is back", start(-500), start(-900), []Start{start(-900), start(-500)}, false, false, true, true},
		{"it is back, and younger", start(-900), start(-5), []Start{start(-5), start(-900)}, false, false, false, true},
		{"known to alternate", start(-500), start(-499), nil, true, false, true, false},
		{"read elsewhere", start(-500), Start{last - 9e6, Header}, nil, false, true, false, false},
		{"no start any more", start(-500), Start{}, nil, false, true, false, false},
		{"no start before", Start{}, start(-500), nil, false, true, false, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := Succession{Seen: c.seen, Alternates: c.alternates, Last: last, From: c.from, To: c.to, Fell: c.fell, Tolerance: 2000, Skew: 60_000}
			assert.Equal(t, c.another, s.Another())
			assert.Equal(t, c.returned, s.Returned())
		})
	}
	s := Succession{Last: last, To: start(-1)}
	assert.True(t, s.Doubtful())
	s.To = start(1)
	assert.False(t, s.Doubtful())
}

func TestRemember(t *testing.T) {
	var seen []Start
	for i := range 40 {
		seen = Remember(seen, Start{int64(i), Metric})
		seen = Remember(seen, Start{int64(i), Metric})
	}
	require.Len(t, seen, 16)
	assert.Equal(t, int64(24), seen[0].At)
	assert.Equal(t, seen, Remember(seen, Start{}))
}
