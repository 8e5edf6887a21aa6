package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/promfold/promfold/aggregate"
	"github.com/promfold/promfold/examples/internal/example"
)

// serve serves a history that is complete.
func serve(t *testing.T, v view, speed float64) *httptest.Server {
	o, err := parseFlags([]string{"-listen", "127.0.0.1:0"}, nil)
	require.NoError(t, err)
	o.speed = speed
	b, err := newBoard(o.settings)
	require.NoError(t, err)
	w := &watcher{o: o, board: b, history: newHistory(0), screen: example.NewScreen(o.Output, discard{}, discard{})}
	for _, p := range v.pages {
		w.history.add(p)
	}
	w.history.end()
	ctx, cancel := context.WithCancel(t.Context())
	handler, err := site{w}.handler(ctx)
	require.NoError(t, err)
	s := httptest.NewServer(handler)
	t.Cleanup(func() { cancel(); s.Close() })
	return s
}

func get(t *testing.T, url string) (*http.Response, string) {
	r, err := http.Get(url)
	require.NoError(t, err)
	defer r.Body.Close()
	body, err := io.ReadAll(r.Body)
	require.NoError(t, err)
	return r, string(body)
}

// The page shows the figures of the moment in its address, and JSON is of the
// same moment.
func TestServer(t *testing.T) {
	v, err := played()
	require.NoError(t, err)
	s := serve(t, v, 1)
	p := pageAt(t, 142*time.Second)
	address := fmt.Sprintf("?at=%d&range=1m0s", p.At.UnixMilli())
	r, body := get(t, s.URL+"/"+address)
	assert.Equal(t, http.StatusOK, r.StatusCode)
	assert.Contains(t, r.Header.Get("Content-Security-Policy"), "default-src 'none'")
	for _, row := range p.Rows {
		assert.Contains(t, body, row.Question)
		for _, f := range row.Figures {
			assert.Contains(t, body, f.Unit.format(f.Amount), "%s: %s", row.ID, f.Name)
		}
	}
	assert.NotRegexp(t, `\sstyle=|\son\w+=|<script>`, body, "the policy forbids it")
	assert.Equal(t, strings.Count(body, "<svg"), strings.Count(body, "The numbers of this chart"), "each chart has its table")

	_, text := get(t, s.URL+"/page.json"+address)
	want, err := json.Marshal(p)
	require.NoError(t, err)
	assert.JSONEq(t, string(want), text)
	_, text = get(t, s.URL+"/explain"+address+"&row=requests")
	assert.Equal(t, p.row("requests").Explain, text)
	r, _ = get(t, s.URL+"/explain"+address+"&row=nosuch")
	assert.Equal(t, http.StatusNotFound, r.StatusCode)
	_, text = get(t, s.URL+"/metrics")
	assert.Contains(t, text, "promfold_")
	for _, path := range []string{"/", "/page.json", "/explain", "/fragments", "/events"} {
		for _, at := range []string{"junk", "-1", "0", "1e9", "99999999999999999999"} {
			r, _ := get(t, s.URL+path+"?at="+at)
			assert.Equal(t, http.StatusBadRequest, r.StatusCode, "%s %s", path, at)
		}
	}

	_, body = get(t, s.URL+"/"+address+"&show=etcd&find=etcd-1")
	assert.True(t, strings.Contains(body, "</i>etcd-1</th>"))
	assert.False(t, strings.Contains(body, "</i>etcd-3</th>"), "it was not looked for")
	assert.False(t, strings.Contains(body, `id="row-requests"`))
	assert.True(t, strings.Contains(body, fmt.Sprintf(`id="next" href="/?at=%d&amp;find=etcd-1&amp;range=1m0s&amp;show=etcd"`, p.At.Add(step).UnixMilli())))
}

// A page from elsewhere that calls itself by a name for 127.0.0.1 learns nothing.
func TestRebinding(t *testing.T) {
	v, err := played()
	require.NoError(t, err)
	s := serve(t, v, 1)
	for host, want := range map[string]int{
		"evil.example": http.StatusForbidden, "localhost.evil": http.StatusForbidden,
		"localhost": http.StatusOK, "LOCALHOST.:8090": http.StatusOK, "127.0.0.1:1": http.StatusOK, "[::1]": http.StatusOK, "[::1]:8090": http.StatusOK,
	} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.URL, nil)
		require.NoError(t, err)
		r.Host = host
		if answer, err := http.DefaultClient.Do(r); assert.NoError(t, err, host) {
			answer.Body.Close()
			assert.Equal(t, want, answer.StatusCode, host)
		}
	}
	r, body := get(t, s.URL+"/nope")
	assert.Equal(t, http.StatusNotFound, r.StatusCode)
	assert.Contains(t, body, "The page is at /")
}

// A browser says what it takes, and what not.
func TestEncodings(t *testing.T) {
	for accept, want := range map[string]bool{
		"": false, "gzip": true, "gzip, deflate, br": true, "br;q=1.0, GZIP;q=0.5": true, "gzip;q=0": false, "gzip; q=0.0, *": false, "*": true, "*;q=0": false,
		"*, gzip;q=0": false, "xgzip": false, "identity": false, "gzip;q=x": false,
	} {
		assert.Equal(t, want, takesGzip(accept), accept)
	}
}

// Lists are never null, which is what is unknown.
func TestLists(t *testing.T) {
	b, err := newBoard(settings{window: time.Minute, slo: time.Second})
	require.NoError(t, err)
	p, err := b.page(time.Unix(1, 0))
	require.NoError(t, err)
	pages, err := played()
	require.NoError(t, err)
	for _, p := range append(pages.pages, &p) {
		text, err := json.Marshal(p)
		require.NoError(t, err)
		assert.NotRegexp(t, `"(parts|rows|figures|panels|warnings|columns|entries|cells)":null`, string(text))
	}
}

// once is a listener of one connection.
type once struct{ connection chan net.Conn }

func (l once) Accept() (net.Conn, error) {
	if c, ok := <-l.connection; ok {
		return c, nil
	}
	return nil, net.ErrClosed
}
func (l once) Close() error   { return nil }
func (l once) Addr() net.Addr { return &net.TCPAddr{} }

// Who asks for events and reads none is left after a while.
func TestPatience(t *testing.T) {
	v, err := played()
	require.NoError(t, err)
	synctest.Test(t, func(t *testing.T) {
		o, err := parseFlags(nil, nil)
		require.NoError(t, err)
		b, err := newBoard(o.settings)
		require.NoError(t, err)
		w := &watcher{o: o, board: b, history: newHistory(0), screen: example.NewScreen(o.Output, discard{}, discard{})}
		for _, p := range v.pages[:20] {
			w.history.add(p)
		}
		handler, err := site{w}.handler(t.Context())
		require.NoError(t, err)
		ended := make(chan struct{})
		s := &http.Server{Handler: http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) { handler.ServeHTTP(rw, r); close(ended) })}
		client, server := net.Pipe()
		defer client.Close()
		l := once{make(chan net.Conn, 1)}
		l.connection <- server
		go s.Serve(l)
		_, err = io.WriteString(client, "GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n")
		require.NoError(t, err)
		begin := time.Now()
		<-ended
		assert.Less(t, time.Since(begin), 2*patience)
		close(l.connection)
		require.NoError(t, s.Close())
	})
}

// However many values a label has, a page stays small, and says what it leaves out.
func TestManyLabels(t *testing.T) {
	b, err := newBoard(settings{window: time.Minute, slo: time.Second})
	require.NoError(t, err)
	at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	require.NoError(t, b.fleet.SetTargets(at, (&watcher{}).target("a", apiServers, false)))
	const many = 3000
	var page Page
	for round := range 3 {
		at = at.Add(5 * time.Second)
		var body strings.Builder
		body.WriteString("# TYPE apiserver_request_total counter\n")
		for i := range many {
			fmt.Fprintf(&body, "apiserver_request_total{verb=\"V%d\",code=\"5%d\"} %d\n", i, i, round*(i+1))
		}
		body.WriteString("# TYPE apiserver_current_inflight_requests gauge\n")
		for i := range many {
			fmt.Fprintf(&body, "apiserver_current_inflight_requests{request_kind=\"k%d\"} 1\n", i)
		}
		_, err := b.fleet.Ingest(aggregate.Scrape{Target: "a", Time: at, Body: []byte(body.String())})
		require.NoError(t, err)
		page, err = b.page(at)
		require.NoError(t, err)
	}
	verbs := page.row("requests").panel("verbs")
	assert.Len(t, verbs.Entries, entriesMost)
	assert.Equal(t, many-entriesMost, verbs.LeftOut)
	assert.Equal(t, fmt.Sprintf("V%d", many-entriesMost), verbs.Entries[0].Key, "the greatest stay, in their order")
	text, err := json.Marshal(page)
	require.NoError(t, err)
	assert.Less(t, len(text), 500_000)
	assert.Contains(t, page.row("inflight").Explain, "bytes more")
}

// So many streams are sent at once, and no more.
func TestLimited(t *testing.T) {
	in, out := make(chan struct{}), make(chan struct{})
	h := limited(2, func(http.ResponseWriter, *http.Request) { in <- struct{}{}; <-out })
	for range 2 {
		go h(httptest.NewRecorder(), nil)
		<-in
	}
	r := httptest.NewRecorder()
	h(r, nil)
	assert.Equal(t, http.StatusServiceUnavailable, r.Code)
	out <- struct{}{}
	out <- struct{}{}
}

// Events carry what changed, to the end of the recording.
func TestEvents(t *testing.T) {
	v, err := played()
	require.NoError(t, err)
	v.pages = v.pages[20:26]
	s := serve(t, v, 1e6)
	r, err := http.Get(fmt.Sprintf("%s/events?at=%d", s.URL, v.pages[1].At.UnixMilli()))
	require.NoError(t, err)
	defer r.Body.Close()
	var got []message
	ended := false
	lines := bufio.NewScanner(r.Body)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		text, ok := strings.CutPrefix(lines.Text(), "data: ")
		if ended = ended || lines.Text() == "event: end"; ok && !ended {
			var m message
			require.NoError(t, json.Unmarshal([]byte(text), &m))
			got = append(got, m)
		}
	}
	assert.True(t, ended)
	require.Len(t, got, 5)
	for i, m := range got {
		assert.Equal(t, v.pages[i+1].At.UnixMilli(), m.Now)
		assert.Contains(t, m.Parts, "head")
	}
	assert.Contains(t, got[0].Parts, "row-objects")
}

// hostile is a label value that would be a script, a command to a terminal, and
// too long for any page.
var hostile = `<script>alert(1)</script>"'&` + "\x1b[2J\u202e" + strings.Repeat("x", 10_000)

// hostilePages returns pages of a server whose labels have that value.
func hostilePages(t testing.TB) view {
	b, err := newBoard(settings{window: time.Minute, slo: time.Second})
	require.NoError(t, err)
	w := &watcher{board: b, history: newHistory(0)}
	at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	value := strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`).Replace(hostile)
	require.NoError(t, b.fleet.SetTargets(at, w.target("<b>server</b>", apiServers, false)))
	for i := range 20 {
		body := fmt.Sprintf("# TYPE apiserver_request_total counter\napiserver_request_total{verb=\"%s\",code=\"200\"} %d\nprocess_start_time_seconds 1.7e9\n", value, 100*i)
		_, err := b.fleet.Ingest(aggregate.Scrape{Target: "<b>server</b>", Time: at, Body: []byte(body)})
		require.NoError(t, err)
		require.NoError(t, w.take(at, func(*Page) error { return nil }))
		at = at.Add(5 * time.Second)
	}
	w.history.end()
	return w.history.view()
}

// Label values are text: never HTML, never a command, never longer than a table.
func TestHostile(t *testing.T) {
	v := hostilePages(t)
	s := serve(t, v, 1)
	_, body := get(t, fmt.Sprintf("%s/?at=%d&find=script", s.URL, v.pages[19].At.UnixMilli()))
	assert.Contains(t, body, "&lt;script&gt;alert(1)&lt;/script&gt;")
	assert.NotContains(t, body, "<script>")
	assert.NotContains(t, body, "<b>server")
	assert.NotContains(t, body, "\x1b")
	assert.NotContains(t, body, "\u202e")
	assert.NotContains(t, body, strings.Repeat("x", 1000))
	assert.Contains(t, body, "characters)")
	for _, l := range v.pages[19].lines() {
		text := example.Plain([]example.Line{l})
		assert.NotContains(t, text, "\x1b")
		assert.NotContains(t, text, strings.Repeat("x", 1000))
	}
	_, body = get(t, s.URL+"/?find=%22%3E%3Cscript%3E")
	assert.NotContains(t, body, `"><script>`)
}
