package truth

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/promfold/promfold/internal/cases"
)

var update = flag.Bool("update", false, "lower the numbers in testdata/allowed.txt to those of this run")

// allowed has the misses of today, of 1,000 fleets. Its numbers only fall: when
// fewer answers miss, the whole test fails until it was run with -update.
const allowed = "testdata/allowed.txt"

type misses struct{ lo, hi int }

func TestTruth(t *testing.T) {
	fleets := 1000
	if testing.Short() {
		fleets = 200
	}
	tally, err := Measure(Kinds(), fleets, 1)
	require.NoError(t, err)
	limits := readAllowed(t)
	fewer := false
	for key := range limits {
		fewer = fewer || tally.Counts[key] == nil
	}
	for key, c := range tally.Counts {
		limit := limits[key]
		assert.LessOrEqual(t, c.Lo, limit.lo, "%s, %s: lower bounds above the truth; the smallest seed is %d", key.Kind, key.Answer, c.Seed)
		assert.LessOrEqual(t, c.Hi, limit.hi, "%s, %s: upper bounds below the truth; the smallest seed is %d", key.Kind, key.Answer, c.Seed)
		fewer = fewer || c.Lo < limit.lo || c.Hi < limit.hi
	}
	for _, key := range tally.Misses() {
		list, err := cases.Read("x.txt", tally.Counts[key].Example.String())
		require.NoError(t, err)
		require.Len(t, list[0].Run(), 1, "%s, %s: the printed case fails in the same way", key.Kind, key.Answer)
	}
	switch {
	case testing.Short():
	case *update:
		writeAllowed(t, tally, limits)
	default:
		assert.False(t, fewer, "fewer answers miss than %s allows: run this test with -update", allowed)
	}
}

func readAllowed(t *testing.T) map[Key]misses {
	text, err := os.ReadFile(allowed)
	require.NoError(t, err)
	list := map[Key]misses{}
	for line := range strings.Lines(string(text)) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		var key Key
		var m misses
		_, err := fmt.Sscan(line, &key.Kind, &key.Answer, &m.lo, &m.hi)
		require.NoError(t, err, line)
		require.NotNil(t, kindNamed(key.Kind), line)
		require.NotContains(t, list, key)
		list[key] = m
	}
	return list
}

// writeAllowed lowers the numbers, and never raises one.
func writeAllowed(t *testing.T, tally *Tally, limits map[Key]misses) {
	var b strings.Builder
	b.WriteString("# Answers that miss the truth, of 1,000 fleets: kind, answer, by Lo, by Hi.\n")
	b.WriteString("# go test ./internal/truth -run TestTruth -update lowers the numbers; nothing raises them.\n")
	for _, key := range tally.Misses() {
		c := tally.Counts[key]
		if m := (misses{min(c.Lo, limits[key].lo), min(c.Hi, limits[key].hi)}); m != (misses{}) {
			fmt.Fprintf(&b, "%s %s %d %d\n", key.Kind, key.Answer, m.lo, m.hi)
		}
	}
	require.NoError(t, os.WriteFile(allowed, []byte(b.String()), 0o666))
}

func TestSimulateIsDeterministic(t *testing.T) {
	for _, kind := range Kinds() {
		a, err := Simulate(kind, 7)
		require.NoError(t, err)
		b, err := Simulate(kind, 7)
		require.NoError(t, err)
		c, err := Simulate(kind, 8)
		require.NoError(t, err)
		text := steps(a)
		assert.Equal(t, text, steps(b), kind)
		assert.NotEqual(t, text, steps(c), kind)
	}
	_, err := Simulate("none", 1)
	assert.Error(t, err)
}

// steps writes what a fleet is told.
func steps(f *Fleet) string {
	c := *f.Case
	c.Name, c.Steps = "x", nil
	for _, s := range f.Case.Steps {
		if _, ok := s.(*cases.Ask); !ok {
			c.Steps = append(c.Steps, s)
		}
	}
	return c.String()
}

// shifted runs a steady fleet of which the truth is off by one: an event that
// nobody counted, or one that was counted and did not happen.
func shifted(t *testing.T, seed uint64, by int) (increases, observations []Verdict) {
	f, err := Simulate("steady", seed)
	require.NoError(t, err)
	for _, p := range f.places[0].lives {
		first := f.places[0].readings[0].at
		s := p.sources[0]
		s.events = oneMore(s.events, first+1, by)
		for _, d := range p.dists {
			d.tally.events = oneMore(d.tally.events, first+1, by)
		}
	}
	list, err := f.Run()
	require.NoError(t, err)
	for _, v := range list {
		switch whole := v.Ask.Window == 0; {
		case whole && v.Ask.View == "c" && v.Ask.Question.Word == "increase":
			increases = append(increases, v)
		case whole && v.Ask.Question.Word == "count":
			observations = append(observations, v)
		}
	}
	return increases, observations
}

// oneMore adds an event at a time, or takes the next one after it away.
func oneMore(events []ms, at ms, by int) []ms {
	i := until(events, at)
	switch by {
	case 1:
		return append(append(append([]ms{}, events[:i]...), at), events[i:]...)
	case -1:
		return append(append([]ms{}, events[:i]...), events[i+1:]...)
	}
	return events
}

// The instrument sees one event: a truth that is off by one makes answers miss
// that hold it otherwise.
func TestOneEventShows(t *testing.T) {
	asked := 0
	for seed := range uint64(12) {
		for by, side := range map[int]Side{0: None, 1: Hi, -1: Lo} {
			increases, observations := shifted(t, seed+1, by)
			for _, v := range append(increases, observations...) {
				if v.Estimate.Exact() {
					asked++
					assert.Equal(t, side, v.Miss, "seed %d, %+d: %s, truth %+v", seed+1, by, v.Estimate, v.Truth)
				}
			}
		}
	}
	assert.Greater(t, asked, 50)
}

// What is wrongly said of a counter shows: an exporter's counts are not the
// process' own.
func TestWrongOwnerShows(t *testing.T) {
	wrong := 0
	for seed := range uint64(6) {
		f, err := Simulate("exporters", seed+1)
		require.NoError(t, err)
		for i := range f.Case.Views {
			f.Case.Views[i].Owner = "process"
		}
		list, err := f.Run()
		require.NoError(t, err)
		for _, v := range list {
			if v.Ask.Question.Word == "increase" && v.Miss == Lo {
				wrong++
			}
		}
	}
	assert.Greater(t, wrong, 5)
}

// A fleet that misses is printed as a case that fails, and one that holds as a
// case that passes.
func TestMissedAsCase(t *testing.T) {
	for by, side := range map[int]Side{0: None, 1: Hi, -1: Lo} {
		f, err := Simulate("steady", 3)
		require.NoError(t, err)
		increases, _ := shifted(t, 3, by)
		require.NotEmpty(t, increases)
		v := increases[0]
		require.Equal(t, side, v.Miss)
		list, err := cases.Read("x.txt", f.Missed(v).String())
		require.NoError(t, err)
		require.Len(t, list, 1)
		assert.Equal(t, side != None, len(list[0].Run()) > 0)
	}
}

func TestTally(t *testing.T) {
	tally := &Tally{Counts: map[Key]*Count{}, kinds: []string{"steady", "restored-silent"}}
	ask := &cases.Ask{View: "c", Question: cases.Question{Word: "increase"}}
	truth := Truth{LoMax: 10, HiMin: 10}
	f := &Fleet{Kind: "restored-silent", Seed: 5, Case: &cases.Case{Name: "x", Steps: []cases.Step{ask}}}
	for range 500 {
		tally.add(f, &Verdict{Ask: ask, Truth: truth})
	}
	tally.add(f, &Verdict{Ask: ask, Miss: Lo, Truth: truth})
	assert.Empty(t, tally.Broken(), "what happens there leaves no trace")
	f.Kind = "steady"
	tally.add(f, &Verdict{Ask: ask, Miss: Hi, Excused: true, Truth: truth})
	assert.Empty(t, tally.Broken(), "excused")
	tally.add(f, &Verdict{Ask: ask, Miss: Hi, Truth: truth})
	assert.Equal(t, []string{"steady, increase: 1 of 2 answers miss, and nothing is hidden there"}, tally.Broken())
	key := Key{"steady", "increase"}
	assert.Equal(t, []Key{key, {"restored-silent", "increase"}}, tally.Misses())
	assert.Equal(t, []int{2, 0, 1, 1}, []int{tally.Counts[key].Answers, tally.Counts[key].Lo, tally.Counts[key].Hi, tally.Counts[key].Excused})
	var b strings.Builder
	require.NoError(t, tally.Write(&b, true))
	assert.Contains(t, b.String(), "restored-silent (counts are read back, and no start time tells)  increase  501   1   0")
	assert.Regexp(t, `lower bounds of increases +503 +1 +0\.199 +0\.2`, b.String())

	f.Kind = "restored-silent"
	tally.add(f, &Verdict{Ask: ask, Miss: Lo, Truth: truth})
	assert.Contains(t, tally.Broken(), "lower bounds of increases: 2 of 504 miss, more than 0.2 %")
	rate := &cases.Ask{View: "c", Question: cases.Question{Word: "rate"}}
	for i := range 20 {
		v := Verdict{Ask: rate, Truth: truth}
		if i < 2 {
			v.Miss = Hi
		}
		tally.add(f, &v)
	}
	assert.Contains(t, tally.Broken(), "upper bounds of rates: 2 of 20 miss, more than 5 %")
	f.Kind = "steady"
	tally.add(f, &Verdict{Ask: rate, Miss: Hi, Truth: truth})
	assert.Contains(t, tally.Broken(), "the same where nothing is hidden: 1 of 1 miss, more than 0.01 %")
	assert.NotContains(t, strings.Join(tally.Broken(), "\n"), "steady, rate", "what was seen is not known to the last step")
	tally.add(f, &Verdict{Ask: rate, Miss: Lo, Truth: truth})
	assert.Contains(t, tally.Broken(), "steady, rate: 1 of 2 answers miss, and nothing is hidden there")
	tally.kinds = tally.kinds[1:]
	assert.NotContains(t, strings.Join(tally.Broken(), "\n"), "bounds of", "a budget is of all kinds together")
}
