package lines

import "github.com/prometheus/prometheus/model/textparse"

// comments collects what the comments of a heading say.
type comments struct {
	in         format
	family     *family   // in force; one of typed is not the store's yet
	typed      []*family // by the TYPE comments of the heading
	name, help string    // of the last HELP comment
	unit       string    // of the last UNIT comment
	unitOf     string    // its family
}

func (c *comments) add(e entry) {
	switch e.kind {
	case textparse.EntryHelp:
		c.name, c.help = string(e.name), string(e.help)
	case textparse.EntryUnit:
		c.unitOf, c.unit = string(e.name), string(e.help)
	case textparse.EntryType:
		c.family = &family{Family: Family{Name: string(e.name), Type: e.typ}, format: c.in}
		c.typed = append(c.typed, c.family)
	}
	if len(c.typed) == 0 {
		return
	}
	if c.family.Name == c.name {
		c.family.Help = c.help
	}
	if c.family.Name == c.unitOf {
		c.family.Unit = c.unit
	}
}

// families returns the store's families for those that the heading declares.
func (c *comments) families(s *Store) []*family {
	var list []*family
	for _, f := range c.typed {
		list = append(list, s.family(f.Family, c.in))
	}
	return list
}
