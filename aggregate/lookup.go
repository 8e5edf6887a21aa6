package aggregate

import "github.com/promfold/promfold/internal/lines"

// A program's own functions, [Config.Catalogue] and [parse.Options.Relabel], are called with no lock held, so that they
// may ask the fleet. A scrape that finds a line or a metric they have not been asked about is let go of, they are asked,
// and it is read once more.

// takeIn takes in a scrape whose body is not packed.
func (f *Fleet) takeIn(sc incoming) (Report, error) {
	if f.store.Relabel != nil {
		sc.mapping = new(lines.Mapping)
	}
	for {
		r, err := f.tryTakeIn(sc)
		if err == lines.ErrUnmapped {
			sc.mapping.Fill(f.store.Relabel)
		} else if names, ok := err.(unknown); ok {
			f.catalogue.LookUp(names)
		} else {
			return r, err
		}
	}
}

// unknown are metrics that the catalogue was not asked about. As an error it says that a scrape waits for that.
type unknown []string

func (unknown) Error() string { return "metrics that were not looked up" }

// lookedUp returns the metrics of the staged body's new lines that the catalogue was not asked about, as an error.
func (s *staged) lookedUp() error {
	c := s.f.catalogue
	if c == nil {
		return nil
	}
	var names unknown
	before := ""
	for _, pos := range s.Reader.Came() {
		id, _, _, _ := s.Reader.At(int(pos))
		l := s.f.store.Line(id)
		if l.Name == before {
			continue
		}
		before = l.Name
		for _, name := range []string{l.Name, l.Family.Name} {
			if !c.Asked(name) {
				names = append(names, name)
			}
		}
	}
	if len(names) == 0 {
		return nil
	}
	return names
}

// lookUp asks the catalogue about the metrics of lines that join the fleet's, or that new views may select.
func (f *Fleet) lookUp(names func() []string) {
	if f.catalogue != nil {
		f.catalogue.LookUp(names())
	}
}

// metrics returns the metrics of the lines that the fleet knows.
func (f *Fleet) metrics() []string {
	f.mu.RLock() // no line is swept meanwhile
	defer f.mu.RUnlock()
	return f.store.Names()
}
