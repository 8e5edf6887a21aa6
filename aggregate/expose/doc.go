// Package expose shows a fleet's answers as metric families that Prometheus
// scrapes: text, OpenMetrics or protobuf.
//
//	e := expose.New(fleet, time.Now)
//	err := e.Counter("shop_orders_total", "Orders taken by all shops.", orders)
//	http.Handle("/metrics", e)
//
// Views are shown each under a name of its own, or all families of the instances
// under their own names ([Exposition.Everything]), and what is to be known of
// the fleet itself ([Exposition.Self]). All views are asked of one snapshot.
//
// Counters and histograms are totals of the fleet: they do not fall when
// instances leave or restart, begin at 0 at the created timestamp they carry,
// and go on over Save and Load, so a rate of what is exposed is right. To keep
// that when the program is killed, gather, save the fleet, and only then show
// what was gathered; see [Publisher].
//
// With Config.Parse.IncludeExemplars counters and buckets carry the latest exemplar
// that an instance shows, in OpenMetrics and protobuf; text has none. Ties of time
// go to the greater value. One whose labels exceed the 128 characters of
// OpenMetrics is left out.
//
// Families stand in the order of their names, series in that of their labels. No
// series is there twice: of two families that would show one, that which was
// added first stands, and Self counts the other.
package expose
