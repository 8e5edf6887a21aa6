package usage

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// told is a line group of a body: what a kubelet says of a node or a container,
// in seconds and core-seconds.
type told struct{ start, at, cpu float64 }

func at(s float64) time.Time { return time.UnixMilli(1_000_000_000_000 + int64(s*1000)) }

func nodeSays(p told) string {
	ms := at(p.at).UnixMilli()
	return fmt.Sprintf("node_cpu_usage_seconds_total %v %d\nnode_memory_working_set_bytes 1024 %d\n", p.cpu, ms, ms)
}

func containerSays(pod, name string, p told) string {
	labels := fmt.Sprintf(`{container=%q,namespace="default",pod=%q}`, name, pod)
	ms := at(p.at).UnixMilli()
	return fmt.Sprintf("container_cpu_usage_seconds_total%s %v %d\ncontainer_memory_working_set_bytes%s 2048 %d\ncontainer_start_time_seconds%s %v\n",
		labels, p.cpu, ms, labels, ms, labels, float64(at(p.start).UnixMilli())/1000)
}

// watched is a cluster with the node “n”, read every 60 s.
type watched struct {
	*Cluster
	t   testing.TB
	now float64
}

func watch(t testing.TB) *watched {
	return &watched{Cluster: &Cluster{Resolution: time.Minute}, t: t}
}

func (w *watched) reads(lines ...string) {
	w.now += 60
	require.NoError(w.t, w.Read("n", at(w.now), nil, []byte(strings.Join(lines, ""))))
}

// node returns the answer of the node in words: cores, window, end.
func (w *watched) node() string {
	u, err := w.Node("n")
	if err != nil {
		return err.Error()
	}
	return words(u)
}

func words(u Usage) string {
	return fmt.Sprintf("%dn in %s until %v", u.NanoCores, u.Window, u.Time.Sub(at(0)).Seconds())
}

func (w *watched) pod(expected ...string) string {
	p, err := w.Pod(Name{"default", "p"}, expected)
	if err != nil {
		return err.Error()
	}
	list := []string{fmt.Sprintf("%s until %v", p.Window, p.Time.Sub(at(0)).Seconds())}
	for _, c := range p.Containers {
		list = append(list, fmt.Sprintf("%s %dn", c.Name, c.NanoCores))
	}
	if len(p.Missing) > 0 {
		list = append(list, "lacks "+p.Whys())
	}
	return strings.Join(list, ", ")
}

func TestNodes(t *testing.T) {
	const once = "n: its counter was read once"
	for _, c := range []struct {
		name   string
		points []told
		want   string
	}{
		{"two points", []told{{at: 10, cpu: 10}, {at: 20, cpu: 20}}, "1000000000n in 10s until 20"},
		{"one point, twice", []told{{at: 10, cpu: 10}, {at: 10, cpu: 10}}, once},
		{"it fell", []told{{at: 10, cpu: 50}, {at: 20, cpu: 10}}, "n: its counter fell from 50.000 to 10.000 core-seconds"},
		{"it fell, and the same point again", []told{{at: 10, cpu: 50}, {at: 20, cpu: 10}, {at: 20, cpu: 10}}, "n: its counter fell from 50.000 to 10.000 core-seconds"},
		{"an older point, newer than the first", []told{{at: 15, cpu: 10}, {at: 35, cpu: 50}, {at: 25, cpu: 35}}, "2500000000n in 10s until 25"},
		{"older than all", []told{{at: 15, cpu: 10}, {at: 35, cpu: 50}, {at: 25, cpu: 35}, {at: 5, cpu: 6}}, once},
		{"it fell, then grew", []told{{at: 0, cpu: 100}, {at: 60, cpu: 5}, {at: 120, cpu: 130}}, "2083333333n in 1m0s until 120"},
		{"too much to be", []told{{at: 10, cpu: 1}, {at: 10.001, cpu: 9e9}}, "n: its rate is more than can be"},
		{"milliseconds and nanoseconds", []told{{at: .010, cpu: 300e-9}, {at: .020, cpu: 500e-9}}, "20000n in 10ms until 0.02"},
	} {
		w := watch(t)
		for _, p := range c.points {
			w.reads(nodeSays(p))
		}
		assert.Equal(t, c.want, w.node(), c.name)
	}
}

func TestContainers(t *testing.T) {
	const once = "0s until -1e+12, lacks c: its counter was read once"
	for _, c := range []struct {
		name   string
		points []told
		want   string
	}{
		{"two points", []told{{-100, 120, 1}, {-100, 125, 6}}, "5s until 125, c 1000000000n"},
		{"young", []told{{0, 10, 10}}, "10s until 10, c 1000000000n"},
		{"too young", []told{{0, 9, 9}}, once},
		{"old", []told{{0, 120, 50}}, once},
		{"it was read before it started", []told{{20, 10, 1}}, once},
		{"a restart", []told{{-100, 10, 1}, {15, 25, 5}}, "10s until 25, c 500000000n"},
		{"an older point, newer than the first", []told{{-100, 115, 10}, {-100, 125, 50}, {-100, 120, 35}}, "5s until 120, c 5000000000n"},
	} {
		w := watch(t)
		for _, p := range c.points {
			w.reads(containerSays("p", "c", p))
		}
		want := c.want
		if strings.Contains(want, "lacks") {
			want = want[strings.Index(want, "lacks"):]
			assert.Contains(t, w.pod(), want, c.name)
			continue
		}
		assert.Equal(t, want, w.pod(), c.name)
	}
}

func TestPods(t *testing.T) {
	w := watch(t)
	w.reads(containerSays("p", "c1", told{-200, 110, 1}), containerSays("p", "c2", told{-200, 115, 1}))
	w.reads(containerSays("p", "c1", told{-200, 120, 11}), containerSays("p", "c2", told{-200, 125, 2}))
	assert.Equal(t, "10s until 120, c1 1000000000n, c2 100000000n", w.pod())
	assert.Equal(t, "10s until 120, c1 1000000000n, c2 100000000n, lacks c3: its kubelet does not speak of it", w.pod("c3", "c1"))

	w.reads(containerSays("p", "c1", told{-200, 180, 11}), containerSays("p", "c2", told{-200, 185, 2}), containerSays("p", "c3", told{0, 180, 2}))
	assert.Contains(t, w.pod(), "lacks c3: its counter was read once")
	w.reads("")
	assert.Equal(t, ErrUnknown.Error(), w.pod())
	assert.Empty(t, w.Pods())
}

// TestPartOfAPod: a container whose counter fell is missing, and so is not
// summed up to less than the pod uses.
func TestPartOfAPod(t *testing.T) {
	second := func(b told) *watched {
		w := watch(t)
		w.reads(containerSays("p", "a", told{-200, 0, 10}), containerSays("p", "b", told{-200, 0, 10}))
		w.reads(containerSays("p", "a", told{-200, 60, 40}), containerSays("p", "b", b))
		return w
	}
	w := second(told{-200, 60, 5})
	assert.Equal(t, "1m0s until 60, a 500000000n, lacks b: its counter fell from 10.000 to 5.000 core-seconds", w.pod())
	w = second(told{55, 60, 5})
	assert.Equal(t, "1m0s until 60, a 500000000n, lacks b: it started 5s ago", w.pod())
	w = second(told{40, 60, 30})
	assert.Equal(t, "1m0s until 60, a 500000000n, b 1500000000n", w.pod())
	w = second(told{0, 60, 30})
	assert.Equal(t, "1m0s until 60, a 500000000n, b 500000000n", w.pod(), "it started at the last point: all that it counted is known")
	w = second(told{-50, 60, 30})
	assert.Equal(t, "1m50s until 60, a 500000000n, b 272727272n", w.pod(), "another start, so all of the counter is new")
	w = second(told{-300, 60, 30})
	assert.Equal(t, "1m0s until 60, a 500000000n, lacks b: its start time fell back", w.pod())
}

func TestBodies(t *testing.T) {
	read := func(text string) body {
		r := newReader()
		require.NoError(t, r.Read(nil, []byte(text)))
		return bodyOf(r, at(7))
	}
	b := read("node_cpu_usage_seconds_total 4.710169 1633253812125\nnode_memory_working_set_bytes 1.253376e+07 1633253812125\n")
	assert.Equal(t, Point{Time: time.UnixMilli(1633253812125).UTC(), CPU: 4710169000, Memory: 12533760}, b.node.Point)
	assert.Empty(t, b.node.why)
	b = read("node_cpu_usage_seconds_total 1\nnode_memory_working_set_bytes 1 5\n")
	assert.Equal(t, at(7), b.node.Time, "without a time it is the time of the scrape")
	for text, why := range map[string]string{
		"node_cpu_usage_seconds_total 0\nnode_memory_working_set_bytes 1\n":    "its CPU reads 0",
		"node_cpu_usage_seconds_total 1\nnode_memory_working_set_bytes 0\n":    "its memory reads 0",
		"node_cpu_usage_seconds_total 1\n":                                     "its memory is not known",
		"node_memory_working_set_bytes 1\n":                                    "its CPU is not known",
		"node_cpu_usage_seconds_total NaN\nnode_memory_working_set_bytes 1\n":  "its CPU is not known",
		"node_cpu_usage_seconds_total -1\nnode_memory_working_set_bytes 1\n":   "its CPU is not known",
		"node_cpu_usage_seconds_total 1\nnode_memory_working_set_bytes +Inf\n": "its memory is not known",
	} {
		assert.Equal(t, why, read(text).node.why, text)
	}
	assert.Error(t, newReader().Read(nil, []byte("node_cpu_usage_seconds_total 1 -62135596800000\n")))
}

// TestGaps: what a kubelet said is not answered with after a scrape failed, but
// the next answer is compared with it, unless that is too old.
func TestGaps(t *testing.T) {
	body := func(s, cpu float64) []string {
		return []string{nodeSays(told{at: s, cpu: cpu}), containerSays("p", "c", told{-500, s, cpu})}
	}
	w := watch(t)
	w.reads(body(0, 10)...)
	w.reads(body(60, 70)...)
	assert.Equal(t, "1000000000n in 1m0s until 60", w.node())
	w.Failed("n")
	w.now += 60
	assert.Equal(t, ErrUnknown.Error(), w.node())
	assert.Equal(t, ErrUnknown.Error(), w.pod())
	w.reads(body(180, 130)...)
	assert.Equal(t, "500000000n in 2m0s until 180", w.node())
	assert.Equal(t, "2m0s until 180, c 500000000n", w.pod())

	assert.Error(t, w.Read("n", at(w.now+60), nil, []byte("node_cpu_usage_seconds_total 1\nnode_mem")), "cut off")
	assert.Equal(t, ErrUnknown.Error(), w.node())
	w.now += 300
	w.reads(body(600, 200)...)
	assert.Contains(t, w.node(), "read once")
	assert.Contains(t, w.pod(), "read once")
	w.Forget("n")
	assert.Empty(t, w.Nodes())
	assert.Equal(t, ErrUnknown.Error(), w.pod())
	assert.Equal(t, ErrUnknown.Error(), w.node())
}

// TestMoved: while two kubelets speak of a pod, the one whose container is newer
// has it, in whatever order they answered.
func TestMoved(t *testing.T) {
	for _, order := range [][]string{{"old", "new"}, {"new", "old"}} {
		c := &Cluster{Resolution: time.Minute}
		for _, node := range order {
			start := map[string]float64{"old": 0, "new": 20}[node]
			require.NoError(t, c.Read(node, at(50), nil, []byte(containerSays("p", "c", told{start, 50, 15}))))
		}
		p, err := c.Pod(Name{"default", "p"}, nil)
		require.NoError(t, err)
		require.Len(t, p.Containers, 1)
		assert.Equal(t, "500000000n in 30s until 50", words(p.Containers[0].Usage), order)
		c.Failed("new")
		p, err = c.Pod(Name{"default", "p"}, nil)
		require.NoError(t, err)
		assert.Equal(t, 50*time.Second, p.Window)
	}
}
