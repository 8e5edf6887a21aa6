package main

import (
	"bytes"
	"encoding/json"
	"io/fs"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/promfold/promfold/examples/internal/example"
	"github.com/promfold/promfold/internal/recording"
)

// TestRecording: without flags there is a table with the known numbers of the
// recording.
func TestRecording(t *testing.T) {
	p := runFleet()
	require.Equal(t, example.Answered, p.code, p.stderr)
	assert.NotContains(t, p.stdout, "\x1b", "no colours where there is no terminal")
	assert.Regexp(t, `(?m)^3 of 3 instances up, the last 3m46.3s to`, p.stdout)
	assert.Regexp(t, `(?m)^  apiserver-b +up .*restarted once$`, p.stdout)
	assert.Regexp(t, `(?m)^  LIST +18.4 +18.6 +4151 +14.4 +apiserver-a +78% +13 +3/3$`, p.stdout)
	assert.Regexp(t, `(?m)^  DELETE +4.15 +936 +4ms \(0, 5ms\] +44.1ms \(25ms, 50ms\] +264ms +apiserver-c +7% +4 +3/3$`, p.stdout)
	assert.Contains(t, p.stderr, "apiserver-c: connection refused")
	assert.Equal(t, 1, strings.Count(p.stderr, "apiserver-c: connection refused"), "one line, not one for each scrape")
	assert.Contains(t, p.stderr, "apiserver-c: answers again")
	for _, v := range strings.Split(p.stdout, "\n\n")[1:] {
		assert.NotContains(t, v, "no series is selected")
		assert.NotContains(t, v, "no instance exposes")
	}
}

func TestWindowOfAReplay(t *testing.T) {
	all := runFleet("-json", "-counter", "apiserver_request_total").document(t)
	half := runFleet("-json", "-counter", "apiserver_request_total", "-window", "2m").document(t)
	assert.Equal(t, all.At, half.At)
	assert.Equal(t, 120.0, half.WindowSeconds)
	assert.Less(t, half.Views[0].Groups[0]["increase"], all.Views[0].Groups[0]["increase"])
	long := runFleet("-json", "-counter", "apiserver_request_total", "-window", "1h").document(t)
	assert.Equal(t, all, long, "more than there is, is what there is")
}

func TestTargetReplacesTheChoice(t *testing.T) {
	d := runFleet("-json", "-counter", "apiserver_request_total", "-target", "lb,*-a").document(t)
	var names []any
	for _, in := range d.Instances {
		names = append(names, in["name"])
	}
	assert.Equal(t, []any{"apiserver-a", "lb"}, names)

	p := runFleet("-target", "nobody")
	assert.Equal(t, example.Silent, p.code)
	assert.Empty(t, p.stdout)
	assert.Contains(t, p.stderr, "apiserver-ha-after-load and the targets apiserver-a")
}

func TestReplayOfNothing(t *testing.T) {
	p := runFleet("-replay", t.TempDir())
	assert.Equal(t, example.Silent, p.code)
	assert.Contains(t, p.stderr, "manifest.jsonl")

	m := &memory{}
	m.scrape(t, recording.Scrape{Scenario: "test", Time: 1, Target: "a", Path: "/metrics", Format: "text", Notes: "connection refused"}, "")
	p = m.replay(t)
	assert.Equal(t, example.Silent, p.code)
	assert.Empty(t, p.stdout)
	assert.Equal(t, "00:00:00  a: connection refused\n", p.stderr)

	m.files["manifest.jsonl"] = &fstest.MapFile{Data: []byte("{\"file\":\"\"}\n{nonsense\n")}
	p = m.replay(t)
	assert.Equal(t, example.Silent, p.code)
}

// TestBadBodies: a body that cannot be read is reported with a position, and
// changes nothing.
func TestBadBodies(t *testing.T) {
	const good = "# TYPE n_total counter\nn_total{a=\"1\"} 5\nn_total{a=\"2\"} 7\n"
	bodies := map[string]struct {
		line, says string
		tamper     func(r *recording.Scrape, f *fstest.MapFile)
	}{
		"cut in half":   {good[:len(good)-14], `line 3, column`, nil},
		"binary noise":  {"\x1f\x8b\x08\x00\xff\xfe\x00\x01\x02", `line 1, column`, nil},
		"an HTML page":  {"<!DOCTYPE html>\n<html><body>Sign in</body></html>\n", `text/html`, func(r *recording.Scrape, _ *fstest.MapFile) { r.ContentType = "text/html" }},
		"HTML as text":  {"<!DOCTYPE html>\n<html><body>Sign in</body></html>\n", `line 1, column 1`, nil},
		"a 404":         {"404 page not found\n", `HTTP status 404 Not Found`, func(r *recording.Scrape, _ *fstest.MapFile) { r.Status = 404 }},
		"a cut archive": {good, `unexpected EOF`, func(_ *recording.Scrape, f *fstest.MapFile) { f.Data = f.Data[:len(f.Data)-9] }},
		"no archive":    {good, `gzip: invalid header`, func(_ *recording.Scrape, f *fstest.MapFile) { f.Data = []byte(good) }},
	}
	made := func(t *testing.T, bad string) *memory {
		m := &memory{}
		m.scrape(t, text("a", 1_000), good)
		if b, ok := bodies[bad]; ok {
			r := text("a", 6_000)
			m.scrape(t, r, b.line)
			if b.tamper != nil {
				lines := strings.Split(strings.TrimSpace(m.manifest.String()), "\n")
				require.NoError(t, json.Unmarshal([]byte(lines[len(lines)-1]), &r))
				b.tamper(&r, m.files[r.File])
				changed, err := json.Marshal(r)
				require.NoError(t, err)
				m.manifest.Reset()
				m.manifest.WriteString(lines[0] + "\n" + string(changed) + "\n")
			}
		}
		m.scrape(t, text("a", 11_000), strings.Replace(good, "5", "9", 1))
		return m
	}
	args := []string{"-json", "-counter", "n_total by (a)"}
	want := made(t, "").replay(t, args...)
	require.Equal(t, 4.0, want.document(t).Views[0].Groups[0]["increase"])
	for name, b := range bodies {
		t.Run(name, func(t *testing.T) {
			got := made(t, name).replay(t, args...)
			assert.Equal(t, want.stdout, got.stdout, "as without the body")
			assert.Contains(t, got.stderr, b.says)
			assert.Equal(t, 2, strings.Count(got.stderr, "\n"), "one line that it fails, one that it answers again:\n%s", got.stderr)
			assert.NotContains(t, got.stderr, "\x1f")
		})
	}
}

// TestOrderAndRepetitionDoNotShow: the output is the same to the byte for any
// order of the targets within a step, and if each step comes twice.
func TestOrderAndRepetitionDoNotShow(t *testing.T) {
	manifest := linesOf(t, recording.FS)
	args := []string{"-json", "-counter", "apiserver_request_total by (verb,code)", "-counter", "process_cpu_seconds_total",
		"-gauge", "consensus(apiserver_storage_objects) by (resource)", "-gauge", "mean(process_resident_memory_bytes)",
		"-histogram", "apiserver_request_duration_seconds by (verb)"}
	want := replayManifest(t, recording.FS, manifest, args...)
	require.NotEmpty(t, want)
	for seed := range uint64(3) {
		shuffled := slices.Clone(manifest)
		random := rand.New(rand.NewPCG(seed, 0))
		random.Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
		assert.Equal(t, want, replayManifest(t, recording.FS, shuffled, args...))
	}
	assert.Equal(t, want, replayManifest(t, recording.FS, append(slices.Clone(manifest), manifest...), args...))
}

// TestNamesDoNotMatter: the numbers are the same for other target names, and
// without the field that says who answered.
func TestNamesDoNotMatter(t *testing.T) {
	names := strings.NewReplacer("apiserver-a", "zz", "apiserver-b", "m", "apiserver-c", "a1")
	args := []string{"-json", "-counter", "apiserver_request_total by (verb)", "-histogram", "apiserver_request_duration_seconds by (verb)"}
	want := replayManifest(t, recording.FS, linesOf(t, recording.FS), args...)
	var renamed []map[string]any
	for _, l := range linesOf(t, recording.FS) {
		r := map[string]any{}
		for k, v := range l {
			r[k] = v
		}
		delete(r, "true_instance")
		r["target"] = names.Replace(l["target"].(string))
		renamed = append(renamed, r)
	}
	got := replayManifest(t, recording.FS, renamed, args...)
	assert.Equal(t, fleetNumbers(t, want), fleetNumbers(t, got))
	assert.NotEqual(t, want, got)
}

// fleetNumbers returns the answers without the names of instances.
func fleetNumbers(t *testing.T, document string) (list []map[string]any) {
	t.Helper()
	var d decoded
	require.NoError(t, json.Unmarshal([]byte(document), &d))
	for _, v := range d.Views {
		for _, g := range v.Groups {
			delete(g, "members")
			delete(g, "warnings")
			delete(g["max"].(map[string]any), "instance")
			quantiles, _ := g["quantiles"].([]any)
			for _, q := range quantiles {
				if w, ok := q.(map[string]any)["worst"]; ok {
					delete(w.(map[string]any), "instance")
				}
			}
			list = append(list, g)
		}
	}
	require.NotEmpty(t, list)
	return list
}

// linesOf returns the lines of a manifest, with all their fields.
func linesOf(t *testing.T, dir fs.FS) (list []map[string]any) {
	t.Helper()
	data, err := fs.ReadFile(dir, "manifest.jsonl")
	require.NoError(t, err)
	for _, text := range strings.Split(strings.TrimSpace(string(data)), "\n") {
		var l map[string]any
		require.NoError(t, json.Unmarshal([]byte(text), &l))
		list = append(list, l)
	}
	require.NotEmpty(t, list)
	return list
}

// replayManifest replays the bodies of dir under another manifest.
func replayManifest(t *testing.T, dir fs.FS, manifest []map[string]any, args ...string) string {
	t.Helper()
	var b bytes.Buffer
	for _, l := range manifest {
		text, err := json.Marshal(l)
		require.NoError(t, err)
		b.Write(append(text, '\n'))
	}
	p := replayFS(t, overlay{dir, fstest.MapFS{"manifest.jsonl": {Data: b.Bytes()}}}, args...)
	require.Equal(t, example.Answered, p.code, p.stderr)
	return p.stdout
}

// overlay opens a file of upper, or else of lower.
type overlay struct{ lower, upper fs.FS }

func (o overlay) Open(name string) (fs.File, error) {
	if f, err := o.upper.Open(name); err == nil {
		return f, nil
	}
	return o.lower.Open(name)
}

// TestBalanced: three servers behind the balancer, two of which restart, are
// five processes, and each is counted on its own.
func TestBalanced(t *testing.T) {
	d := runFleet("-json", "-counter", "apiserver_request_total", "-target", "lb", "-balanced", "l?").document(t)
	var names []any
	for _, in := range d.Instances {
		names = append(names, in["name"])
	}
	assert.Equal(t, []any{"lb#1", "lb#2", "lb#3", "lb#4", "lb#5"}, names)
	direct := runFleet("-json", "-counter", "apiserver_request_total").document(t)
	behind, whole := d.Views[0].Groups[0]["increase"].(float64), direct.Views[0].Groups[0]["increase"].(float64)
	assert.Less(t, behind, whole, "a lower bound")
	assert.Greater(t, behind, whole/2)

	five := runFleet("-json", "-counter", "apiserver_request_total", "-target", "lb", "-balanced", "lb=5").document(t)
	assert.Equal(t, 5.0, five.Views[0].Groups[0]["coverage"].(map[string]any)["expected"])

	all := runFleet("-json", "-counter", "apiserver_request_total", "-target", "lb,apiserver-?", "-balanced", "lb").document(t)
	assert.Len(t, all.Instances, 3, "each process has an address of its own, too, and counts once")
	assert.Equal(t, whole, all.Views[0].Groups[0]["increase"])
}
