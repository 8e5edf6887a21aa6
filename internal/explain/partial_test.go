package explain_test

import (
	"testing"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/stretchr/testify/assert"

	"github.com/promfold/promfold/internal/explain"
	"github.com/promfold/promfold/internal/lines"
)

// In a view of every family a group hears of its own alone.
func TestPartials(t *testing.T) {
	list := explain.Partials{{Family: &lines.Family{Name: "a"}, Text: "a lacks"}, {Family: &lines.Family{Name: "b"}, Text: "b lacks"}}
	group := labels.FromStrings(model.MetricNameLabel, "a_total")
	assert.Equal(t, []string{"a lacks"}, list.Words(true, group))
	assert.Equal(t, []string{"a lacks", "b lacks"}, list.Words(false, labels.EmptyLabels()))
	assert.Empty(t, explain.Partials(nil).Words(false, group))
}
