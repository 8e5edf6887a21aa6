package worker

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == Role {
		if Work(os.Stdin, os.Stdout, time.Now) != nil {
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func read(ctx context.Context, url string) (string, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, strings.TrimSpace(url), nil)
	if err != nil {
		return "", err
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return "", err
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	return string(body), err
}

// TestWork: a worker counts what it is told to, and ends with its input.
func TestWork(t *testing.T) {
	var seconds atomic.Int64
	in, tell := io.Pipe()
	answers, out := io.Pipe()
	ended := make(chan error, 1)
	go func() { ended <- Work(in, out, func() time.Time { return time.Unix(seconds.Load(), 0) }) }()
	said := bufio.NewReader(answers)
	address, err := said.ReadString('\n')
	require.NoError(t, err)
	do := func(line string) {
		_, err := io.WriteString(tell, line+"\n")
		require.NoError(t, err)
		answer, err := said.ReadString('\n')
		require.NoError(t, err)
		assert.Equal(t, done+"\n", answer)
	}
	do("rate 5")
	seconds.Add(10)
	do("rate 1")
	do("queue 3")
	seconds.Add(1)
	body, err := read(t.Context(), address)
	require.NoError(t, err)
	assert.Contains(t, body, "\nprocess_start_time_seconds 0.000\n")
	assert.Contains(t, body, "\nhttp_requests_total 51\n")
	assert.Contains(t, body, "\nqueue_length 3\n")
	do("hang")
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	_, err = read(ctx, address)
	assert.ErrorIs(t, err, context.DeadlineExceeded)
	do("answer")
	_, err = read(t.Context(), address)
	assert.NoError(t, err)
	tell.Close()
	require.NoError(t, <-ended)
	_, err = read(t.Context(), address)
	assert.Error(t, err, "nobody listens there")
	for _, wrong := range []string{"dance", "rate fast"} {
		assert.Error(t, Work(strings.NewReader(wrong), io.Discard, time.Now), wrong)
	}
}

// TestStart: it is a process of its own, and ends.
func TestStart(t *testing.T) {
	p, err := Start()
	require.NoError(t, err)
	require.NoError(t, p.Tell("queue %d", 4))
	body, err := read(t.Context(), p.URL)
	require.NoError(t, err)
	assert.Contains(t, body, "queue_length 4\n")
	p.Kill()
	assert.Error(t, p.Tell("answer"))
	_, err = read(t.Context(), p.URL)
	assert.Error(t, err)
}
