package scrape_test

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"time"

	"github.com/promfold/promfold/aggregate"
	"github.com/promfold/promfold/aggregate/scrape"
)

// A shop is scraped three times. Other programs call Run and have the clock of
// the machine.
func Example() {
	sold := 0.0
	shop := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		sold += 10
		fmt.Fprintf(w, "# TYPE orders_total counter\norders_total %g\n", sold)
	}))
	defer shop.Close()

	fleet, err := aggregate.NewFleet(aggregate.Config{})
	check(err)
	orders, err := fleet.Counter(aggregate.View{Select: "orders_total"})
	check(err)
	clock := time.Unix(1_000_000_000, 0)
	s, err := scrape.New(fleet, scrape.Config{
		Now:     func() time.Time { clock = clock.Add(10 * time.Second); return clock },
		OnError: func(t scrape.Target, err error) { fmt.Println(t.Name, "failed:", err) },
	}, scrape.URLs(shop.URL))
	check(err)

	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	for range 3 {
		check(s.Once(ctx))
	}
	g, err := orders.One(fleet.Snapshot(clock).SinceStart())
	check(err)
	increase, ok := g.Increase()
	fmt.Println(increase.Value, ok, g.Coverage())
	// Output: 20 true 1 of 1 expected
}

// A right number of a fleet, from a list of URLs.
func ExampleScraper_Run() {
	fleet, err := aggregate.NewFleet(aggregate.Config{})
	check(err)
	requests, err := fleet.Counter(aggregate.View{Select: "http_requests_total"})
	check(err)
	s, err := scrape.New(fleet, scrape.Config{Interval: 5 * time.Second}, scrape.URLs(os.Args[1:]...))
	check(err)
	go s.Run(context.Background())
	for now := range time.Tick(5 * time.Second) {
		g, err := requests.One(fleet.Snapshot(now).Last(time.Minute))
		check(err)
		rate, ok := g.RateNow()
		fmt.Println(rate, ok, g.Coverage())
	}
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
