package scrape

import (
	"bufio"
	"bytes"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The smallest program of the README compiles, and answers.
func TestReadme(t *testing.T) {
	if testing.Short() {
		t.Skip("links a program")
	}
	text, err := os.ReadFile("../../README.md")
	require.NoError(t, err)
	_, text, ok := bytes.Cut(text, []byte("```go\n"))
	require.True(t, ok)
	text, _, _ = bytes.Cut(text, []byte("```\n"))
	dir := t.TempDir()
	source, program := filepath.Join(dir, "main.go"), filepath.Join(dir, "smallest")
	require.NoError(t, os.WriteFile(source, text, 0o600))
	out, err := exec.Command("go", "build", "-o", program, source).CombinedOutput()
	require.NoError(t, err, "%s", out)

	s := serve(t, func(w http.ResponseWriter, _ *http.Request, n int) {
		fmt.Fprintf(w, "# TYPE http_requests_total counter\nhttp_requests_total{code=\"500\",handler=\"/\"} %d\n", n)
	})
	c := exec.CommandContext(t.Context(), program, s.URL)
	stdout, err := c.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, c.Start())
	line, err := bufio.NewReader(stdout).ReadString('\n')
	assert.NoError(t, err)
	assert.NoError(t, c.Process.Kill())
	_ = c.Wait() // it was killed
	assert.Regexp(t, `^\{handler="/"\} .* 1 of 1 expected`, line)
}
