package main

import (
	"bufio"
	"fmt"

	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/promfold/promfold/examples/internal/example"
	"github.com/promfold/promfold/internal/recording"
)

const corpusDir = "../../../shared/corpus/ksm-shards"

// corpus returns the whole recording, from which the one in the program was cut.
func corpus(t *testing.T) fs.FS {
	t.Helper()
	if testing.Short() {
		t.Skip("slow; the recording inside the program covers the code")
	}
	if _, err := os.Stat(corpusDir); err != nil {
		t.Skip("the whole recording is not here: ", err)
	}
	return os.DirFS(corpusDir)
}

// judged caches the documents of scenarios.
var judged = map[string][]document{}

// observed returns the documents of a scenario. With dataOnly it leaves out the
// telemetry ports and the API server.
func observed(t *testing.T, dir fs.FS, scenario string, dataOnly bool) (list []document) {
	t.Helper()
	key := fmt.Sprint(scenario, dataOnly)
	if judged[key] != nil {
		return judged[key]
	}
	defer func() { judged[key] = list }()
	all, err := recording.Manifest(dir)
	require.NoError(t, err)
	w := newWatch()
	for _, x := range rounds(all, scenario) {
		r, err := x.read(dir)
		require.NoError(t, err)
		if dataOnly {
			r.stored = nil
			for i := range r.readings {
				r.readings[i].telemetry = nil
			}
		}
		d, _ := w.observe(scenario, r)
		list = append(list, d)
	}
	require.NotEmpty(t, list)
	return list
}

func kinds(d document) (list []string) {
	for _, f := range d.Findings {
		list = append(list, f.Kind)
	}
	slices.Sort(list)
	return slices.Compact(list)
}

func settings(d document) (list []string) {
	for _, s := range d.Shards {
		list = append(list, s.Setting.String())
	}
	return list
}

// TestScenarios: every round of a recorded scenario has the findings of that
// scenario, and no others.
func TestScenarios(t *testing.T) {
	dir := corpus(t)
	for _, dataOnly := range []bool{true, false} {
		for _, c := range []struct {
			scenario string
			settings []string
			kinds    []string
			api      bool // the API server shows that pods are missing
		}{
			{"good", []string{"0/3", "1/3", "2/3"}, nil, false},
			{"duplicate", []string{"0/3", "1/3", "1/3"}, []string{duplicate, gap, overlap}, true},
			{"scaleup", []string{"0/2", "1/2", "2/3"}, []string{overlap, totals}, false},
			{"gap", []string{"0/3", "1/3", "2/4"}, []string{gap, totals}, true},
			{"overlap", []string{"0/3", "1/3", "3/4"}, []string{gap, overlap, totals}, true},
		} {
			for i, d := range observed(t, dir, c.scenario, dataOnly) {
				want := slices.Clone(c.kinds)
				if c.api && d.Stored != nil {
					want = append(want, incomplete)
					slices.Sort(want)
				}
				// Two shards that expose one series may differ for a moment.
				got := slices.DeleteFunc(kinds(d), func(k string) bool { return k == conflict && slices.Contains(c.kinds, overlap) })
				assert.Equal(t, want, got, "%s %d: %v", c.scenario, i, d.Findings)
				assert.Equal(t, c.settings, settings(d), "%s %d", c.scenario, i)
				for _, s := range d.Shards {
					assert.Equal(t, "uids", s.By)
				}
				assert.Equal(t, !slices.Contains(c.kinds, gap), d.TotalPods != nil, "a total if nothing is missing")
				if d.TotalPods != nil {
					assert.Equal(t, d.Pods.Union, *d.TotalPods)
				}
			}
		}
	}
}

// TestStale: ksm-1 was cut off between rounds 3 and 4, and caught up with the
// pods after the last one.
func TestStale(t *testing.T) {
	dir := corpus(t)
	for _, dataOnly := range []bool{false, true} {
		for i, d := range observed(t, dir, "stale", dataOnly) {
			got := kinds(d)
			assert.Equal(t, []string{"0/3", "1/3", "2/3"}, settings(d))
			assert.Equal(t, i >= 5, slices.Contains(got, frozen), "round %d: %v", i, d.Findings)
			assert.Equal(t, i < 5, d.TotalPods != nil, "round %d", i)
			if !dataOnly {
				assert.Equal(t, i >= 6 && i < 18, slices.Contains(got, cutOff), "round %d: its telemetry was scraped in 6, 12 and 18", i)
				assert.Equal(t, i >= 8 && d.Stored != nil, slices.Contains(got, incomplete), "round %d", i)
			}
			for _, f := range d.Findings {
				if f.Kind == frozen || f.Kind == cutOff {
					assert.Equal(t, []string{"ksm-1"}, f.Shards)
				} else {
					assert.Equal(t, incomplete, f.Kind)
				}
			}
		}
	}
}

// TestStopped: ksm-2 was stopped between rounds 1 and 2, and went on between 4
// and 5. In round 0 ksm-1 still lags behind, which only the API server shows.
func TestStopped(t *testing.T) {
	dir := corpus(t)
	for i, d := range observed(t, dir, "stopped", true) {
		down := i >= 2 && i <= 4
		if down {
			assert.Equal(t, []string{silent}, kinds(d), "round %d", i)
			assert.Equal(t, []string{"0/3", "1/3", "2/3"}, settings(d), "the setting of a silent shard is remembered")
			assert.Nil(t, d.Shards[2].Pods, "an earlier answer is not filled in")
		} else {
			assert.Empty(t, d.Findings, "round %d", i)
		}
		assert.Equal(t, !down, d.TotalPods != nil, "round %d", i)
	}
	for i, d := range observed(t, dir, "stopped", false) {
		want := []string(nil)
		if i == 0 || i == 2 || i == 4 {
			want = append(want, incomplete)
		}
		if i >= 2 && i <= 4 {
			want = append(want, silent)
		}
		assert.Equal(t, want, kinds(d), "round %d", i)
	}
}

var truthLine = regexp.MustCompile(`^(\w+) (\d+) \| \[([\d, ]+)\] (\d+) (\d+) (\d+) \| (?:- |(\d+) (\d+) (\d+) )\| (\d+) (\d+) (\d+) `)

// TestGroundTruth compares every number with those of another program in
// another language.
func TestGroundTruth(t *testing.T) {
	dir := corpus(t)
	file, err := dir.Open("ground-truth.txt")
	require.NoError(t, err)
	defer file.Close()
	documents := map[string][]document{}
	compared := 0
	for lines := bufio.NewScanner(file); lines.Scan(); {
		m := truthLine.FindStringSubmatch(lines.Text())
		if m == nil {
			continue
		}
		if documents[m[1]] == nil {
			documents[m[1]] = observed(t, dir, m[1], false)
		}
		step, err := strconv.Atoi(m[2])
		require.NoError(t, err)
		d := documents[m[1]][step]
		var pods []string
		for _, s := range d.Shards {
			if s.Pods != nil {
				pods = append(pods, strconv.Itoa(*s.Pods))
			}
		}
		got := []string{strings.Join(pods, ", "), fmt.Sprint(d.Pods.Sum), fmt.Sprint(d.Pods.Union), fmt.Sprint(d.Pods.Twice), "", "", ""}
		if s := d.Stored; s != nil {
			got[4], got[5], got[6] = fmt.Sprint(s.Pods), fmt.Sprint(s.Missing), fmt.Sprint(*s.Gone)
		}
		got = append(got, fmt.Sprint(d.Series.Sum), fmt.Sprint(d.Series.Union), fmt.Sprint(d.Series.Twice))
		assert.Equal(t, m[3:], got, lines.Text())
		compared++
	}
	assert.Equal(t, 58, compared)
}

// TestCorpusFromTheOutside runs the program on the whole recording.
func TestCorpusFromTheOutside(t *testing.T) {
	corpus(t)
	p := runShards("-replay", corpusDir, "-scenario", "good", "-check")
	assert.Equal(t, example.Answered, p.code, p.stderr)
	assert.NotContains(t, p.stdout, "!")
	assert.Equal(t, example.Wrong, runShards("-replay", corpusDir, "-scenario", "gap", "-check").code)

	// The union can be read again, and each series is in it once.
	to := filepath.Join(t.TempDir(), "union.txt")
	require.Equal(t, example.Answered, runShards("-replay", corpusDir, "-scenario", "scaleup", "-union", to).code)
	body, err := os.ReadFile(to)
	require.NoError(t, err)
	c := unionOf(t, string(body))
	assert.Len(t, c.pods, 368)
	assert.Len(t, c.samples, 12638+1)
	assert.Contains(t, string(body), "\nshards_union_complete 0\n", "there is an overlap")
}
