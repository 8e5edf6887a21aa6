package aggregate_test

import (
	"fmt"
	"testing"

	"github.com/promfold/promfold/aggregate"
)

func TestZZ(t *testing.T) {
	b := newBed(t, aggregate.Config{})
	v := b.counter(aggregate.View{Select: "c"})
	ballast := family("ballast", "gauge", 20)
	b.scrape("a", 0, -100, append([]string{typeC, `c{a="1"} 1`}, ballast...)...)
	b.scrape("a", 10, -100, append([]string{typeC, `c{a="1"} 1`, `c{a="2"} 7`}, ballast...)...)
	fmt.Println(b.one(v, 10, sinceStart).Explain())
}
