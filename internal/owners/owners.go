package owners

import (
	"strings"

	"github.com/promfold/promfold/internal/judge"
)

// Entry is what is known of the metrics with a name, or with a beginning of it
// that ends in "_".
type Entry struct {
	Name   string
	Owner  judge.Owner
	Source string // where it was read
}

var byName = func() map[string]*Entry {
	m := make(map[string]*Entry, len(table))
	for i := range table {
		m[table[i].Name] = &table[i]
	}
	return m
}()

// Of returns what is known of a metric: by its whole name, with or without the
// suffix that a counter, histogram or summary adds, or else by the longest
// beginning that is known; false if nothing is.
func Of(metric string) (Entry, bool) {
	for _, suffix := range [...]string{"", "_total", "_count", "_sum", "_bucket"} {
		if name, ok := strings.CutSuffix(metric, suffix); ok {
			if e := byName[name]; e != nil {
				return *e, true
			}
		}
	}
	for end := len(metric); end > 0; end = strings.LastIndexByte(metric[:end-1], '_') + 1 {
		if e := byName[metric[:end]]; e != nil && metric[end-1] == '_' {
			return *e, true
		}
	}
	return Entry{}, false
}
