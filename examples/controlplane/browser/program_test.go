package browser

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// program is the path of the built program.
var program string

func TestMain(m *testing.M) {
	os.Exit(func() int {
		dir, err := os.MkdirTemp("", "controlplane")
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		defer os.RemoveAll(dir)
		program = filepath.Join(dir, "controlplane")
		build := exec.Command("go", "build", "-o", program, ".")
		build.Dir, build.Stdout, build.Stderr = "..", os.Stderr, os.Stderr
		if err := build.Run(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		return m.Run()
	}())
}

var address = regexp.MustCompile(`^http://\S+`)

// process is the program, and the page's address.
type process struct {
	*exec.Cmd
	url string
}

// start runs the program until the test ends, and returns the page's address.
func start(t *testing.T, args ...string) string { return launch(t, args...).url }

func launch(t *testing.T, args ...string) *process {
	c := exec.Command(program, append([]string{"-listen", "127.0.0.1:0"}, args...)...)
	said, err := c.StderrPipe()
	require.NoError(t, err)
	require.NoError(t, c.Start())
	ended := make(chan error, 1)
	t.Cleanup(func() {
		require.NoError(t, c.Process.Signal(os.Interrupt))
		select {
		case <-ended:
		case <-time.After(10 * time.Second):
			t.Error("the program does not end")
			c.Process.Kill()
		}
	})
	lines := bufio.NewReader(said)
	first, err := lines.ReadString('\n')
	require.NoError(t, err)
	go func() { // what it says later must not stop it
		io.Copy(io.Discard, lines)
		ended <- c.Wait()
	}()
	url := address.FindString(first)
	require.NotEmpty(t, url, first)
	return &process{c, url}
}

// page is what -json prints, as far as the tests read it.
type page struct {
	At   time.Time
	Rows []struct {
		ID      string
		State   string
		Figures []struct {
			Name   string
			Amount *amount
		}
		Panels []struct {
			ID      string
			Chart   string
			Columns []struct{ Unit string }
			Entries []struct {
				Key   string
				Lost  bool
				Cells []struct {
					Amount *amount
					Text   string
				}
			}
		}
	}
}

type amount struct{ Value float64 }

// printed returns what -json prints of moments of the recording.
func printed(t *testing.T, moments string, args ...string) (list []page) {
	var out bytes.Buffer
	c := exec.Command(program, append([]string{"-json", "-at", moments}, args...)...)
	c.Stdout = &out
	require.NoError(t, c.Run())
	for d := json.NewDecoder(&out); ; {
		var p page
		if err := d.Decode(&p); err == io.EOF {
			return list
		} else {
			require.NoError(t, err)
		}
		list = append(list, p)
	}
}

// logs writes an audit log for each server of the recording, and returns the flags
// that read them. One agent asks twice a second and another, whose name is
// hostile, once; of server c one line is cut.
func logs(t *testing.T) (args []string) {
	dir := t.TempDir()
	begin := printed(t, "0s")[0].At
	for i, server := range []string{"a", "b", "c"} {
		var b bytes.Buffer
		e := json.NewEncoder(&b)
		for n := range 500 {
			end := begin.Add(time.Duration(n) * time.Second / 2)
			agent, took := "busy/v1", time.Duration(1+i)*10*time.Millisecond
			if n%3 == 0 {
				agent, took = strings.ReplaceAll(hostile, "/", "")+"/v1", time.Second
			}
			require.NoError(t, e.Encode(map[string]any{
				"kind": "Event", "apiVersion": "audit.k8s.io/v1", "stage": "ResponseComplete", "verb": "list", "userAgent": agent,
				"user": map[string]string{"username": "system:node:n"}, "objectRef": map[string]string{"resource": "pods"}, "responseStatus": map[string]int{"code": 200 + n%2*203},
				"requestReceivedTimestamp": end.Add(-took), "stageTimestamp": end,
			}))
		}
		if server == "c" {
			b.WriteString(`{"kind":"Ev` + "\n")
		}
		path := filepath.Join(dir, server+".log")
		require.NoError(t, os.WriteFile(path, b.Bytes(), 0o666))
		args = append(args, "-audit", "apiserver-"+server+"="+path)
	}
	return append(args, "-client-limit", "busy=10")
}

// hostile is a label value that would be a script, and too long for a table.
var hostile = `<script>document.title="owned"</script><img src=x onerror=alert(1)>` + "\x01\x1b[2J" + strings.Repeat("x", 10_000)

// server is an API server that counts, with that value as a verb, until it is
// killed.
func server(t *testing.T) *httptest.Server {
	var n atomic.Int64
	verb := strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`).Replace(hostile)
	began := time.Now().Unix()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/plain; version=0.0.4")
		fmt.Fprintf(w, "# TYPE apiserver_request_total counter\napiserver_request_total{verb=\"%s\",code=\"200\",resource=\"pods\"} %d\n", verb, 100*n.Add(1))
		fmt.Fprintf(w, "# TYPE process_start_time_seconds gauge\nprocess_start_time_seconds %d\n", began)
		fmt.Fprintf(w, "# TYPE process_resident_memory_bytes gauge\nprocess_resident_memory_bytes 1e6\n")
	}))
	t.Cleanup(s.Close)
	return s
}
