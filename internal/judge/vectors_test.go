package judge

import (
	"fmt"
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
)

// shot is one scrape of an instance: times in seconds, values by line.
type shot struct {
	at, start float64
	lines     map[string]float64
	created   map[string]float64
}

// one is a scrape of a single line.
func one(at, start, value float64) shot {
	return shot{at: at, start: start, lines: map[string]float64{"c/": value}}
}

// row is a scrape of one family whose lines are numbered.
func row(at, start float64, values ...float64) shot {
	s := shot{at: at, start: start, lines: map[string]float64{}}
	for i, v := range values {
		if !math.IsNaN(v) {
			s.lines[fmt.Sprintf("c/%02d", i)] = v
		}
	}
	return s
}

// values are scrapes of a single line, every 15 seconds.
func values(start float64, list ...float64) (shots []shot) {
	for i, v := range list {
		shots = append(shots, one(float64(15*i), start, v))
	}
	return shots
}

func (w *watcher) shoot(shots ...shot) {
	const origin = 1_700_000_000
	for _, s := range shots {
		body := map[string]Point{}
		for name, v := range s.lines {
			p := Point{Time: int64((origin + s.at) * 1000), Value: v}
			if c, ok := s.created[name]; ok {
				p.Start = int64((origin + c) * 1000)
			}
			body[name] = p
		}
		start := int64(0)
		if s.start != 0 {
			start = int64((origin + s.start) * 1000)
		}
		w.scrape(int64((origin+s.at)*1000), start, body)
	}
}

// total is the sum over lines of all steps.
func (w *watcher) total(lines ...string) (sum [3]float64) {
	if len(lines) == 0 {
		for name := range w.lines {
			lines = append(lines, name)
		}
	}
	for _, name := range lines {
		v, lo, hi, _, _ := w.bounds(name, math.MinInt64, math.MaxInt64)
		sum[0], sum[1], sum[2] = sum[0]+v, sum[1]+lo, sum[2]+hi
	}
	return sum
}

const fromStart = -9000.0 // when processes started, in seconds before the first scrape

var nan = math.NaN()

// TestVectors has the numbers of the definitions, and the cases in which earlier rules were wrong: value, Lo and Hi.
func TestVectors(t *testing.T) {
	bytes := shot{at: 0, start: fromStart, lines: map[string]float64{"process_network_receive_bytes_total/": 2311950201}}
	later := shot{at: 15, start: 5, lines: map[string]float64{"process_network_receive_bytes_total/": 2457692378}}
	twenty := func(at, start float64, fallen bool) shot {
		list := make([]float64, 20)
		for i := range list {
			if list[i] = float64(100 + 1000*i); fallen {
				list[i] = 300
			}
		}
		return row(at, start, list...)
	}
	for _, c := range []struct {
		name  string
		owner Owner
		shots []shot
		lines []string // default all
		want  [3]float64
	}{
		// Old copies, stores that lag, workers that are missing.
		{"a replica a little behind", 0, values(0, 5080, 5088, 5089, 5088, 5095, 5101), nil, [3]float64{21, 21, inf}},
		{"a shallow dip", 0, values(0, 1000, 1010, 1009, 1020), nil, [3]float64{20, 20, inf}},
		{"a shallow dip, start known", 0, values(fromStart, 1000, 1010, 1009, 1020), nil, [3]float64{20, 20, 21}},
		{"a shallow dip, growth below the mark", 0, values(0, 1000, 1010, 1000, 1008, 1030), nil, [3]float64{30, 30, inf}},
		{"a shallow dip for good", 0, values(0, 100000, 99950, 99960, 99970, 99980, 99990), nil, [3]float64{40, 0, inf}},
		{"a shallow dip for good, its pace known", 0, values(0, 99990, 100000, 99950, 99960, 99970, 99980, 99990), nil, [3]float64{50, 20, inf}},
		{"a worker did not answer", 0, values(0, 3000, 2010, 3030), nil, [3]float64{30, 30, inf}},
		{"a worker died", 0, values(0, 3000, 3015, 2022, 2037), nil, [3]float64{30, 15, inf}},
		{"an old copy in between", 0, values(fromStart, 100, 130, 110, 140), nil, [3]float64{40, 40, inf}},
		{"a tiny fall", 0, values(0, 7756551, 7756564, 7756563, 7756570), nil, [3]float64{19, 19, inf}},
		{"a missing worker comes back late", 0, values(0, 3000, 3010, 2020, 2027, 2034, 2041, 2048, 3065), nil, [3]float64{10 + 28 + 1017, 10 + 7 + 27, inf}},
		{"a reset that one replica shows first", 0, values(0, 4690, 4700, 4, 4700, 7, 12, 20), nil, [3]float64{30, 10, inf}},
		{"a snapshot is read back, no start", 0, values(0, 900, 1000, 975, 1010), nil, [3]float64{110, 110, inf}},
		{"a glitch", 0, values(fromStart, 1000, 0, 1001), nil, [3]float64{1, 1, inf}},
		{"two behind one address", 0, values(0, 1000, 500, 1010, 505, 1020, 510, 1030), nil, [3]float64{540, 0, inf}},
		{"two behind one address, the lower first", 0, values(0, 500, 1100, 505, 1110), nil, [3]float64{1115, 0, inf}},
		{"two that started apart", 0, []shot{one(0, -9000, 9000), one(15, -5000, 5000)}, nil, [3]float64{0, 0, inf}},

		// Restarts that are proven.
		{"a restart", 0, []shot{one(0, fromStart, 100), one(15, fromStart, 130), one(30, 20, 20)}, nil, [3]float64{50, 50, inf}},
		{"a masked restart, said", OwnerProcess, []shot{one(0, fromStart, 100), one(15, 5, 130)}, nil, [3]float64{130, 130, inf}},
		{"a masked restart, not said", 0, []shot{one(0, fromStart, 100), one(15, 5, 130)}, nil, [3]float64{30, 30, inf}},
		{"bytes of a network namespace", OwnerExternal, []shot{bytes, later}, nil, [3]float64{145742177, 145742177, inf}},
		{"a fall within jitter is no evidence", 0, []shot{row(0, -1000, 1000, 5), row(10, 5, 1010, 4.99999)}, nil, [3]float64{10, 10, inf}},
		{"one of many fell", 0, []shot{row(0, -86400, 500000, 501000, 502000, 503000, 504000, 30), row(60, 30, 500007, 501007, 502007, 503007, 504007, 2)}, nil, [3]float64{37, 35, inf}},
		{"most fell", 0, []shot{row(0, -86400, 500, 501, 502, 503, 504, 1), row(60, 30, 3, 3, 3, 3, 3, 2)}, nil, [3]float64{17, 16, inf}},
		{"the counts of another, away over a restart", 0, []shot{one(0, fromStart, 44020), {at: 30, start: 20, lines: map[string]float64{"up/": 1}}, one(60, 20, 44026)}, []string{"c/"}, [3]float64{6, 0, inf}},
		{"a gateway is filled again", 0, []shot{
			{0, -9000, map[string]float64{"jobs/": 4990, "own/": 900}, nil}, {15, -9000, map[string]float64{"jobs/": 5000, "own/": 910}, nil},
			{30, 25, map[string]float64{"own/": 3}, nil}, {45, 25, map[string]float64{"jobs/": 5100, "own/": 8}, nil}}, []string{"jobs/"}, [3]float64{110, 10, inf}},
		{"counts are handed over late", 0, []shot{one(0, -1000, 1000), one(15, 12, 5), one(30, 12, 1020)}, nil, [3]float64{20, 5, inf}},
		{"counts are handed over late, several", 0, []shot{row(0, -1000, 1000, 500), row(15, 12, 0, 0), row(30, 12, 1020, 510)}, []string{"c/00"}, [3]float64{20, 0, inf}},
		{"handed over after two restarts", 0, []shot{one(0, -1000, 1000), one(15, 12, 5), one(30, 28, 7), one(45, 28, 1020)}, nil, [3]float64{20, 7, inf}},
		{"most counts are handed over at once", 0, []shot{row(0, -1000, 1000, 5), row(15, 8, 1010, 1)}, []string{"c/00"}, [3]float64{10, 10, inf}},
		{"a snapshot is read back", 0, []shot{row(0, -9000, 1000, 2000, 3000, 7), row(15, 8, 965, 1975, 2985, 7)}, nil, [3]float64{0, 0, inf}},
		{"a snapshot is read back, the owner said", OwnerProcess, []shot{row(0, -9000, 1000, 2000, 3000, 7), row(15, 8, 965, 1975, 2985, 7)}, nil, [3]float64{0, 0, inf}},
		{"a burst before a restart and one after it, the owner said", OwnerProcess, []shot{row(0, -5, 231, 12, 243), row(3, 2, 122, 7, 129)}, nil, [3]float64{258, 0, inf}},
		{"the same at once", OwnerProcess, []shot{row(0, -5, 231, 12, 243), row(3, 2.95, 122, 7, 129)}, nil, [3]float64{258, 0, inf}},
		{"the same, the owner not said", 0, []shot{row(0, -5, 231, 12, 243), row(3, 2, 122, 7, 129)}, nil, [3]float64{0, 0, inf}},
		{"an old process that counted as fast restarts", 0, []shot{one(0, -100, 1000), one(70, 10, 600)}, nil, [3]float64{600, 600, inf}},

		// No start time.
		{"a restart that does not show", 0, values(0, 50, 60), nil, [3]float64{10, 10, inf}},
		{"a restart cannot hide", 0, values(0, 1000, 1010, 1020), []string{"c/"}, [3]float64{20, 20, inf}},
		{"two start times in one page", 0, values(0, 50, 60), nil, [3]float64{10, 10, inf}},
		{"guessed", 0, []shot{row(0, 0, 1000, 2000), row(15, 0, 3, 5)}, nil, [3]float64{8, 0, inf}},
		{"most fell, start always", 0, []shot{twenty(0, -1000, false), twenty(60, -1000, true)}, []string{"c/00"}, [3]float64{300, 0, inf}},
		{"most fell, start gone", 0, []shot{twenty(0, -1000, false), twenty(60, 0, true)}, []string{"c/00"}, [3]float64{300, 0, inf}},
		{"most fell, start new", 0, []shot{twenty(0, 0, false), twenty(60, 50, true)}, []string{"c/00"}, [3]float64{300, 0, inf}},
		{"most fell, start never", 0, []shot{twenty(0, 0, false), twenty(60, 0, true)}, []string{"c/00"}, [3]float64{300, 0, inf}},
		{"most fell a little, start always", 0, []shot{row(0, -1000, 100, 200, 50), row(15, -1000, 90, 180, 60)}, []string{"c/02"}, [3]float64{10, 0, inf}},

		// Clocks.
		{"a clock was set", 0, []shot{one(0, -1000, 100), one(15, -970, 110)}, nil, [3]float64{10, 0, 110}},
		{"a clock was set, or another answered", 0, []shot{one(0, -1000, 100), one(15, -900, 110)}, nil, [3]float64{0, 0, 110}},
		{"a start that jitters", 0, []shot{one(0, -1000, 100), one(15, -998, 110)}, nil, [3]float64{10, 10, 10}},

		// What something else counts.
		{"external, fell", OwnerExternal, values(fromStart, 500, 3, 10), nil, [3]float64{7, 0, inf}},
		{"external, its process restarted", OwnerExternal, []shot{one(0, fromStart, 500), one(15, fromStart, 510), one(30, 20, 515)}, nil, [3]float64{15, 15, 15}},
		{"external, first step, its process restarted", OwnerExternal, []shot{one(15, fromStart, 510), one(30, 20, 515)}, nil, [3]float64{5, 5, inf}},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := watcher{since: 1_700_000_000_000, owners: map[string]Owner{}}
			for _, s := range c.shots {
				for name := range s.lines {
					w.owners[familyOf(name)] = c.owner
				}
			}
			w.shoot(c.shots...)
			got := w.total(c.lines...)
			assert.InDelta(t, c.want[0], got[0], 1e-9, "value of %v", got)
			assert.InDelta(t, c.want[1], got[1], 1e-9, "Lo of %v", got)
			assert.Equal(t, c.want[2], got[2], "Hi of %v", got)
		})
	}
}
