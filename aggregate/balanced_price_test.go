package aggregate_test

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/promfold/promfold/aggregate"
)

// What splitting a balancer costs, on recorded fleets whose members were
// scraped one by one: their scrapes, put together in order of time and thinned
// at random, are told as those of one balanced target. Growth that was not
// there and resets that were none are not allowed; growth that is missed is the
// price, and has a bound for each fleet.
func TestPriceOfABalancer(t *testing.T) {
	for _, x := range []struct {
		corpus, targets, metric string
		starts                  bool    // the start times are left in
		wrong                   float64 // part of the scrapes that may go to another one
		missed                  float64 // part of the growth that may be missed
	}{
		{"etcd", "etcd-", "etcd_network_client_grpc_received_bytes_total", true, 0, 0},
		{"etcd", "etcd-", "etcd_network_client_grpc_received_bytes_total", false, 0, 0},
		{"kubelets", "hollow-1 hollow-2 hollow-3", "rest_client_requests_total", true, 0, 0},
		{"kubelets", "hollow-1 hollow-2 hollow-3", "rest_client_requests_total", false, 0, 0.35},
		{"other", "node-", "node_cpu_seconds_total", true, 0, 0},
		{"other", "node-", "node_cpu_seconds_total", false, 0, 0},
		{"other", "haproxy-", "haproxy_process_requests_total", false, 0.5, 0.4}, // idle twins
		{"controllers-ha", "kcm-", "rest_client_requests_total", true, 0, 0},
		{"controllers-ha", "kcm-", "rest_client_requests_total", false, 0, 0.01},
		{"apiserver-ha", "apiserver-", "apiserver_request_total", true, 0, 0},
		{"apiserver-ha", "apiserver-", "apiserver_request_total", false, 0, 0.0125}, // what began again in a restart, at an address of its own
	} {
		t.Run(fmt.Sprintf("%s/%s/start=%t", x.corpus, x.metric, x.starts), func(t *testing.T) {
			if testing.Short() && x.corpus == "apiserver-ha" {
				t.Skip("the smaller ones are enough to find a race")
			}
			lines := slices.DeleteFunc(corpus(t, x.corpus), func(l corpusLine) bool {
				ok := slices.Contains(strings.Fields(x.targets), l.Target) || strings.HasSuffix(x.targets, "-") && strings.HasPrefix(l.Target, x.targets)
				return !ok || l.File == "" || l.Path != "/metrics" || l.Format != "text" || l.ThroughLB
			})
			slices.SortStableFunc(lines, func(a, b corpusLine) int { return cmp.Compare(a.Time, b.Time) })
			r := rand.New(rand.NewPCG(7, uint64(len(x.metric))))
			lines = slices.DeleteFunc(lines, func(corpusLine) bool { return r.IntN(10) < 3 })
			behind, direct := newBed(t, aggregate.Config{}), newBed(t, aggregate.Config{})
			behind.balanced("lb", 0)
			vb, vd := behind.counter(aggregate.View{Select: x.metric}), direct.counter(aggregate.View{Select: x.metric})
			owner := map[string]string{} // whom each found instance is, by its first scrape
			wrong, unclear, resets := 0, 0, 0
			var now time.Time
			for _, l := range lines {
				body := corpusBody(t, x.corpus, l.File)
				if !x.starts {
					body = without(body, "process_start_time_seconds")
				}
				_, err := direct.Ingest(l.scrape(body))
				require.NoError(t, err)
				sc := l.scrape(body)
				sc.Target = "lb"
				rep, err := behind.Ingest(sc)
				require.NoError(t, err)
				now, resets = sc.Time, resets+rep.Resets
				if len(rep.Candidates) > 0 {
					unclear++
					continue
				}
				if _, ok := owner[rep.Instance]; !ok {
					owner[rep.Instance] = l.Target
				}
				if owner[rep.Instance] != l.Target {
					wrong++
				}
			}
			until := func(b bed) float64 { return now.Sub(t0).Seconds() }
			got, want := grew(behind.one(vb, until(behind), sinceStart)), grew(direct.one(vd, until(direct), sinceStart))
			t.Logf("%d scrapes, %d wrong, %d ambiguous, %d instances, growth %g of %g, %d resets", len(lines), wrong, unclear, len(owner), got, want, resets)
			assert.LessOrEqual(t, float64(wrong), x.wrong*float64(len(lines)))
			assert.LessOrEqual(t, got, want*(1+1e-12), "growth that was not there")
			assert.GreaterOrEqual(t, got, want*(1-x.missed), "growth missed")
			assert.Zero(t, resets, "a reset that was none")
		})
	}
}
