package explain

import (
	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"

	"github.com/promfold/promfold/internal/growth"
	"github.com/promfold/promfold/internal/lines"
)

// Partials are remarks about families of which members may miss lines.
type Partials []Partial

// Partial is a remark about a family.
type Partial struct {
	Family *lines.Family
	Text   string
}

// Words returns the remarks for a group; in a view of every family, those for its
// metric.
func (list Partials) Words(every bool, group labels.Labels) (words []string) {
	for i := range list {
		if x := &list[i]; !every || growth.OfFamily(group.Get(model.MetricNameLabel), x.Family) {
			words = append(words, x.Text)
		}
	}
	return words
}
