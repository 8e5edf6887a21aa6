package recipes_test

import (
	"log"
	"strings"
	"time"

	"github.com/promfold/promfold/aggregate"
)

// began is when every recipe begins; at is so many seconds later.
var began = time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)

func at(seconds int) time.Time { return began.Add(time.Duration(seconds) * time.Second) }

// feed gives a fleet what a target exposes at a moment. A program has a scraper
// for that:
//
//	s, err := scrape.New(fleet, scrape.Config{Interval: 5 * time.Second}, scrape.URLs(urls...))
//	go s.Run(ctx)
func feed(fleet *aggregate.Fleet, seconds int, target string, lines ...string) {
	_, err := fleet.Ingest(aggregate.Scrape{Target: target, Time: at(seconds), Body: []byte(strings.Join(lines, "\n") + "\n")})
	check(err)
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
