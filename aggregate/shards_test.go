package aggregate_test

import (
	"bytes"
	"fmt"
	"hash/fnv"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/promfold/promfold/aggregate"
)

// Recorded fleets, split over shards by instance and merged again, are the same
// bytes as one fleet, and so are their totals.
func TestCorpusOverShards(t *testing.T) {
	for _, x := range []struct {
		name  string
		least int // scrapes
	}{{"controllers-ha", 50}, {"etcd", 30}, {"ksm-shards", 60}, {"other", 8}, {"kubelets", 40}, {"apiserver-skew", 6}, {"apiserver-ha", 30}} {
		t.Run(x.name, func(t *testing.T) {
			list := slices.DeleteFunc(ofCorpus(t, x.name, ""), func(sc aggregate.Scrape) bool {
				// The same processes once more, and others that may be one: who is one with whom, a part cannot see.
				switch x.name {
				case "apiserver-ha":
					return !slices.Contains([]string{"apiserver-a/metrics", "apiserver-b/metrics", "apiserver-c/metrics"}, sc.Target)
				case "ksm-shards", "other":
					return strings.Contains(sc.Target, "-om/") || strings.Contains(sc.Target, "-telemetry/") || strings.HasPrefix(sc.Target, "haproxy-2/") || strings.HasPrefix(sc.Target, "node-2/")
				}
				return false
			})
			require.GreaterOrEqual(t, len(list), x.least)
			if n := max(2*x.least, 20); len(list) > n {
				list = list[:n]
			}
			if testing.Short() {
				if x.name != "etcd" {
					t.Skip("one after the other, for which the race detector has little to say")
				}
				list = list[:x.least/2]
			}
			var now time.Time
			for _, sc := range list {
				if sc.Time.After(now) {
					now = sc.Time
				}
			}
			wantState, wantTotals := throughShards(t, list, 1, now)
			for _, n := range []int{2, 7, 64} {
				state, totals := throughShards(t, list, n, now)
				require.Equal(t, wantTotals, totals, "%d shards", n)
				require.True(t, bytes.Equal(wantState, state), "%d shards", n)
			}
		})
	}
}

// throughShards feeds each scrape to the shard of its instance, and gives what
// the merged fleet saves and shows.
func throughShards(t *testing.T, list []aggregate.Scrape, n int, now time.Time) (state []byte, totals string) {
	t.Helper()
	shards := make([]*aggregate.Fleet, n)
	var c *aggregate.CounterView
	var h *aggregate.HistogramView
	for i := range shards {
		f, err := aggregate.NewFleet(aggregate.Config{Since: list[0].Time}.WithCheckpoints(4))
		require.NoError(t, err)
		all := aggregate.View{Select: everyFamily, TotalsOnly: true, ByAllLabels: true}
		cv, err := f.Counter(all)
		require.NoError(t, err)
		hv, err := f.Histogram(all)
		require.NoError(t, err)
		_, err = f.Counter(aggregate.View{Select: "rest_client_requests_total", By: []string{"code"}})
		require.NoError(t, err)
		if shards[i] = f; i == 0 {
			c, h = cv, hv
		}
	}
	for _, sc := range list {
		hash := fnv.New32()
		_, _ = hash.Write([]byte(sc.Target))
		_, err := shards[hash.Sum32()%uint32(n)].Ingest(sc)
		require.NoError(t, err)
	}
	for _, o := range shards[1:] {
		require.NoError(t, shards[0].Merge(o))
	}
	state = saved(t, shards[0])
	return state, fmt.Sprint(totalsText(c.Totals(shards[0].Snapshot(now))), totalsText(h.Totals(shards[0].Snapshot(now))))
}

// totalsText writes totals with all that they point to.
func totalsText(list []aggregate.Series) string {
	var b strings.Builder
	for _, x := range list {
		fmt.Fprintf(&b, "%s %v %v %+v\n", x.Labels, x.Value, x.Start, x.Histogram)
	}
	return b.String()
}
