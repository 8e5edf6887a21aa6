// Package expose shows the answers about a fleet where metrics are used: as
// metric families that Prometheus scrapes, in text, OpenMetrics or protobuf.
//
//	e := expose.New(fleet, time.Now)
//	err := e.Counter("shop_orders_total", "Orders taken by all shops.", orders)
//	http.Handle("/metrics", e)
//
// An [Exposition] is an http.Handler, and a Gatherer of client_golang's
// prometheus package: it has its one method.
//
// What is exposed are views, each under a name of its own ([Exposition.Counter],
// [Exposition.Gauge], [Exposition.Histogram]), or all families of the instances
// under their own names, as if they were one instance ([Exposition.Everything]),
// and what is to be known of the fleet itself ([Exposition.Self]).
//
// Counters and histograms are totals of the fleet (see [aggregate.Total]): they
// do not fall when instances leave or restart, begin at 0 at the created
// timestamp they carry, and go on over Save and Load. So a rate of what is
// exposed is right. That they do not fall even when the program is killed takes
// an order: gather, save the fleet, and only then show what was gathered; see
// [Publisher].
//
// Families, and the series in them, stand in the order of their names and
// labels. No series is there twice: a family whose series another one has
// already is left out, and [Exposition.Self] counts it.
package expose
