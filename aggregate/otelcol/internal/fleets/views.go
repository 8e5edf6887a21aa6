package fleets

import (
	"regexp"
	"strconv"
	"strings"

	"github.com/promfold/promfold/aggregate"
)

// Two labels carry through the fleet what a series of Prometheus has no place
// for. They are no attributes: write.go takes them off again.
const (
	scopeLabel = "otel.scope.name"     // the scope that a metric stood in
	kindLabel  = "promfold.point.kind" // upDown, or missing
	upDown     = "updown"              // a sum that may fall
)

// views are the views of the configuration, as a fleet takes them.
type views struct {
	wanted *regexp.Regexp   // names that any view has
	names  []*regexp.Regexp // of each view of the configuration
	list   []aggregate.View
}

// viewsOf returns the views of a valid configuration. Each view of it becomes
// two: one for sums that may fall, which have a sum over instances in any
// case, and one for everything else.
func viewsOf(list []View) views {
	if len(list) == 0 {
		list = []View{{Metrics: []string{"*"}}}
	}
	var all []string
	var made []aggregate.View
	var names []*regexp.Regexp
	for _, v := range list {
		own := pattern(v.Metrics)
		names = append(names, whole(own))
		select_ := `__name__!="",__name__=~` + strconv.Quote(own)
		if len(all) > 0 {
			select_ += ",__name__!~" + strconv.Quote(strings.Join(all, "|"))
		}
		all = append(all, own)
		x := aggregate.View{Owner: owners[v.Owner], Combine: combines[v.Combine]}
		switch {
		case v.Keep != nil:
			x.By = append([]string{scopeLabel, kindLabel}, v.Keep...)
		case len(v.Drop) > 0:
			x.Without = v.Drop
		}
		x.Select = "{" + select_ + "," + kindLabelIs("") + "}"
		made = append(made, x)
		x.Select = "{" + select_ + "," + kindLabelIs(upDown) + "}"
		if x.Combine == 0 {
			x.Combine = aggregate.Sum
		}
		made = append(made, x)
	}
	return views{wanted: whole(strings.Join(all, "|")), names: names, list: made}
}

// whole returns a regular expression of the whole name.
func whole(pattern string) *regexp.Regexp { return regexp.MustCompile("^(?s:" + pattern + ")$") }

func kindLabelIs(kind string) string { return strconv.Quote(kindLabel) + "=" + strconv.Quote(kind) }

// pattern returns names and patterns as one regular expression.
func pattern(names []string) string {
	var parts []string
	for _, name := range names {
		parts = append(parts, strings.ReplaceAll(regexp.QuoteMeta(name), `\*`, ".*"))
	}
	return strings.Join(parts, "|")
}
