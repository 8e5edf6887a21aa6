package recording_test

import (
	"compress/gzip"
	"encoding/json"
	"io"
	"io/fs"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/promfold/promfold/internal/recording"
)

type scrape struct {
	File         string `json:"file"`
	Time         int64  `json:"time"`
	Target       string `json:"target"`
	ThroughLB    bool   `json:"through_lb"`
	TrueInstance string `json:"true_instance"`
	Status       int    `json:"status"`
	Bytes        int    `json:"bytes"`
	Notes        string `json:"notes"`

	samples map[string]float64 // by the series as written
}

func (s scrape) start() float64 { return s.samples["process_start_time_seconds"] }

// load reads the whole recording the plainest way there is.
func load(t *testing.T) (scrapes []scrape) {
	manifest, err := fs.ReadFile(recording.FS, "manifest.jsonl")
	require.NoError(t, err)
	for line := range strings.Lines(string(manifest)) {
		var s scrape
		require.NoError(t, json.Unmarshal([]byte(line), &s))
		if s.File == "" {
			require.Zero(t, s.Status)
			require.NotEmpty(t, s.Notes)
			scrapes = append(scrapes, s)
			continue
		}
		require.Equal(t, 200, s.Status)
		body := gunzip(t, s.File)
		require.Len(t, body, s.Bytes, s.File)
		s.samples = map[string]float64{}
		for line := range strings.Lines(body) {
			if strings.HasPrefix(line, "#") {
				continue
			}
			line = strings.TrimSpace(line)
			end := strings.LastIndexByte(line, ' ')
			value, err := strconv.ParseFloat(line[end+1:], 64)
			if _, twice := s.samples[line[:max(end, 0)]]; err != nil || end <= 0 || twice {
				t.Fatalf("%s: %s", s.File, line)
			}
			s.samples[line[:end]] = value
		}
		scrapes = append(scrapes, s)
	}
	require.NotEmpty(t, scrapes)
	return scrapes
}

func gunzip(t *testing.T, name string) string {
	f, err := recording.FS.Open(name)
	require.NoError(t, err)
	defer f.Close()
	z, err := gzip.NewReader(f)
	require.NoError(t, err)
	body, err := io.ReadAll(z)
	require.NoError(t, err)
	return string(body)
}

// increase adds up what the selected series of one target grew by. A process
// that starts again starts all of them again.
func increase(scrapes []scrape, target string, selected *regexp.Regexp) (sum float64) {
	var prev scrape
	for _, s := range scrapes {
		if s.Target != target || s.File == "" {
			continue
		}
		for series, c := range s.samples {
			if !selected.MatchString(series) {
				continue
			}
			p, known := prev.samples[series]
			switch {
			case prev.samples == nil: // the first scrape is the baseline
			case !known, s.start() != prev.start():
				sum += c
			default:
				sum += c - p
			}
		}
		prev = s
	}
	return sum
}

// TestRecording reads the recording once for all that is said of it.
func TestRecording(t *testing.T) {
	scrapes := load(t)
	for name, check := range map[string]func(*testing.T, []scrape){
		"truth":                truth,
		"restarts":             restarts,
		"balancer":             balancer,
		"histograms are whole": histogramsAreWhole,
	} {
		t.Run(name, func(t *testing.T) { check(t, scrapes) })
	}
}

// truth holds the trimmed recording against the increases worked out from
// the whole one. The audit logs say the same but for what the restarted
// instances did after their last scrape.
func truth(t *testing.T, scrapes []scrape) {
	for _, c := range []struct {
		selected string
		a, b, c  float64
	}{
		{`^apiserver_request_total{.*,resource="[^"]+"`, 8676, 1460, 853},
		{`^apiserver_request_total{.*,resource="pods",.*,verb="LIST"`, 445, 63, 29},
		{`^apiserver_request_total{.*,resource="nodes",.*,subresource="",verb="GET"`, 840, 95, 63},
		{`^apiserver_request_total{.*,resource="configmaps",.*,verb="POST"`, 665, 69, 53},
		{`^apiserver_request_total{.*,resource="configmaps",.*,verb="DELETE"`, 492, 73, 44},
		{`^apiserver_request_total{code="404"`, 1669, 233, 135},
		{`^apiserver_request_total{.*,resource="jobs",.*,verb="LIST"`, 0, 211, 0},
	} {
		selected := regexp.MustCompile(c.selected)
		assert.Equal(t, c.a, increase(scrapes, "apiserver-a", selected), "a %s", selected)
		assert.Equal(t, c.b, increase(scrapes, "apiserver-b", selected), "b %s", selected)
		assert.Equal(t, c.c, increase(scrapes, "apiserver-c", selected), "c %s", selected)
	}
	for verb, total := range map[string]float64{"LIST": 4151, "DELETE": 936} {
		selected := regexp.MustCompile(`^apiserver_request_duration_seconds_count{.*,verb="` + verb + `"`)
		sum := 0.0
		for _, target := range []string{"apiserver-a", "apiserver-b", "apiserver-c"} {
			sum += increase(scrapes, target, selected)
		}
		assert.Equal(t, total, sum, verb)
	}
}

// restarts: a runs through, b is restarted and c is killed, and while they
// are away their scrapes fail.
func restarts(t *testing.T, scrapes []scrape) {
	starts := map[string][]float64{}
	answered, failed := map[string]int{}, map[string]int{}
	for _, s := range scrapes {
		if s.File == "" {
			failed[s.Target]++
			continue
		}
		answered[s.Target]++
		if !s.ThroughLB {
			require.Equal(t, s.Target, s.TrueInstance)
		}
		seen := starts[s.TrueInstance]
		if len(seen) == 0 || seen[len(seen)-1] != s.start() {
			starts[s.TrueInstance] = append(seen, s.start())
		}
	}
	assert.Equal(t, map[string]int{"apiserver-a": 46, "apiserver-b": 44, "apiserver-c": 42, "lb": 46}, answered)
	assert.Equal(t, map[string]int{"apiserver-b": 2, "apiserver-c": 4}, failed)
	assert.Len(t, starts["apiserver-a"], 1)
	assert.Equal(t, []float64{1795288977.74, 1795289081.7}, starts["apiserver-b"])
	assert.Equal(t, []float64{1795288977.75, 1795289146.81}, starts["apiserver-c"])
}

// balancer: read as one series, the counter seen through the balancer
// falls again and again, and every instance answers there.
func balancer(t *testing.T, scrapes []scrape) {
	listPods := regexp.MustCompile(`^apiserver_request_total{.*,resource="pods",.*,verb="LIST"`)
	drops, last := 0, 0.0
	instances := map[string]bool{}
	for _, s := range scrapes {
		if !s.ThroughLB {
			continue
		}
		instances[s.TrueInstance] = true
		sum := 0.0
		for series, v := range s.samples {
			if listPods.MatchString(series) {
				sum += v
			}
		}
		if sum < last {
			drops++
		}
		last = sum
	}
	assert.Len(t, instances, 3)
	assert.Greater(t, drops, 10)
}

// histogramsAreWhole: a kept histogram has all its buckets, its count and
// its sum.
func histogramsAreWhole(t *testing.T, scrapes []scrape) {
	le := regexp.MustCompile(`,le="[^"]+"`)
	for _, s := range scrapes {
		buckets := map[string]int{}
		for series := range s.samples {
			if rest, ok := strings.CutPrefix(series, "apiserver_request_duration_seconds_bucket"); ok {
				buckets[le.ReplaceAllString(rest, "")]++
			}
		}
		if s.File != "" {
			require.NotEmpty(t, buckets, s.File)
		}
		for labels, n := range buckets {
			require.Equal(t, 24, n, "%s %s", s.File, labels)
			require.Contains(t, s.samples, "apiserver_request_duration_seconds_sum"+labels)
			infinite := "apiserver_request_duration_seconds_bucket" + strings.TrimSuffix(labels, "}") + `,le="+Inf"}`
			require.Equal(t, s.samples["apiserver_request_duration_seconds_count"+labels], s.samples[infinite])
		}
	}
}
