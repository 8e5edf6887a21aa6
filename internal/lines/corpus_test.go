package lines

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const corpusDir = "../../../shared/corpus"

// scrape is one line of a manifest of the corpus.
type scrape struct {
	File, Scenario, Target, Format string
	ContentType                    string `json:"content_type"`
	Step                           int
}

// corpus returns the scrapes of each directory in their order.
func corpus(t testing.TB) map[string][]scrape {
	t.Helper()
	manifests, err := filepath.Glob(corpusDir + "/*/manifest.jsonl")
	require.NoError(t, err)
	if len(manifests) == 0 {
		t.Skip("the recorded scrapes are not here: " + corpusDir)
	}
	all := map[string][]scrape{}
	for _, m := range manifests {
		f, err := os.Open(m)
		require.NoError(t, err)
		dec := json.NewDecoder(f)
		for {
			var s scrape
			if err := dec.Decode(&s); err == io.EOF {
				break
			} else {
				require.NoError(t, err)
			}
			if strings.HasSuffix(s.File, ".txt.gz") || strings.HasSuffix(s.File, ".pb.gz") {
				s.File = filepath.Join(filepath.Dir(m), s.File)
				all[filepath.Base(filepath.Dir(m))] = append(all[filepath.Base(filepath.Dir(m))], s)
			}
		}
		require.NoError(t, f.Close())
	}
	return all
}

func unzip(t testing.TB, file string) []byte {
	t.Helper()
	f, err := os.Open(file)
	require.NoError(t, err)
	defer f.Close()
	z, err := gzip.NewReader(f)
	require.NoError(t, err)
	var b bytes.Buffer
	_, err = b.ReadFrom(z)
	require.NoError(t, err)
	return b.Bytes()
}

// large is more than what is enough to find a race in, in bytes.
const large = 512 << 10

// TestCorpus reads each target's scrapes into columns of its own, in both directions, and all of
// a directory into one, as if a balancer had mixed them.
func TestCorpus(t *testing.T) {
	for dir, scrapes := range corpus(t) {
		t.Run(dir, func(t *testing.T) {
			most := 12 // the oracle is slow, and later scrapes say little that is new
			if testing.Short() {
				most = 4
			}
			scrapes = scrapes[:min(most, len(scrapes))]
			t.Parallel()
			known := memory{}
			store := NewStore()
			r := NewReader(store, Limits{})
			targets := map[string]*instance{}
			mixed := newInstance(store)
			backward := slices.Clone(scrapes)
			slices.Reverse(backward)
			for _, s := range slices.Concat(scrapes, backward) {
				body := unzip(t, s.File)
				if testing.Short() && len(body) > large {
					continue
				}
				if targets[s.Target] == nil {
					targets[s.Target] = newInstance(store)
				}
				want, err := known.oracle(body, s.ContentType)
				targets[s.Target].readAs(t, r, body, s.ContentType, want, err)
				mixed.readAs(t, r, body, s.ContentType, want, err)
			}
			t.Logf("%d bodies, %d lines in the store", len(scrapes), store.Len())
		})
	}
}
