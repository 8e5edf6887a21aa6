package main

import (
	"archive/zip"
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path"
	"testing"
	"testing/fstest"

	"github.com/klauspost/compress/zstd"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/promfold/promfold/internal/recording/cut"
)

// corpus is where the full recordings lie in a full checkout.
const corpus = "../../../../shared/corpus"

// unpack returns the files of an archive, bodies uncompressed.
func unpack(t *testing.T, archive []byte) map[string][]byte {
	d, err := zstd.NewReader(nil)
	require.NoError(t, err)
	defer d.Close()
	raw, err := d.DecodeAll(archive, nil)
	require.NoError(t, err)
	z, err := zip.NewReader(bytes.NewReader(raw), int64(len(raw)))
	require.NoError(t, err)
	files := map[string][]byte{}
	for _, f := range z.File {
		if path.Ext(f.Name) == ".gz" {
			files[f.Name], err = cut.Gunzip(z, f.Name)
		} else {
			files[f.Name], err = fs.ReadFile(z, f.Name)
		}
		require.NoError(t, err, f.Name)
	}
	return files
}

// TestAgain trims the full recordings once more and finds what is committed.
func TestAgain(t *testing.T) {
	if _, err := os.Stat(corpus); errors.Is(err, fs.ErrNotExist) {
		t.Skip("the full recordings are not here: ", corpus)
	}
	want, err := trim(os.DirFS(corpus))
	require.NoError(t, err)
	archive, err := os.ReadFile("../recording/recording.zip.zst")
	require.NoError(t, err)
	got := unpack(t, archive)
	require.Len(t, got, len(want))
	for name, content := range want {
		require.Equal(t, string(content), string(got[name]), name)
	}
}

func TestTrimBody(t *testing.T) {
	const body = `# HELP etcd_server_is_leader Leader.
# TYPE etcd_server_is_leader gauge
etcd_server_is_leader 1
# HELP process_open_fds Open.
# TYPE process_open_fds gauge
process_open_fds 7
`
	const want = `# HELP etcd_server_is_leader Leader.
# TYPE etcd_server_is_leader gauge
etcd_server_is_leader 1
`
	assert.Equal(t, want, string(kept["etcd"].Body([]byte(body))))
	assert.Empty(t, kept["etcd"].Body(nil))
}

// What is packed is unpacked again, and the same files give the same bytes.
func TestPack(t *testing.T) {
	files := map[string][]byte{"etcd/a.txt.gz": []byte("up 1\n"), "etcd/manifest.jsonl": []byte("{}\n")}
	first, err := pack(files)
	require.NoError(t, err)
	second, err := pack(files)
	require.NoError(t, err)
	assert.Equal(t, first, second)
	assert.Equal(t, files, unpack(t, first))
}

func TestTrimRefuses(t *testing.T) {
	for name, manifest := range map[string]string{
		"an unknown field": `{"file":"","format":"text","path":"/metrics","colour":"red"}`,
		"a missing body":   `{"file":"a.gz","format":"text","path":"/metrics"}`,
		"no JSON":          `file=a.gz`,
	} {
		files := fstest.MapFS{}
		for dir := range kept {
			files[dir+"/manifest.jsonl"] = &fstest.MapFile{Data: []byte(manifest)}
		}
		_, err := trim(files)
		assert.Error(t, err, name)
	}
}
