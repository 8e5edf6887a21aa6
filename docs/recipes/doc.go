// Package recipes is one short program for each common task, as an example with
// checked output. Each is at most 40 lines; what they share stands in
// feed_test.go, and takes the place of a scraper (aggregate/scrape).
package recipes
