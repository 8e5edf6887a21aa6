package browser

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// missing skips a test for want of a tool, and fails it in CI, which has to have
// it.
func missing(t *testing.T, what string) {
	if os.Getenv("CI") != "" {
		t.Fatalf("%s is missing, and CI is set", what)
	}
	t.Skipf("%s is missing", what)
}

// chromium returns the path of the browser.
func chromium(t *testing.T) string {
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	missing(t, "chromium")
	return ""
}

// axe returns axe-core.
func axe(t *testing.T) string {
	script, err := os.ReadFile("node_modules/axe-core/axe.min.js")
	if errors.Is(err, fs.ErrNotExist) {
		missing(t, "axe-core (npm ci)")
	}
	require.NoError(t, err)
	return string(script)
}

// tab is a tab of a browser, and what must not happen in it.
type tab struct {
	*testing.T
	context.Context
	base string

	mu     sync.Mutex
	faults []string
}

// open opens a tab for the pages of a program. At the end of the test nothing
// may have been said on the console, and nothing requested from elsewhere.
func open(t *testing.T, base string) *tab {
	b := &tab{T: t, base: base}
	end := b.start()
	t.Cleanup(func() {
		end()
		b.mu.Lock()
		defer b.mu.Unlock()
		assert.Empty(t, b.faults)
	})
	call(b, log.Enable, struct{}{})
	call(b, network.Enable, network.EnableParams{})
	b.wide(1280, 900)
	return b
}

// start starts the browser of the tab, and returns what ends it. On a busy machine
// a browser may die while it starts, so it gets a few tries.
func (b *tab) start() (end func()) {
	b.Helper()
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(chromium(b.T)), chromedp.NoSandbox, chromedp.DisableGPU)
	for tries := 3; ; tries-- {
		browser, stop := chromedp.NewExecAllocator(context.Background(), options...)
		ctx, cancel := chromedp.NewContext(browser)
		b.Context, end = ctx, func() {
			cancel()
			stop()
		}
		err := chromedp.Listen(ctx, b.watch)
		if err == nil {
			return end
		}
		end()
		if tries == 1 {
			require.NoError(b, err)
		}
	}
}

// call sends a command to the browser.
func call[P, R any](b *tab, command cdp.Command[P, R], params P) R {
	b.Helper()
	r, err := chromedp.Call(b.Context, command, params)
	require.NoError(b, err)
	return r
}

func (b *tab) watch(event any) {
	switch e := event.(type) {
	case *runtime.EventConsoleAPICalled:
		b.fault("console: " + string(e.Type))
	case *runtime.EventExceptionThrown:
		b.fault("exception: " + e.ExceptionDetails.Text)
	case *log.EventEntryAdded:
		b.fault("log: " + e.Entry.Text + " " + e.Entry.URL)
	case *network.EventRequestWillBeSent:
		if !strings.HasPrefix(e.Request.URL, b.base) {
			b.fault("request to " + e.Request.URL)
		}
	}
}

func (b *tab) fault(text string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.faults = append(b.faults, text)
}

func (b *tab) run(steps ...chromedp.Action[chromedp.Void]) {
	b.Helper()
	ctx, cancel := context.WithTimeout(b.Context, time.Minute)
	defer cancel()
	require.NoError(b, chromedp.Do(ctx, steps...))
}

func (b *tab) wide(width, height int64) {
	call(b, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{Width: width, Height: height, DeviceScaleFactor: 1, Mobile: width < 600})
}

// prefers sets a media feature, such as a colour scheme.
func (b *tab) prefers(feature, value string) {
	call(b, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: feature, Value: value}}})
}

// visit goes to a page of the program.
func (b *tab) visit(path string) {
	b.Helper()
	b.run(chromedp.Navigate(b.base+path), chromedp.WaitReady("#rows section"))
}

// ask evaluates an expression, and waits for it if it is a promise.
func ask[T any](b *tab, expression string) T {
	b.Helper()
	ctx, cancel := context.WithTimeout(b.Context, 4*time.Minute) // axe-core takes long on a busy machine
	defer cancel()
	v, err := chromedp.Run(ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	require.NoError(b, err, "%.200s", expression)
	return v
}

// until waits until an expression is true.
func (b *tab) until(expression string) {
	b.Helper()
	require.Eventually(b, func() bool { return ask[bool](b, "Boolean("+expression+")") }, time.Minute, 20*time.Millisecond, expression)
}
