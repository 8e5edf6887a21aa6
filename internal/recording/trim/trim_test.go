package main

import (
	"errors"
	"io/fs"
	"os"
	"path"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/promfold/promfold/internal/recording"
	"github.com/promfold/promfold/internal/recording/cut"
)

// corpus is where the whole recording lies in a full checkout.
const corpus = "../../../../shared/corpus/apiserver-ha"

// TestAgain trims the whole recording once more and finds what is committed.
// The gzipped bytes may differ between versions of Go, the contents may not.
func TestAgain(t *testing.T) {
	if _, err := os.Stat(corpus); errors.Is(err, fs.ErrNotExist) {
		t.Skip("the whole recording is not here: ", corpus)
	}
	want, err := trim(os.DirFS(corpus))
	require.NoError(t, err)
	names, err := fs.Glob(recording.FS, "*")
	require.NoError(t, err)
	require.Len(t, names, len(want))
	for name, content := range want {
		var got []byte
		if path.Ext(name) == ".gz" {
			got, err = cut.Gunzip(recording.FS, name)
		} else {
			got, err = fs.ReadFile(recording.FS, name)
		}
		require.NoError(t, err)
		require.Equal(t, string(content), string(got), name)
	}
}

func TestTrimBody(t *testing.T) {
	const body = `# HELP process_start_time_seconds Start.
# TYPE process_start_time_seconds gauge
process_start_time_seconds 1.79528897774e+09
# HELP process_open_fds Open.
# TYPE process_open_fds gauge
process_open_fds 7
# HELP apiserver_storage_objects Objects.
# TYPE apiserver_storage_objects gauge
apiserver_storage_objects{resource="leases"} 5
apiserver_storage_objects{resource="pods"} 283
`
	const want = `# HELP process_start_time_seconds Start.
# TYPE process_start_time_seconds gauge
process_start_time_seconds 1.79528897774e+09
# HELP apiserver_storage_objects Objects.
# TYPE apiserver_storage_objects gauge
apiserver_storage_objects{resource="pods"} 283
`
	assert.Equal(t, want, string(kept.Body([]byte(body))))
	assert.Empty(t, kept.Body(nil))
}

func TestTrimRefuses(t *testing.T) {
	for name, manifest := range map[string]string{
		"an unknown field": `{"file":"","format":"text","path":"/metrics","colour":"red"}`,
		"a missing body":   `{"file":"a.gz","format":"text","path":"/metrics"}`,
		"no JSON":          `file=a.gz`,
	} {
		_, err := trim(fstest.MapFS{
			"manifest.jsonl": {Data: []byte(manifest)},
			"events.jsonl":   {},
		})
		assert.Error(t, err, name)
	}
}

// TestWrite: what is written is read back, twice the same bytes.
func TestWrite(t *testing.T) {
	files := map[string][]byte{"a.txt.gz": []byte("up 1\n"), "manifest.jsonl": []byte("{}\n")}
	first, second := t.TempDir(), t.TempDir()
	require.NoError(t, write(first, files))
	require.NoError(t, write(second, files))
	body, err := cut.Gunzip(os.DirFS(first), "a.txt.gz")
	require.NoError(t, err)
	assert.Equal(t, "up 1\n", string(body))
	for name := range files {
		a, err := os.ReadFile(path.Join(first, name))
		require.NoError(t, err)
		b, err := os.ReadFile(path.Join(second, name))
		require.NoError(t, err)
		assert.Equal(t, a, b, name)
	}
}
