package main

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/promfold/promfold/aggregate"
)

// What all servers count is one fact; what none could count makes the sum a lower
// bound, and stays in sight. The new name of the metric goes before the old one.
func TestObjects(t *testing.T) {
	for _, metric := range []string{"apiserver_storage_objects", "apiserver_resource_objects"} {
		b, err := newBoard(settings{window: time.Minute, slo: time.Second})
		require.NoError(t, err)
		at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
		for name, pods := range map[string]int{"a": 5000, "b": 5000, "c": -1} {
			require.NoError(t, b.fleet.Describe(at, (&watcher{}).target(name, apiServers, false)))
			text := fmt.Sprintf("# TYPE %[1]s gauge\n%[1]s{resource=\"pods\"} %[2]d\n%[1]s{resource=\"nodes\"} -1\n", metric, pods)
			if metric == "apiserver_resource_objects" {
				text += fmt.Sprintf("%[1]s{group=\"apps\",resource=\"pods\"} 7\n# TYPE apiserver_storage_objects gauge\napiserver_storage_objects{resource=\"pods\"} 4\n", metric)
			}
			_, err := b.fleet.Ingest(aggregate.Scrape{Target: name, Time: at, Body: []byte(text)})
			require.NoError(t, err)
		}
		p, err := b.page(at)
		require.NoError(t, err)
		c := &checker{T: t, page: &p}
		assert.Equal(t, exactly(5000), c.cell("objects", "resources", "pods", 0))
		assert.False(t, c.cell("objects", "resources", "nodes", 0).Known)
		want := 5000.
		if metric == "apiserver_resource_objects" {
			want += 7
			assert.Equal(t, exactly(7), c.cell("objects", "resources", "pods.apps", 0))
		}
		assert.Equal(t, Amount{true, estimate(want, want, inf)}, c.figure("objects", "Objects"))
		assert.Contains(t, p.row("objects").Answer, fmt.Sprintf("at least %v objects, most of them pods", want))
		assert.NotEmpty(t, p.row("objects").Warnings)
	}
}
