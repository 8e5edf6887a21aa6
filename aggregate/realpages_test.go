package aggregate_test

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/promfold/promfold/aggregate"
	"github.com/promfold/promfold/parse"
)

// A view of everything has each series of real pages of node exporters, of HAProxy, of API servers and others, or counts
// it as left out.
func TestEverythingOfRealPages(t *testing.T) {
	pages, err := filepath.Glob("../../shared/corpus/*/*-001.txt.gz")
	require.NoError(t, err)
	more, err := filepath.Glob("../../shared/corpus/*/*.om.txt.gz")
	require.NoError(t, err)
	if len(pages) == 0 {
		t.Skip("the corpus of recordings is not here")
	}
	taken := map[string]int{} // two of each directory and format are enough
	pages = slices.DeleteFunc(append(pages, more...), func(page string) bool {
		kind := filepath.Dir(page) + strings.TrimLeft(filepath.Base(page), "abcdefghijklmnopqrstuvwxyz")[:2]
		taken[kind]++
		return taken[kind] > 2 || testing.Short() && taken[kind] > 1
	})
	for _, page := range pages {
		packed, err := os.ReadFile(page)
		require.NoError(t, err)
		z, err := gzip.NewReader(bytes.NewReader(packed))
		require.NoError(t, err)
		body, err := io.ReadAll(z)
		require.NoError(t, err)
		if testing.Short() && len(body) > 200_000 {
			continue // the race detector is slow
		}
		header := http.Header{"Content-Type": {"text/plain"}}
		if strings.Contains(page, ".om.") {
			header.Set("Content-Type", "application/openmetrics-text; version=1.0.0")
		}
		b := newBed(t, aggregate.Config{})
		e, err := b.Everything(aggregate.View{Select: everyFamily})
		require.NoError(t, err)
		for i := range 2 {
			_, err = b.Ingest(aggregate.Scrape{Target: "a", Time: at(float64(10 * i)), Header: header, Body: body})
		}
		if errors.As(err, new(*parse.Error)) {
			continue // it was cut off
		}
		require.NoError(t, err, page)
		shown, want := map[string]int{}, seriesOf(t, header, body)
		for _, f := range e.Families(b.Snapshot(at(10))) {
			shown[f.Name] += len(f.Series) + f.LeftOut
		}
		n := 0
		for name := range want {
			n += len(want[name])
			assert.Equal(t, len(want[name]), shown[name], "%s: %s", page, name)
		}
		assert.Greater(t, n, 20, page)
	}
}

// seriesOf returns the series of a body by family: of a histogram or summary one for all its lines.
func seriesOf(t *testing.T, header http.Header, body []byte) map[string]map[string]bool {
	t.Helper()
	list, err := parse.Samples(header, body)
	require.NoError(t, err)
	all := map[string]map[string]bool{}
	for i := range list {
		s := &list[i]
		name, b := s.Name, labels.NewBuilder(s.Labels).Del(model.MetricNameLabel)
		if s.Family != nil && (s.Family.Type == model.MetricTypeHistogram || s.Family.Type == model.MetricTypeSummary) {
			name = s.Family.Name
			b.Del("le", "quantile")
		}
		if s.Role == parse.Created {
			continue
		}
		if all[name] == nil {
			all[name] = map[string]bool{}
		}
		all[name][b.Labels().String()] = true
	}
	return all
}
