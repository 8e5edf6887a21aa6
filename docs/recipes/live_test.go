package recipes_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/promfold/promfold/aggregate"
	"github.com/promfold/promfold/aggregate/scrape"
)

// Over the network: a scraper takes the place of feed, and what a fleet knows is fetched as its state.
func Example_live() {
	shop := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintln(w, "# TYPE orders_waiting gauge\norders_waiting 7")
	}))
	defer shop.Close()
	config := aggregate.Config{Window: time.Hour}
	fleet, err := aggregate.NewFleet(config)
	check(err)
	orders, err := fleet.Gauge(aggregate.View{Select: "orders_waiting", Combine: aggregate.Sum})
	check(err)
	s, err := scrape.New(fleet, scrape.Config{Interval: 5 * time.Second}, scrape.URLs(shop.URL))
	check(err)
	check(s.Once(context.Background())) // now; then s.Run(ctx), in a goroutine

	knows := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _ = fleet.Save(w) }))
	defer knows.Close()
	answer, err := http.Get(knows.URL)
	check(err)
	defer answer.Body.Close()
	peer, err := aggregate.Load(answer.Body, config) // for Join or Merge; SetPart takes the body itself
	check(err)
	g, err := orders.One(fleet.Snapshot(time.Now()))
	check(err)
	waiting, _ := g.Value()
	fmt.Println(waiting, "waiting; the peer knows of", peer.Snapshot(time.Now()).Coverage())
	// Output: 7 waiting; the peer knows of 1 of 1 expected
}
