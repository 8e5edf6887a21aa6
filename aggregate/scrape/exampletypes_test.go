package scrape_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/promfold/promfold/aggregate"
	"github.com/promfold/promfold/aggregate/scrape"
)

// site serves pages by their path; any other is not found.
func site(pages map[string]string) *httptest.Server {
	return httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if page, ok := pages[r.URL.Path]; ok {
			fmt.Fprint(w, page)
			return
		}
		http.NotFound(w, r)
	}))
}

// Hooks tell what becomes of each scrape.
func ExampleConfig() {
	shop := site(map[string]string{"/metrics": "# TYPE orders_total counter\norders_total 12\n"})
	defer shop.Close()
	fleet, err := aggregate.NewFleet(aggregate.Config{})
	check(err)
	s, err := scrape.New(fleet, scrape.Config{
		Interval: 5 * time.Second, // each target at its own moment of it
		Timeout:  2 * time.Second,
		OnReport: func(_ scrape.Target, r aggregate.Report) { fmt.Println(r.Lines, "line,", r.Came, "new") },
		OnError:  func(t scrape.Target, err error) { fmt.Println("failed:", err) },
	}, scrape.URLs(shop.URL))
	check(err)
	check(s.Once(context.Background())) // then s.Run(ctx)
	// Output:
	// 1 line, 1 new
}

// A scraper asks its sources for targets, and each target for metrics.
func ExampleScraper() {
	shop := site(map[string]string{"/metrics": "up 1\n"})
	defer shop.Close()
	fleet, err := aggregate.NewFleet(aggregate.Config{})
	check(err)
	s, err := scrape.New(fleet, scrape.Config{}, scrape.URLs(shop.URL, "http://127.0.0.1:1"))
	check(err)
	check(s.Once(context.Background()))
	fmt.Println(fleet.Snapshot(time.Now()).Coverage())
	// Output:
	// 1 of 2 expected, 1 failed
}

// Any function may be a source; this one marks what another source says.
func ExampleSource() {
	lb := site(map[string]string{"/metrics": "up 1\n"})
	defer lb.Close()
	balanced := func(ctx context.Context, set func([]scrape.Target)) error {
		return scrape.URLs(lb.URL)(ctx, func(list []scrape.Target) {
			for i := range list {
				list[i].Balanced, list[i].Expected = true, 3
			}
			set(list)
		})
	}
	fleet, err := aggregate.NewFleet(aggregate.Config{})
	check(err)
	s, err := scrape.New(fleet, scrape.Config{}, balanced)
	check(err)
	check(s.Once(context.Background()))
	fmt.Println(fleet.Snapshot(time.Now()).Coverage())
	// Output:
	// 1 of 3 expected
}

// A target has a name of its own, labels, and any path.
func ExampleTarget() {
	shop := site(map[string]string{"/internal/metrics": "up 1\n"})
	defer shop.Close()
	fleet, err := aggregate.NewFleet(aggregate.Config{})
	check(err)
	s, err := scrape.New(fleet, scrape.Config{}, scrape.Targets(scrape.Target{
		Target: aggregate.Target{Name: "shop-0", Labels: labels.FromStrings("zone", "east")},
		URL:    shop.URL + "/internal/metrics",
	}))
	check(err)
	check(s.Once(context.Background()))
	for _, in := range fleet.Snapshot(time.Now()).Instances() {
		fmt.Println(in.Name, in.Labels, in.Scrapes)
	}
	// Output:
	// shop-0 {zone="east"} 1
}

// A target that answers without metrics is alive, and its numbers are in doubt.
func ExampleStatusError() {
	shop := site(nil)
	defer shop.Close()
	s, err := scrape.New(nil, scrape.Config{
		OnScrape: func(scrape.Target, *aggregate.Scrape) error { return nil },
		OnError: func(_ scrape.Target, err error) {
			var status *scrape.StatusError
			fmt.Println(errors.As(err, &status), status)
		},
	}, scrape.URLs(shop.URL))
	check(err)
	check(s.Once(context.Background()))
	// Output:
	// true HTTP status 404 Not Found
}
