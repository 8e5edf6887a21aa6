package expose_test

import (
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"

	"github.com/promfold/promfold/aggregate"
	"github.com/promfold/promfold/aggregate/expose"
	"github.com/promfold/promfold/parse"
)

var began = time.Unix(1_700_000_000, 0)

func now() time.Time { return began.Add(time.Minute) } // a program passes time.Now

// shops feeds a fleet two shops, which began with it.
func shops() (*aggregate.Fleet, *aggregate.CounterView) {
	fleet, err := aggregate.NewFleet(aggregate.Config{Since: began})
	check(err)
	orders, err := fleet.Counter(aggregate.View{Select: "orders_total", By: []string{"kind"}})
	check(err)
	for i, target := range []string{"a:80", "b:80"} {
		for k := range 2 {
			_, err = fleet.Ingest(aggregate.Scrape{
				Target: target, Time: began.Add(time.Duration(30*k+20) * time.Second),
				Body: fmt.Appendf(nil, "# TYPE orders_total counter\norders_total{kind=\"book\"} %d\n", 10*(i+1)*k),
			})
			check(err)
		}
	}
	return fleet, orders
}

// What a fleet counted, for Prometheus to scrape. It does not fall when a shop
// leaves.
func ExampleExposition() {
	fleet, orders := shops()
	page := expose.New(fleet, now)
	check(page.Counter("shop_orders_total", "Orders of all shops.", orders))
	check(page.Func("shop_orders_per_second", "Orders a second, of the last minute.", func(s aggregate.Snapshot) (list []aggregate.Series, err error) {
		groups, err := orders.In(s.Last(time.Minute))
		for _, g := range groups {
			if rate, ok := g.RateNow(); ok {
				list = append(list, aggregate.Series{Labels: g.Labels(), Value: rate.Value})
			}
		}
		return list, err
	}))
	fleet.Remove(now(), "b:80")
	check(page.Write(os.Stdout, "text/plain")) // or http.Handle("/metrics", page)
	// Output:
	// # HELP shop_orders_per_second Orders a second, of the last minute.
	// # TYPE shop_orders_per_second gauge
	// shop_orders_per_second{kind="book"} 0.3333333333333333
	// # HELP shop_orders_total Orders of all shops.
	// # TYPE shop_orders_total counter
	// shop_orders_total{kind="book"} 30
}

// Nothing is shown that is not saved: a killed program knows what it showed.
func ExamplePublisher() {
	fleet, orders := shops()
	page := expose.New(fleet, now)
	check(page.Counter("shop_orders_total", "", orders))
	published := expose.NewPublisher(page) // http.Handle("/metrics", published)
	get := func() {
		r := httptest.NewRecorder()
		published.ServeHTTP(r, httptest.NewRequest(http.MethodGet, "/metrics", nil))
		fmt.Println(r.Code, strings.TrimSpace(r.Body.String()))
	}
	get()
	fmt.Println(published.Publish(func() error { return fmt.Errorf("the disk is full") }))
	get()
	check(published.Publish(func() error { return nil })) // checkpoint.Write(path, fleet.Save)
	get()
	// Output:
	// 503 expose: nothing is published yet
	// the disk is full
	// 503 expose: nothing is published yet
	// 200 # TYPE shop_orders_total counter
	// shop_orders_total{kind="book"} 30
}

// Samples of a program's own become an exposition.
func ExampleWrite() {
	jobs := &parse.Family{Name: "jobs_total", Type: model.MetricTypeCounter, Help: "Jobs done."}
	check(expose.Write(os.Stdout, "", []parse.Sample{
		{Labels: labels.FromStrings("__name__", "jobs_total", "queue", "mail"), Family: jobs, Value: 130},
	}))
	// Output:
	// # HELP jobs_total Jobs done.
	// # TYPE jobs_total counter
	// jobs_total{queue="mail"} 130
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
