//go:build unix

package docs

import (
	"bytes"
	"context"
	"encoding/pem"
	"flag"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var run = flag.String("commands", "", "run the commands of the documents that match this regular expression")

// TestCommands runs every command of every document, in a copy of the checkout,
// and finds in what they print what the document shows of it. make docs says
// -commands .; without the flag it is much too long.
func TestCommands(t *testing.T) {
	if *run == "" {
		t.Skip("go test ./docs -run TestCommands -commands .")
	}
	asked, err := regexp.Compile(*run)
	require.NoError(t, err)
	w := newWorkplace(t)
	done := map[string]string{} // what each command printed
	for _, d := range documents(t) {
		printed, all := "", true
		for _, c := range d.commands(t) {
			how := exceptions[c]
			if !asked.MatchString(c) || !how.run() {
				all = false
				continue
			}
			out, again := done[c]
			if !again {
				t.Run(c, func(t *testing.T) { out = w.run(t, c, how) })
				done[c] = out
			}
			printed += out
		}
		if !all {
			continue
		}
		for _, shown := range d.outputs() {
			for line := range strings.Lines(shown) {
				if line = strings.TrimSpace(line); line != "…" {
					assert.True(t, strings.Contains(printed, line), "%s shows %q, and no command of it prints that", d.path, line)
				}
			}
		}
	}
}

// workplace is a copy of the checkout, the folder shared beside it, and instances
// that may be scraped.
type workplace struct {
	dir string
	env []string
}

func newWorkplace(t *testing.T) *workplace {
	parent := t.TempDir()
	w := &workplace{dir: filepath.Join(parent, "promfold")}
	files, err := exec.Command("git", "-C", "..", "ls-files", "-z", "--cached", "--others", "--exclude-standard").Output()
	require.NoError(t, err, "what belongs to the checkout")
	for name := range strings.SplitSeq(strings.Trim(string(files), "\x00"), "\x00") {
		from, to := filepath.Join("..", name), filepath.Join(w.dir, name)
		text, err := os.ReadFile(from)
		if os.IsNotExist(err) {
			continue // deleted, and not committed yet
		}
		require.NoError(t, err)
		info, err := os.Stat(from)
		require.NoError(t, err)
		require.NoError(t, os.MkdirAll(filepath.Dir(to), 0o755))
		require.NoError(t, os.WriteFile(to, text, info.Mode()))
	}
	if shared, err := filepath.EvalSymlinks("../../shared"); err == nil {
		shared, err = filepath.Abs(shared)
		require.NoError(t, err)
		require.NoError(t, os.Symlink(shared, filepath.Join(parent, "shared")))
	}
	out := filepath.Join(parent, "out")
	token, ca := filepath.Join(parent, "token"), filepath.Join(parent, "ca.crt")
	require.NoError(t, os.WriteFile(token, []byte("secret"), 0o600))
	w.env = append(os.Environ(), "DIR="+out, "TOKEN="+token, "CA="+ca)
	var all []http.Handler
	for i, name := range []string{"A", "B", "C"} {
		all = append(all, instance(int64(i)))
		w.serve(t, name, ca, all[i])
	}
	var turn atomic.Int64
	w.serve(t, "LB", ca, http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		all[turn.Add(1)%3].ServeHTTP(rw, r)
	}))
	return w
}

// serve starts a server, puts its address into the environment and its
// certificate, which is that of every test server, into a file.
func (w *workplace) serve(t *testing.T, name, ca string, h http.Handler) {
	s := httptest.NewTLSServer(h)
	t.Cleanup(s.Close)
	require.NoError(t, os.WriteFile(ca, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw}), 0o600))
	w.env = append(w.env, name+"="+s.URL)
}

// instance is a process that counts, for those who know the token.
func instance(i int64) http.Handler {
	var requests atomic.Int64
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer secret" {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		fmt.Fprintf(w, "# TYPE process_start_time_seconds gauge\nprocess_start_time_seconds %d\n", 1_700_000_000+i)
		fmt.Fprintf(w, "# TYPE apiserver_request_total counter\napiserver_request_total{code=\"200\",verb=\"GET\"} %d\n", 1000*i+requests.Add(1))
	})
}

// run runs a command and returns what it printed.
func (w *workplace) run(t *testing.T, command string, how terms) string {
	if how.needs != "" {
		if _, err := os.Stat(filepath.Join(w.dir, how.needs)); err != nil {
			t.Skipf("%s is not there", how.needs)
		}
	}
	if how.as != "" {
		command = strings.NewReplacer(" TOKEN", ` "$TOKEN"`, " CA ", ` "$CA" `).Replace(how.as)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Minute)
	defer cancel()
	var out output
	c := exec.CommandContext(ctx, "sh", "-c", command)
	c.Dir, c.Env, c.Stdout, c.Stderr = w.dir, w.env, &out, &out
	c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // go run does not pass signals on
	c.Cancel = func() error { return syscall.Kill(-c.Process.Pid, syscall.SIGTERM) }
	if how.until != "" {
		out.told = func(text []byte) {
			if bytes.Contains(text, []byte(how.until)) {
				cancel()
			}
		}
	}
	err := c.Run()
	text := out.String()
	switch code := c.ProcessState.ExitCode(); {
	case how.until != "":
		assert.Contains(t, text, how.until, "%s: %v", command, err)
	default:
		assert.Equal(t, how.exit, code, "%s: %v\n%s", command, err, text)
	}
	return text
}

// output is what a command printed so far.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer
	told func([]byte)
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	n, err := o.text.Write(p)
	if o.told != nil {
		o.told(o.text.Bytes())
	}
	return n, err
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}
