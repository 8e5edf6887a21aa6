package printable

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// command is text that commands a terminal in every way there is: an escape, a C1
// character as a character, a bell, a line that is begun anew, text from right to
// left, and a character that is not seen.
const command = "x\x1b[2J\u009b31m\a\r\u202e\u2066\u200b\U000e0001y"

// target serves what the examples look for, with commands in every name that is free,
// and then a body that cannot be read.
func target(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/plain; version=0.0.4")
	switch {
	case strings.HasPrefix(r.URL.Path, "/header"):
		w.Header().Set("Server", command) // no header can be so, and the client says which
	case strings.HasPrefix(r.URL.Path, "/refuses"):
		w.WriteHeader(http.StatusForbidden)
		io.WriteString(w, command)
	case strings.HasPrefix(r.URL.Path, "/away"):
		http.Redirect(w, r, "http://127.0.0.1:1/%1b%5b2J%c2%9b31m", http.StatusFound)
	case strings.HasPrefix(r.URL.Path, "/wrong"):
		fmt.Fprintf(w, "up{a=%q} 1\n%s{ 5\n", "b", command)
	case strings.HasPrefix(r.URL.Path, "/typed"):
		w.Header().Set("Content-Type", "application/x\u009b31m\u202e")
		io.WriteString(w, command)
	default:
		io.WriteString(w, body())
	}
}

// body returns one that every example finds something in.
func body() string {
	var b strings.Builder
	n := time.Now().UnixMilli() % 100_000
	for _, family := range []string{
		"apiserver_request_total{verb=%q,code=\"200\",resource=%q}", "kubelet_runtime_operations_total{operation_type=%q}", "requests_handled_total{code=%q}",
		"rest_client_requests_total{host=%q,code=\"500\"}", "workqueue_depth{name=%q}", "leader_election_master_status{name=%q}",
		"kube_pod_info{uid=%q,namespace=%q,pod=%q,node=%q}", "kube_node_info{node=%q}", "kube_pod_status_phase{uid=%[1]q,namespace=%[1]q,pod=%[1]q,phase=\"Running\"}",
		"kube_state_metrics_shard_ordinal{shard_ordinal=%q}", "vllm:num_requests_waiting{model_name=%q}", "vllm:num_requests_running{model_name=%q}",
		"vllm:kv_cache_usage_perc{model_name=%q}", "vllm:lora_requests_info{running_lora_adapters=%q}",
	} {
		name, _, _ := strings.Cut(family, "{")
		kind := "gauge"
		if strings.HasSuffix(name, "_total") {
			kind = "counter"
		}
		fmt.Fprintf(&b, "# HELP %s %s\n# TYPE %s %s\n", name, strings.ReplaceAll(command, "\r", ""), name, kind)
		b.WriteString(strings.ReplaceAll(family, "%q", `"`+command+`"`)) // raw: Go's escapes are not the format's
		fmt.Fprintf(&b, " %d\n", n)
	}
	text := strings.ReplaceAll(b.String(), "%[1]q", `"`+command+`"`)
	return text + "# TYPE process_start_time_seconds gauge\nprocess_start_time_seconds 1.7e9\n"
}

// Whatever targets, files and arguments say, no example prints what commands a
// terminal: as a table and as JSON, about targets that answer and that do not.
func TestNoExampleCommandsATerminal(t *testing.T) {
	if testing.Short() {
		t.Skip("builds all examples of the module")
	}
	bin := t.TempDir()
	build := exec.Command("go", "build", "-o", bin, "../../...")
	out, err := build.CombinedOutput()
	require.NoError(t, err, "%s", out)
	server := httptest.NewServer(http.HandlerFunc(target))
	t.Cleanup(server.Close)
	url := func(path string) string { return server.URL + path }
	urls := []string{url("/metrics"), url("/refuses"), url("/away"), url("/wrong"), url("/typed"), url("/header"), "http://127.0.0.1:1/%1b%5b2J%c2%9b"}
	nodes := filepath.Join(bin, "nodes.json")
	require.NoError(t, os.WriteFile(nodes, fmt.Appendf(nil, `{"kind":"NodeList","items":[{"metadata":{"name":%[1]q},"status":{"conditions":[{"type":"Ready","status":"True"}],
		"addresses":[{"type":"InternalIP","address":"127.0.0.1"}]}},{"metadata":{"name":"b"},"status":{"addresses":[{"type":"InternalIP","address":%[1]q}]}}]}`, "a\u202e\u009b31m"), 0o600))
	odd := filepath.Join(bin, command) // a file that is not there
	live := []string{"-rounds", "2", "-interval", "300ms", "-timeout", "250ms"}
	for _, x := range [][]string{
		append([]string{"fleet", "-counter", "apiserver_request_total by (verb)"}, urls...),
		{"balancer", urls[0]},
		{"balancer", urls[3]},
		append([]string{"shards"}, urls...),
		{"shards", "-union", odd + "/u", urls[0]},
		{"kubelets", "-nodes", nodes, "-scrape", "-insecure"},
		append([]string{"sidecar"}, urls...),
		append([]string{"picker"}, urls...),
		append([]string{"controlplane", "-text"}, urls...),
		{"controlplane", "-listen", "127.0.0.1:0", "-etcd", urls[3], "-controllers", urls[0], urls[0]},
	} {
		for _, kind := range []string{"", "-json"} {
			program(t, bin, x[0], append(append([]string{kind}, live...), x[1:]...))
		}
	}
	for _, name := range []string{"fleet", "balancer", "shards", "kubelets", "sidecar", "picker", "controlplane"} {
		program(t, bin, name, []string{"-no" + command})
		program(t, bin, name, append(map[string][]string{"controlplane": {"-listen", "127.0.0.1:0"}}[name], "-ca", odd, urls[0]))
		program(t, bin, name, []string{"http://" + command})
	}
	for _, name := range []string{"fleet", "balancer", "shards", "kubelets"} {
		program(t, bin, name, []string{"-replay", odd})
	}
	program(t, bin, "controlplane", []string{"-text", "-replay", odd})
}

// program runs one and checks what it prints, which is something.
func program(t *testing.T, bin, name string, args []string) {
	if args[0] == "" {
		args = args[1:]
	}
	ctx, stop := context.WithTimeout(t.Context(), time.Minute)
	defer stop()
	c := exec.CommandContext(ctx, filepath.Join(bin, name), args...)
	var stdout, stderr bytes.Buffer
	c.Stdout, c.Stderr = &stdout, &stderr
	_ = c.Run() // its status says what the targets are like
	require.NoError(t, ctx.Err(), "%s %q", name, args)
	assert.NotZero(t, stdout.Len()+stderr.Len(), "%s %q", name, args)
	for _, text := range []string{stdout.String(), stderr.String()} {
		i := strings.IndexFunc(text, func(r rune) bool { return r != '\n' && r != '\t' && !unicode.IsPrint(r) })
		if i >= 0 {
			assert.Fail(t, "it commands the terminal", "%s %q: %q", name, args, text[max(0, i-200):min(len(text), i+100)])
		}
	}
	t.Logf("%s %q: %s%s", name, args, stdout.String(), stderr.String())
}
