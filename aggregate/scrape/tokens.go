package scrape

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// tokens connects to the servers that give out the tokens of OAuth2. The HTTP
// client asks them without the context of the scrape that waits for a token, so
// their connections bound how long that takes.
type tokens struct {
	timeout time.Duration // of a connection
	mu      sync.Mutex
	ctx     context.Context // of the Run or Once under way
	silent  time.Time       // a server did not answer; until then none is asked
}

func newTokens(timeout time.Duration) *tokens {
	return &tokens{timeout: timeout, ctx: context.Background()}
}

// begin sets the context that ends all connections.
func (t *tokens) begin(ctx context.Context) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.ctx = ctx
}

// dial connects to a server. After one that was silent, the scrapes that wait for
// a token, too, fail at once and not one after another.
func (t *tokens) dial(network, address string) (net.Conn, error) {
	t.mu.Lock()
	ctx, silent := t.ctx, t.silent
	t.mu.Unlock()
	if time.Now().Before(silent) {
		return nil, fmt.Errorf("server of tokens: %w", timeoutError{t.timeout})
	}
	ctx, cancel := context.WithTimeout(ctx, t.timeout)
	var d net.Dialer
	c, err := d.DialContext(ctx, network, address)
	if err != nil {
		t.ended(ctx)
		cancel()
		return nil, err
	}
	conn := &tokenConn{Conn: c, cancel: cancel}
	conn.asked.Store(true) // that is what it is for
	context.AfterFunc(ctx, func() {
		if conn.asked.Load() {
			t.ended(ctx)
		}
		c.Close()
	})
	return conn, nil
}

// ended notes whether the timeout ended a connection.
func (t *tokens) ended(ctx context.Context) {
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		t.mu.Lock()
		defer t.mu.Unlock()
		t.silent = time.Now().Add(t.timeout)
	}
}

// tokenConn knows whether it waits for an answer.
type tokenConn struct {
	net.Conn
	cancel context.CancelFunc
	asked  atomic.Bool
}

func (c *tokenConn) Write(p []byte) (int, error) {
	c.asked.Store(true)
	return c.Conn.Write(p)
}

func (c *tokenConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if n > 0 {
		c.asked.Store(false)
	}
	return n, err
}

func (c *tokenConn) Close() error {
	c.cancel()
	return c.Conn.Close()
}
