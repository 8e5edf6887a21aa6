package scrape

import (
	"context"
	"encoding/pem"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/common/config"
	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/relabel"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v2"

	"github.com/promfold/promfold/aggregate"
)

func pemOf(s *httptest.Server) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw}))
}

// zone is a resolver that answers from memory.
type zone struct {
	mu        sync.Mutex
	addresses map[string][]netip.Addr
	services  map[string][]*net.SRV
	err       error
}

func (z *zone) LookupNetIP(_ context.Context, network, host string) ([]netip.Addr, error) {
	z.mu.Lock()
	defer z.mu.Unlock()
	if list, ok := z.addresses[host]; ok && z.err == nil && network == "ip" {
		return list, nil
	}
	return nil, z.failure(host)
}

func (z *zone) LookupSRV(_ context.Context, service, proto, name string) (string, []*net.SRV, error) {
	z.mu.Lock()
	defer z.mu.Unlock()
	if list, ok := z.services[name]; ok && z.err == nil && service+proto == "" {
		return name, list, nil
	}
	return "", nil, z.failure(name)
}

func (z *zone) change(how func()) {
	z.mu.Lock()
	defer z.mu.Unlock()
	how()
}

type dnsError = net.DNSError

func (z *zone) failure(name string) error {
	if z.err != nil {
		return z.err
	}
	return &net.DNSError{Err: "no such host", Name: name, IsNotFound: true}
}

func TestDNS(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		z := &zone{
			addresses: map[string][]netip.Addr{"web.test": {netip.MustParseAddr("10.0.0.2"), netip.MustParseAddr("10.0.0.1"), netip.MustParseAddr("fd00::1")}},
			services:  map[string][]*net.SRV{"_metrics._tcp.test": {{Target: "a.test.", Port: 9100}, {Target: "b.test.", Port: 9200}}},
		}
		rules := []*relabel.Config{
			{Action: relabel.Replace, SourceLabels: model.LabelNames{"__meta_dns_name"}, TargetLabel: "service", Replacement: "$1"},
			{Action: relabel.Replace, SourceLabels: model.LabelNames{"__meta_dns_srv_record_target", "__meta_dns_srv_record_port"}, Separator: "/", TargetLabel: "srv", Replacement: "$1"},
		}
		const interval = 10 * time.Second
		x := newTrial(t, Config{Interval: interval, Relabel: rules},
			DNS("http://web.test/metrics", interval, z), DNS("https://_metrics._tcp.test/m", interval, z))
		net := x.stub()
		end := x.start(t)
		defer end()
		all := []string{
			"10.0.0.1:80 http://10.0.0.1:80/metrics", "10.0.0.2:80 http://10.0.0.2:80/metrics", "[fd00::1]:80 http://[fd00::1]:80/metrics",
			"a.test:9100/m https://a.test:9100/m", "b.test:9200/m https://b.test:9200/m",
		}
		assert.Equal(t, all, net.scraped(interval))
		assert.Equal(t, `{service="web.test", srv="/"}`, net.labels("10.0.0.1:80"))
		assert.Equal(t, `{service="_metrics._tcp.test", srv="b.test./9200"}`, net.labels("b.test:9200/m"))

		z.change(func() { z.addresses["web.test"] = z.addresses["web.test"][:1] })
		time.Sleep(interval)
		assert.Equal(t, slices.Concat(all[1:2], all[3:]), net.scraped(interval))

		z.change(func() { z.err = &dnsError{Err: "server misbehaving", Name: "web.test", IsTemporary: true} })
		assert.Equal(t, slices.Concat(all[1:2], all[3:]), net.scraped(2*interval), "nobody said that they are gone")
		assert.ErrorContains(t, x.err(""), "server misbehaving")

		z.change(func() { z.err = nil; delete(z.addresses, "web.test") })
		time.Sleep(2 * interval)
		assert.Equal(t, all[3:], net.scraped(interval), "the name is gone")
	})
}

// The name that was resolved is asked for, and the certificate must be its.
func TestDNSKeepsTheName(t *testing.T) {
	var host, server string
	s, c, _ := secure(t, func(w http.ResponseWriter, r *http.Request) {
		host, server = r.Host, r.TLS.ServerName
		counting(w, r, 1)
	})
	_, port, err := net.SplitHostPort(address(s))
	require.NoError(t, err)
	local := []netip.Addr{netip.MustParseAddr("127.0.0.1")}
	z := &zone{addresses: map[string][]netip.Addr{"example.com": local, "other.test": local}}
	x := newTrial(t, Config{HTTP: c}, DNS("https://example.com:"+port, 0, z))
	x.once(t)
	assert.Equal(t, map[string]int{address(s): 1}, x.reports)
	assert.Equal(t, "example.com:"+port, host)
	assert.Equal(t, "example.com", server)

	x = newTrial(t, Config{HTTP: c}, DNS("https://other.test:"+port, 0, z))
	x.once(t)
	assert.ErrorContains(t, x.errs[address(s)], "not other.test")
}

// The name stays on redirects to it, also with credentials, and is not told to
// others.
func TestDNSRedirects(t *testing.T) {
	var hosts []string
	other := serve(t, func(w http.ResponseWriter, r *http.Request, n int) {
		hosts = append(hosts, r.Host)
		counting(w, r, n)
	})
	s := serve(t, func(w http.ResponseWriter, r *http.Request, n int) {
		hosts = append(hosts, r.Host)
		switch r.URL.Path {
		case "/metrics":
			http.Redirect(w, r, "/here", http.StatusFound)
		case "/here":
			http.Redirect(w, r, other.URL, http.StatusFound)
		}
	})
	_, port, err := net.SplitHostPort(address(s))
	require.NoError(t, err)
	z := &zone{addresses: map[string][]netip.Addr{"web.test": {netip.MustParseAddr("127.0.0.1")}}}
	x := newTrial(t, Config{}, DNS("http://web.test:"+port, 0, z))
	x.once(t)
	assert.Empty(t, x.errs)
	assert.Equal(t, []string{"web.test:" + port, "web.test:" + port, address(other)}, hosts)

	f := &fetcher{config: config.HTTPClientConfig{BearerToken: "x"}}
	first, err := http.NewRequest(http.MethodGet, "http://10.0.0.1:80/metrics", nil)
	require.NoError(t, err)
	first.Host = "web.test:80"
	for to, ok := range map[string]bool{"http://web.test:80/x": true, "http://10.0.0.1:80/x": true, "http://web.test:81/x": false} {
		next, err := http.NewRequest(http.MethodGet, to, nil)
		require.NoError(t, err)
		assert.Equal(t, ok, f.checkRedirect(next, []*http.Request{first}) == nil, to)
	}
}

// Without a resolver it is that of the machine.
func TestDNSOfTheMachine(t *testing.T) {
	s := serve(t, counting)
	x := newTrial(t, Config{}, DNS(s.URL, 0, nil))
	x.once(t)
	assert.Equal(t, map[string]int{address(s): 1}, x.reports)
}

func TestDNSOfNothing(t *testing.T) {
	x := newTrial(t, Config{}, DNS("ftp://x", 0, &zone{}))
	assert.ErrorContains(t, x.Once(t.Context()), "not an http or https URL")
}

func TestFiles(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		x := newTrial(t, Config{Interval: time.Second}, Files(filepath.Join(dir, "*.json"), filepath.Join(dir, "*.y*ml")))
		net := x.stub()
		end := x.start(t)
		defer end()
		write := func(name, text string) []string {
			t.Helper()
			require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600))
			time.Sleep(2 * filesPoll)
			return net.scraped(2 * time.Second)
		}
		a := []string{"example.org:443 https://example.org:443/metrics", "localhost:9090 https://localhost:9090/metrics", "my.domain http://my.domain/metrics"}
		assert.Equal(t, a, write("a.json", `[{"targets": ["localhost:9090", "example.org:443"], "labels": {"foo": "bar", "__scheme__": "https"}}, {"targets": ["my.domain"]}]`))
		assert.Equal(t, `{foo="bar"}`, net.labels("localhost:9090"))

		both := append(slices.Clone(a), "z:1/federate?match=up http://z:1/federate?match=up")
		assert.Equal(t, both, write("b.yml", "- targets: ['z:1']\n  labels: {__metrics_path__: /federate, __param_match: up}\n"))

		for _, bad := range []string{`[{"targets": ["localhost:`, "[null]", `[{"targets": ["x:1"], "port": 1}]`, `{"targets": []}`} {
			assert.Equal(t, both, write("a.json", bad), "it may be half written")
			assert.ErrorContains(t, x.err(""), "a.json")
			time.Sleep(3 * filesPoll)
			assert.NoError(t, x.err(""), "told once")
		}
		assert.Equal(t, []string{"new:1 http://new:1/metrics", both[3]}, write("a.json", `[{"targets": ["new:1"]}]`))
		require.NoError(t, os.Remove(filepath.Join(dir, "b.yml")))
		assert.Equal(t, []string{"new:1 http://new:1/metrics"}, write("c.txt", "no pattern has it"))
	})
}

func TestFilesOfNothing(t *testing.T) {
	x := newTrial(t, Config{}, Files("["))
	assert.ErrorContains(t, x.Once(t.Context()), "syntax error in pattern")
	path := filepath.Join(t.TempDir(), "list.txt")
	require.NoError(t, os.WriteFile(path, nil, 0o600))
	x = newTrial(t, Config{}, Files(path))
	assert.ErrorContains(t, x.Once(t.Context()), `".txt" is neither`)
}

func TestReady(t *testing.T) {
	target := func(url string, pairs ...string) Target {
		x := Target{URL: url}
		x.Labels = labels.FromStrings(pairs...)
		return x
	}
	for _, c := range []struct {
		name   string
		target Target
		rules  string
		want   string // name, URL and labels; empty: dropped
	}{
		{"a URL as it is", target("http://a:1/metrics", "x", "y"), "", `a:1 http://a:1/metrics {x="y"}`},
		{"no path", target("http://a"), "", `a http://a/metrics {}`},
		{"another path", target("https://a:1/"), "", `a:1/ https://a:1/ {}`},
		{"a query of several values", target("http://u:p@a/m%2fx?k=1&k=2"), "", `a/m%2fx?k=1&k=2 http://u:p@a/m%2fx?k=1&k=2 {}`},
		{"labels alone", target("", "__address__", "[::1]:80", "__metrics_path__", "x"), "", `[::1]:80/x http://[::1]:80/x {}`},
		{"rewritten", target("http://a:1/x?k=1&k=2", "__meta_z", "7"), `
- {target_label: __param_k, source_labels: [__meta_z]}
- {target_label: __scheme__, replacement: https}
- {source_labels: [__address__], regex: "(.*):1", target_label: __address__, replacement: "$1:2"}
- {regex: __meta_(.*), action: labelmap}
- {target_label: instance, source_labels: [__address__, __metrics_path__, __scheme__], separator: " "}`,
			`a:2/x?k=7&k=2 https://a:2/x?k=7&k=2 {instance="a:2 /x https", z="7"}`},
		{"dropped", target("http://a:1"), "[{action: drop, source_labels: [__address__], regex: a.*}]", ""},
		{"kept", target("http://a:1"), "[{action: keep, source_labels: [__address__], regex: a.*}]", `a:1 http://a:1/metrics {}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			var rules []*relabel.Config
			require.NoError(t, yaml.UnmarshalStrict([]byte(c.rules), &rules))
			config := Config{Relabel: rules}
			require.NoError(t, config.complete())
			e, ok, err := config.ready(c.target)
			require.NoError(t, err)
			if assert.Equal(t, c.want != "", ok) && ok {
				assert.Equal(t, c.want, strings.Join([]string{e.Name, e.URL, e.Labels.String()}, " "))
			}
		})
	}
}

// An invalid target is told, and the others are scraped.
func TestInvalidTargets(t *testing.T) {
	s := serve(t, counting)
	bad := []Target{{URL: "ftp://a"}, {URL: "http://u:secret@a b"}, {URL: "http://"}, {}}
	for _, pair := range [][2]string{{"__address__", "a/b"}, {"__scheme__", "ftp"}, {"__scrape_interval__", "soon"}, {"__scrape_timeout__", "0s"}} {
		x := Target{URL: s.URL}
		x.Name, x.Labels = pair[0], labels.FromStrings(pair[0], pair[1])
		bad = append(bad, x)
	}
	same := Target{Target: aggregate.Target{Name: address(s)}, URL: s.URL + "/other"}
	x := newTrial(t, Config{}, URLs(s.URL, s.URL), Targets(append(bad, same)...))
	err := x.Once(t.Context())
	require.Error(t, err)
	said := strings.Split(err.Error(), "\n")
	assert.Len(t, said, len(bad)+1, "%s", err)
	assert.Contains(t, said[len(bad)], "another target has the name "+address(s))
	assert.NotContains(t, err.Error(), "secret")
	assert.Equal(t, map[string]int{address(s): 1}, x.reports)
}

func TestInvalidConfig(t *testing.T) {
	for _, c := range []Config{
		{Interval: -1}, {Interval: time.Second, Timeout: time.Minute}, {Concurrency: -1}, {MaxBody: -1},
		{Relabel: []*relabel.Config{{}}}, {Relabel: []*relabel.Config{nil}},
	} {
		_, err := New(nil, c)
		assert.ErrorContains(t, err, "invalid configuration")
	}
	_, err := New(nil, Config{}, URLs(), nil)
	assert.ErrorContains(t, err, "source 2 is nil")
	c := Config{}
	c.HTTP.TLSConfig.CAFile = "none"
	_, err = New(nil, c)
	assert.ErrorContains(t, err, "none")
}
