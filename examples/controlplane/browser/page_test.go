package browser

import (
	"fmt"
	"net/url"
	"slices"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// shown is what the browser shows of the rows, read from its document.
const shown = `Object.fromEntries([...document.querySelectorAll("#rows > section")].map(s => [s.id.slice(4), {
	state: s.classList[1],
	figures: [...s.querySelectorAll(".figures > div")].map(f => [f.querySelector("dt").textContent, f.querySelector("data")?.value ?? ""]),
	panels: Object.fromEntries([...s.querySelectorAll(".panel")].map(p => [p.id.slice(3 + s.id.length - 4), [...p.querySelectorAll(".entries tbody tr")].map(l =>
		[...l.cells].map((c, i) => i == 0 ? c.textContent : c.querySelector("data")?.value ?? c.firstChild?.data ?? ""))])),
}]))`

type row struct {
	State   string
	Figures [][2]string
	Panels  map[string][][]string
}

// at returns the address of a moment, at which the page stands still.
func at(t time.Time) string { return fmt.Sprintf("/?at=%d&pause=1", t.UnixMilli()) }

// Every number on the page is that of -json, at several moments.
func TestNumbers(t *testing.T) {
	compare(t, "45s,100s,142s,217s", 150)
}

// So it is behind a balancer, where the page says what that makes of the numbers.
func TestBalanced(t *testing.T) {
	args := []string{"-balanced", "-expected", "3"}
	b := compare(t, "65s,142s", 150, args...)
	b.until(`document.querySelector("#row-trust").textContent.includes("the numbers are lower bounds")`)
	known := ask[[]string](b, `[...document.querySelectorAll("#p-trust-instances .entries tbody tr")].map(l => l.cells[4].textContent).filter(t => t.includes("behind a balancer"))`)
	assert.GreaterOrEqual(t, len(known), 3, "each server was told apart")
	open := ask[int](b, `[...document.querySelectorAll("#row-requests .bounds")].length`)
	assert.Positive(t, open)
}

// The rows of audit logs: who calls, and what the logs and the metrics count.
func TestAudit(t *testing.T) {
	args := logs(t)
	b := compare(t, "65s,142s", 200, args...)
	rows := ask[map[string]row](b, shown)
	agents := rows["callers"].Panels["agents"]
	require.Len(t, agents, 2)
	assert.Contains(t, agents[0][0], "busy")
	assert.Contains(t, agents[1][0], "<script>")
	tainted := ask[bool](b, `document.title == "owned" || document.querySelector("main script, main img") != null`)
	assert.False(t, tainted)
	text := ask[string](b, `document.querySelector("#about-callers").textContent`)
	assert.Contains(t, text, "apiserver-c: 1 lines cut or not JSON do not count")
	assert.Len(t, rows["agreement"].Panels["servers"], 3)
	state := ask[string](b, `document.querySelector("#row-agreement .answer").textContent`)
	assert.Contains(t, state, "differ", "the logs were made up")
}

// compare compares the page with -json at moments of the recording, and returns
// the tab at the last of them.
func compare(t *testing.T, moments string, least int, args ...string) *tab {
	b := open(t, start(t, args...))
	for _, p := range printed(t, moments, args...) {
		b.visit(at(p.At))
		rows := ask[map[string]row](b, shown)
		require.Len(t, rows, len(p.Rows))
		numbers := 0
		for _, r := range p.Rows {
			got := rows[r.ID]
			assert.Equal(t, r.State, got.State, r.ID)
			require.Len(t, got.Figures, len(r.Figures), r.ID)
			for i, f := range r.Figures {
				assert.Equal(t, f.Name, got.Figures[i][0])
				same(t, f.Amount, got.Figures[i][1], r.ID+": "+f.Name)
			}
			for _, x := range r.Panels {
				lines := got.Panels[x.ID]
				require.Len(t, lines, len(x.Entries), "%s: %s", r.ID, x.ID)
				for i, e := range x.Entries {
					assert.Contains(t, lines[i][0], visible(e.Key))
					for j, c := range e.Cells {
						if x.Columns[j].Unit != "" {
							same(t, c.Amount, lines[i][j+1], r.ID+": "+x.ID+": "+e.Key)
							numbers++
						}
					}
				}
			}
		}
		assert.Greater(t, numbers, least)
	}
	return b
}

// visible returns what a page shows of a name, to where it is shortened.
func visible(name string) string {
	runes := []rune(name)
	for i, r := range runes {
		if r < ' ' {
			runes[i] = '\ufffd'
		}
	}
	return string(runes[:min(len(runes), 120)])
}

// same compares a number of -json with that of the page; what is unknown is no
// number.
func same(t *testing.T, want *amount, got, what string) {
	t.Helper()
	if want == nil {
		assert.NotRegexp(t, `\d`, got, what)
		return
	}
	var v float64
	_, err := fmt.Sscan(got, &v)
	if assert.NoError(t, err, "%s: %q", what, got) {
		assert.Equal(t, want.Value, v, what)
	}
}

// Each chart has a table with its numbers, and says that it has.
func TestTables(t *testing.T) {
	b := open(t, start(t))
	p := printed(t, "142s")[0]
	b.visit(at(p.At))
	charts := 0
	for _, r := range p.Rows {
		for _, x := range r.Panels {
			if x.Chart != "" && len(x.Entries) > 0 {
				charts++
			}
		}
	}
	got := ask[[][]int](b, `[...document.querySelectorAll("svg")].map(s => {
		const l = s.closest(".panel").querySelectorAll(".numbers tbody tr");
		return [l.length, l[0]?.cells.length ?? 0, s.getAttribute("aria-label").length];
	})`)
	require.Len(t, got, charts)
	assert.Greater(t, charts, 15)
	for _, c := range got {
		assert.Greater(t, c[0], 10)
		assert.Greater(t, c[1], 1)
		assert.Greater(t, c[2], 10)
	}
}

// While the recording plays, a server is killed: its line turns grey, the
// coverage falls, and nothing reads 0. Then it is back.
func TestKilled(t *testing.T) {
	b := open(t, start(t, "-speed", "20"))
	p := printed(t, "110s")[0]
	b.visit(fmt.Sprintf("/?at=%d", p.At.UnixMilli()))
	const ofC = `[...document.querySelectorAll("#p-requests-servers .entries tr")].find(l => l.cells[0].textContent.includes("apiserver-c"))`
	// What stands on the page at that moment, for the recording plays on.
	b.until(ofC + `?.className == "lost" && (window.then = [document.querySelector("#head").textContent, ` + ofC + `.querySelector("data").value])`)
	then := ask[[]string](b, `window.then`)
	assert.Contains(t, then[0], "2 of 3 API servers answer")
	assert.Contains(t, then[0], "apiserver-c")
	assert.NotEqual(t, "0", then[1])
	b.until(`document.querySelector("#p-requests-servers .silent") != null`)
	b.until(`document.querySelector("#head").textContent.includes("3 of 3 API servers answer")`)
	b.until(`document.querySelector("#play").textContent == "Play"`) // the end of the recording
}

// A label value is text, whatever is in it, and a live server that is killed is
// lost.
func TestHostile(t *testing.T) {
	one, other := server(t), server(t)
	b := open(t, start(t, "-interval", "1s", one.URL+"/metrics", other.URL+"/metrics"))
	b.visit("/")
	b.until(`document.querySelector("#p-requests-verbs .entries tbody tr")?.cells[0].textContent.includes("<script>")`)
	tainted := ask[bool](b, `document.title == "owned" || document.querySelector("main script, main img") != null || document.body.innerText.includes("\x1b")`)
	assert.False(t, tainted)
	wide := ask[bool](b, `document.documentElement.scrollWidth > innerWidth`)
	assert.False(t, wide, "it breaks its line")
	other.Close()
	b.until(`document.querySelector("#head").textContent.includes("1 of 2 API servers answer")`)
	b.until(`document.querySelector("#p-processes-memory .lost") != null`)
}

// The keyboard moves through time and through charts, and the address says where
// the page is.
func TestKeyboard(t *testing.T) {
	b := open(t, start(t))
	p := printed(t, "100s,105s")
	b.visit(at(p[0].At))
	place := func() string {
		text := ask[string](b, `location.search`)
		q, err := url.ParseQuery(text[1:])
		require.NoError(t, err)
		return q.Get("at")
	}
	b.run(chromedp.KeyEvent(kb.ArrowRight))
	b.until(fmt.Sprintf(`document.body.dataset.now == "%d"`, p[1].At.UnixMilli()))
	assert.Equal(t, fmt.Sprint(p[1].At.UnixMilli()), place())

	b.run(chromedp.Focus("#p-requests-servers .plot"), chromedp.KeyEvent(kb.Home))
	read := ask[[]string](b, `["aria-valuenow", "aria-valuetext", "role"].map(a => document.activeElement.getAttribute(a))`)
	assert.Equal(t, "0", read[0])
	assert.Contains(t, read[1], "apiserver-a")
	assert.Equal(t, "slider", read[2])

	b.run(chromedp.SetValue(`select[name="show"]`, "etcd"))
	ask[bool](b, `document.querySelector('select[name="show"]').dispatchEvent(new Event("change", {bubbles: true}))`)
	b.until(`document.querySelectorAll("#rows > section").length == 1 && location.search.includes("show=etcd")`)
	again := ask[string](b, `location.pathname + location.search`)
	b.visit(again)
	ids := ask[[]string](b, `[...document.querySelectorAll("#rows > section")].map(s => s.id)`)
	assert.Equal(t, []string{"row-etcd"}, ids)

	b.run(chromedp.Click(`#row-etcd .number`))
	about := ask[bool](b, `document.querySelector("#about-etcd").matches(":popover-open")`)
	assert.True(t, about)
	b.run(chromedp.Click(`#about-etcd .explain`))
	b.until(`document.querySelector("#explanation").open && document.querySelector("#explanation pre").textContent.includes("etcd-1")`)
}

// axe-core finds no violation: light, there with what is folded open, dark, and
// on a phone.
func TestAccessible(t *testing.T) {
	script := axe(t)
	b := open(t, start(t, logs(t)...))
	p := printed(t, "142s")[0]
	for _, c := range []struct {
		name, scheme string
		width        int64
	}{{"light", "light", 1280}, {"dark", "dark", 1280}, {"phone", "light", 375}} {
		b.wide(c.width, 900)
		b.prefers("prefers-color-scheme", c.scheme)
		b.visit(at(p.At) + "&range=1m0s")
		if c.name == "light" { // the same tables elsewhere, in other colours
			ask[bool](b, `document.querySelectorAll("details").forEach(d => d.open = true) ?? true`)
		}
		ask[bool](b, script+"; true")
		found := ask[[]string](b, `axe.run().then(r => r.violations.flatMap(v => v.nodes.map(n => v.id + ": " + n.target + " " + n.failureSummary)))`)
		assert.Empty(t, slices.Compact(found), c.name)
		wide := ask[bool](b, `document.documentElement.scrollWidth > innerWidth`)
		assert.False(t, wide, "%s: the page is wider than the screen", c.name)
	}
}
