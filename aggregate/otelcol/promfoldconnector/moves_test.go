package promfoldconnector

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/promfold/promfold/aggregate/otelcol/internal/fleets"
	"github.com/promfold/promfold/aggregate/otelcol/internal/pointtext"
)

// A place runs processes that count, one after the other.
type place struct {
	started time.Time
	count   int
	leaf    string // that scrapes it
}

// moving is tiers, and places whose leaves change.
type moving struct {
	*tiers
	rt      *rapid.T
	places  []place
	names   []string
	down    bool // no place answers
	counted int  // by processes that ended, as far as it was scraped
}

// pass lets some time go by.
func (m *moving) pass() {
	m.at = m.at.Add(time.Duration(rapid.IntRange(1, 1500).Draw(m.rt, "ms")) * time.Millisecond)
}

// scrape scrapes the places of a leaf, each at its own time.
func (m *moving) scrape(leaf string) {
	for i := range m.places {
		if m.places[i].leaf == leaf {
			m.scrapePlace(i, leaf)
		}
	}
}

func (m *moving) scrapePlace(i int, leaf string) {
	p := &m.places[i]
	m.at = m.at.Add(time.Duration(rapid.IntRange(1, 50).Draw(m.rt, "scrape")) * time.Millisecond)
	at := float64(m.at.UnixMilli()) / 1000
	text := fmt.Sprintf("s/%d up gauge %.3f 0", i, at)
	if !m.down {
		text = fmt.Sprintf("s/%d requests{code=200} sum %.3f %d\ns/%d requests{code=500} sum %.3f %d\ns/%d seconds hist %.3f n=%d sum=%d 1:%d\n",
			i, at, p.count-p.count/20, i, at, p.count/20, i, at, p.count, p.count, p.count/2)
		text += fmt.Sprintf("s/%d up gauge %.3f 1\ns/%d process_start_time_seconds gauge %.3f %.3f", i, at, i, at, float64(p.started.UnixMilli())/1000)
	}
	md, err := pointtext.Read(text)
	require.NoError(m.rt, err)
	require.NoError(m.rt, m.tiers.leaf(leaf).ConsumeMetrics(m.Context(), md))
}

// total lets the root send, and returns the requests it has.
func (m *moving) total() (n int) {
	m.sink.Reset()
	m.root.flush(m.Context())
	for _, md := range m.sink.AllMetrics() {
		for line := range strings.Lines(pointtext.Write(md)) {
			if f := strings.Fields(line); strings.HasPrefix(f[1], "requests") {
				var x int
				_, err := fmt.Sscan(f[len(f)-1], &x)
				require.NoError(m.rt, err, line)
				n += x
			}
		}
	}
	return n
}

// settle scrapes everything, lets all send, and compares the root with what the
// processes counted.
func (m *moving) settle() {
	m.pass()
	for _, name := range m.names {
		m.scrape(name)
	}
	m.pass()
	for _, name := range m.names {
		m.tiers.leaf(name).flush(m.Context())
	}
	want := m.counted
	for _, p := range m.places {
		want += p.count
	}
	require.Equal(m.rt, want, m.total())
}

// The shares of leaves move, leaves and the root are killed and come back,
// states are delivered again, and processes restart: the root counts all that was
// scraped, once.
func TestMoves(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		m := &moving{tiers: newTiersWith(t, []fleets.View{{Metrics: []string{"requests", "seconds"}, Owner: "process"}}), rt: rt, names: []string{"x", "y"}}
		defer m.end()
		for _, name := range m.names {
			m.tiers.leaf(name)
		}
		m.pass()
		for i := range rapid.IntRange(1, 5).Draw(rt, "places") {
			m.places = append(m.places, place{started: m.at, leaf: m.names[i%2]})
		}
		most := 0
		actions := map[string]func(*rapid.T){
			"": func(*rapid.T) { m.pass() },
			"work": func(rt *rapid.T) {
				for i := range m.places {
					m.places[i].count += rapid.IntRange(0, 300).Draw(rt, "n")
				}
			},
			"scrape": func(rt *rapid.T) { m.scrape(rapid.SampledFrom(m.names).Draw(rt, "leaf")) },
			"flush":  func(rt *rapid.T) { m.tiers.leaf(rapid.SampledFrom(m.names).Draw(rt, "leaf")).flush(m.Context()) },
			"root": func(rt *rapid.T) {
				n := m.total()
				require.GreaterOrEqual(rt, n, most)
				most = n
			},
			"replay": func(rt *rapid.T) {
				if len(m.sent) > 0 {
					m.deliver(m.sent[rapid.IntRange(0, len(m.sent)-1).Draw(rt, "sent")])
				}
			},
			"killRoot": func(*rapid.T) { m.killRoot() },
			"killLeaf": func(rt *rapid.T) {
				name := rapid.SampledFrom(m.names).Draw(rt, "leaf")
				m.tiers.leaf(name)
				m.killLeaf(name)
			},
			"move": func(rt *rapid.T) {
				p := &m.places[rapid.IntRange(0, len(m.places)-1).Draw(rt, "place")]
				p.leaf = rapid.SampledFrom(m.names).Draw(rt, "leaf")
			},
			"stray": func(rt *rapid.T) {
				m.scrapePlace(rapid.IntRange(0, len(m.places)-1).Draw(rt, "place"), rapid.SampledFrom(m.names).Draw(rt, "leaf"))
			},
			"fail": func(rt *rapid.T) {
				m.down = true
				m.scrape(rapid.SampledFrom(m.names).Draw(rt, "leaf"))
				m.down = false
			},
			"settle": func(*rapid.T) { m.settle() },
			"restart": func(rt *rapid.T) {
				m.settle()
				p := &m.places[rapid.IntRange(0, len(m.places)-1).Draw(rt, "place")]
				m.counted += p.count
				m.at = m.at.Add(2500 * time.Millisecond) // start times that are nearer are one
				p.started, p.count = m.at, rapid.IntRange(0, 300).Draw(rt, "n")
				m.pass()
			},
		}
		rt.Repeat(actions)
		m.settle()
	})
}
