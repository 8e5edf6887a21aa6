package whole

import (
	"cmp"
	"maps"
	"slices"

	"github.com/prometheus/common/model"

	"github.com/promfold/promfold/internal/lines"
)

// Declared is a metric family as most instances declare it.
type Declared struct {
	Name       string
	Type       model.MetricType // ties go to the first name
	Help, Unit string           // the first one that says something
	Instances  int              // that expose it with this type
	Others     int              // that expose it with another one
}

// Declarations gathers what instances declare.
type Declarations struct {
	byName map[string][]Declared
	help   lines.Help
}

// Add adds what one instance exposed last. Instances come in order of their
// names.
func (d *Declarations) Add(s *lines.Store, c *lines.Columns) {
	d.help.Read(s, c)
	if d.byName == nil {
		d.byName = map[string][]Declared{}
	}
	for _, x := range familiesOf(s, c) {
		list := d.byName[x.Name]
		i := slices.IndexFunc(list, func(y Declared) bool { return y.Type == x.Type })
		if i < 0 {
			i = len(list)
			list = append(list, Declared{Name: x.Name, Type: x.Type, Help: x.Help, Unit: x.Unit})
		}
		list[i].Instances++
		d.byName[x.Name] = list
	}
}

// Families returns the families by name, with the type as which they were shown
// where some instance has that, else with that of the most instances.
func (d *Declarations) Families(shown map[string]model.MetricType) []Declared {
	var all []Declared
	for _, name := range slices.Sorted(maps.Keys(d.byName)) {
		list := d.byName[name]
		slices.SortFunc(list, func(a, b Declared) int {
			return cmp.Or(cmp.Compare(b.Instances, a.Instances), cmp.Compare(a.Type, b.Type))
		})
		if i := slices.IndexFunc(list, func(x Declared) bool { return x.Type == shown[name] }); i > 0 {
			list[0], list[i] = list[i], list[0]
		}
		x := list[0]
		if text, ok := d.help.Of(name); ok {
			x.Help = text
		}
		for _, other := range list[1:] {
			x.Others += other.Instances
		}
		all = append(all, x)
	}
	return all
}

func familiesOf(s *lines.Store, c *lines.Columns) []*lines.Family {
	var list []*lines.Family
	seen := map[*lines.Family]bool{}
	var last *lines.Family
	for _, id := range c.IDs() {
		x := s.Line(id).Family
		if x == last {
			continue
		}
		if last = x; !seen[x] {
			seen[x] = true
			list = append(list, x)
		}
	}
	return list
}
