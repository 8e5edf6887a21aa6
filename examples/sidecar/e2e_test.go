//go:build e2e

package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/promfold/promfold/parse"
)

const (
	deaths   = 50               // of workers and of sidecars
	patience = 30 * time.Second // for what takes well below a second
)

// A real Prometheus scrapes a sidecar and a pair, as text and as OpenMetrics,
// while workers and sidecars are killed. What it calls the increase is what the
// workers counted, less what died unscraped, and no failover is a reset.
func TestPrometheus(t *testing.T) {
	x := newTrial(t)
	solo := x.sidecar("solo", "-state", filepath.Join(t.TempDir(), "state"))
	pair := [2]*running{x.sidecar("a"), x.sidecar("b")}
	for i, s := range pair {
		s.args = append(s.args, "-pair", pair[1-i].url)
	}
	for range workersAtOnce {
		x.hire()
	}
	for _, s := range x.sidecars {
		s.start()
	}
	x.rounds(1)
	p := startPrometheus(t, map[string]string{"solo": x.front(solo), "pair": x.front(pair[:]...)})
	for x.killed < deaths {
		half, other := pair[x.killed%2], pair[1-x.killed%2]
		for _, event := range []func(){
			func() { solo.kill(); solo.start() },
			func() { x.replace() },
			func() { half.kill(); x.rounds(3); half.start() }, // the other one goes on alone
			func() { other.kill(); other.start() },
			func() { solo.kill(); half.kill(); x.replace(solo, half, other); half.start(); solo.start() },
		} {
			time.Sleep(rand.N(300 * time.Millisecond)) // whatever happens then is interrupted
			event()
			x.rounds(2)
		}
	}
	x.stop()
	x.rounds(2)
	t.Logf("%d workers and sidecars were killed", x.killed)
	p.check(x, "solo", solo)
	p.check(x, "pair", pair[:]...)
}

// trial is a crew of workers and the sidecars that read them. Each reading
// passes through a server of the trial, which remembers it.
type trial struct {
	*crew
	t        *testing.T
	program  string
	file     string // the workers, for the sidecars
	readings *httptest.Server
	sidecars []*running
	killed   int

	mu      sync.Mutex
	workers map[string]*worker           // all that were ever hired
	unsure  map[string]map[*running]bool // by worker: whose last reading of it may be lost with the sidecar
}

func newTrial(t *testing.T) *trial {
	x := &trial{crew: newCrew(t.TempDir()), t: t, program: filepath.Join(t.TempDir(), "sidecar"), file: filepath.Join(t.TempDir(), "workers.json"), workers: map[string]*worker{}, unsure: map[string]map[*running]bool{}}
	out, err := exec.Command("go", "build", "-o", x.program, ".").CombinedOutput()
	require.NoError(t, err, "%s", out)
	x.readings = httptest.NewServer(http.HandlerFunc(x.read))
	t.Cleanup(x.readings.Close)
	t.Cleanup(x.crew.stop)
	return x
}

// hire starts a worker and tells all sidecars.
func (x *trial) hire() {
	require.NoError(x.t, x.crew.hire())
	x.meet()
}

// meet tells all sidecars of the worker that was hired last.
func (x *trial) meet() {
	w := x.living[len(x.living)-1]
	x.mu.Lock()
	x.workers[w.name] = w
	x.mu.Unlock()
	x.tell()
}

// replace kills the oldest worker and starts another. Some sidecars may not have
// saved what they read of it.
func (x *trial) replace(unsure ...*running) {
	name := x.living[0].name
	x.unsure[name] = map[*running]bool{}
	for _, s := range unsure {
		x.unsure[name][s] = true
	}
	require.NoError(x.t, x.crew.replace())
	x.killed++
	x.meet()
}

// tell writes the workers into the file that the sidecars read.
func (x *trial) tell() {
	groups := make([]map[string]any, len(x.living))
	for i, w := range x.living {
		groups[i] = map[string]any{
			"targets": []string{x.readings.Listener.Addr().String()},
			"labels":  map[string]string{"__metrics_path__": "/" + w.name},
		}
	}
	b, err := json.Marshal(groups)
	require.NoError(x.t, err)
	require.NoError(x.t, os.WriteFile(x.file+".new", b, 0o600))
	require.NoError(x.t, os.Rename(x.file+".new", x.file))
}

// read answers a sidecar with what a worker exposes.
func (x *trial) read(w http.ResponseWriter, r *http.Request) {
	name := strings.TrimPrefix(r.URL.Path, "/")
	var s *running
	for _, each := range x.sidecars {
		if r.Header.Get("Authorization") == "Bearer "+each.name {
			s = each
		}
	}
	x.mu.Lock()
	of := x.workers[name]
	s.asked[name]++
	life := s.life
	x.mu.Unlock()

	header, body, err := fetch(of.url, r.Header.Get("Accept"))
	var samples []parse.Sample
	if err == nil {
		samples, err = parse.Samples(header, body)
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	x.mu.Lock()
	s.read[name] = append(s.read[name], reading{life, sum(samples)})
	x.mu.Unlock()
	w.Header().Set("Content-Type", header.Get("Content-Type"))
	w.Write(body)
}

// fetch reads a page from a URL, or from a socket.
func fetch(url, accept string) (http.Header, []byte, error) {
	dial := &http.Transport{DisableKeepAlives: true}
	if path, ok := strings.CutPrefix(url, "unix://"); ok {
		dial.Dial = func(string, string) (net.Conn, error) { return net.Dial("unix", path) }
		url = "http://worker/metrics"
	}
	request, err := http.NewRequest(http.MethodGet, url, nil)
	if err != nil {
		return nil, nil, err
	}
	request.Header.Set("Accept", accept)
	response, err := (&http.Client{Transport: dial, Timeout: 2 * time.Second}).Do(request)
	if err != nil {
		return nil, nil, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err == nil && response.StatusCode != http.StatusOK {
		err = errors.New(response.Status)
	}
	return response.Header, body, err
}

// rounds waits until each living sidecar has shown what it read in so many rounds
// that begin now.
func (x *trial) rounds(n int) {
	before := map[*running]map[string]int{}
	x.mu.Lock()
	for _, s := range x.sidecars {
		before[s] = map[string]int{}
		for name, asked := range s.asked {
			before[s][name] = asked
		}
	}
	x.mu.Unlock()
	for _, s := range x.sidecars {
		require.Eventually(x.t, func() bool {
			x.mu.Lock()
			defer x.mu.Unlock()
			for name, asked := range s.asked {
				if asked > before[s][name]+n { // one more has begun
					return true
				}
			}
			return s.command == nil
		}, patience, 10*time.Millisecond, "%s does nothing", s.name)
	}
}

// kept returns the least and the most of a worker's count that these sidecars,
// of which one always lives, must have kept.
func (x *trial) kept(name string, by ...*running) (least, most float64) {
	x.mu.Lock()
	defer x.mu.Unlock()
	for _, s := range by {
		list := s.read[name]
		for i, r := range list {
			most = max(most, r.value)
			next := i+1 < len(list) && list[i+1].life == r.life // then the round of r was saved
			if next || !x.unsure[name][s] {
				least = max(least, r.value)
			}
		}
	}
	return least, most
}

// running is a sidecar, a process that is killed and started again.
type running struct {
	*trial
	name, url string
	args      []string
	command   *exec.Cmd // nil: dead

	// Guarded by the trial's mutex.
	life  int                  // how often it was started
	asked map[string]int       // by worker
	read  map[string][]reading // by worker
}

type reading struct {
	life  int
	value float64
}

// sidecar adds one, which is not started.
func (x *trial) sidecar(name string, args ...string) *running {
	address := freePort(x.t)
	token := filepath.Join(x.t.TempDir(), name)
	require.NoError(x.t, os.WriteFile(token, []byte(name), 0o600))
	s := &running{trial: x, name: name, url: "http://" + address, asked: map[string]int{}, read: map[string][]reading{}}
	s.args = append([]string{"-interval", "250ms", "-timeout", "10s", "-listen", address, "-token-file", token}, args...)
	x.sidecars = append(x.sidecars, s)
	return s
}

// freePort returns an address on which nobody listens.
func freePort(t *testing.T) string {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer listener.Close()
	return listener.Addr().String()
}

func (s *running) start() {
	s.mu.Lock()
	s.life++
	s.mu.Unlock()
	s.command = exec.Command(s.program, append(s.args, s.file)...)
	var stderr bytes.Buffer
	s.command.Stderr = &stderr
	require.NoError(s.t, s.command.Start())
	command := s.command
	s.t.Cleanup(func() {
		command.Process.Kill()
		command.Wait()
		if s.t.Failed() {
			s.t.Logf("%s: %s", s.name, stderr.String())
		}
	})
}

// kill is kill -9.
func (s *running) kill() {
	s.command.Process.Kill()
	s.command.Wait()
	s.command = nil
	s.killed++
}

// front serves what the first sidecar that answers shows, each in turn, at
// /text and at /openmetrics: Prometheus asks for the one or the other as it likes.
func (x *trial) front(sidecars ...*running) string {
	var turn atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		want := map[string]string{"/text": "text/plain;version=0.0.4", "/openmetrics": "application/openmetrics-text;version=1.0.0"}[r.URL.Path]
		first := int(turn.Add(1))
		for i := range sidecars {
			header, body, err := fetch(sidecars[(first+i)%len(sidecars)].url+"/metrics", want)
			if err != nil {
				continue
			}
			kind := header.Get("Content-Type")
			require.Contains(x.t, kind, strings.Split(want, ";")[0])
			w.Header().Set("Content-Type", kind)
			w.Write(body)
			return
		}
		http.Error(w, "nobody answers", http.StatusBadGateway)
	}))
	x.t.Cleanup(server.Close)
	return server.Listener.Addr().String()
}
