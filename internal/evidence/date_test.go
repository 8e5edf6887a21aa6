package evidence_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/promfold/promfold/internal/evidence"
	"github.com/promfold/promfold/internal/identity"
	"github.com/promfold/promfold/internal/judge"
)

// What dates of answers tell of the clock that wrote a start: at 22:13:20, the second in which it is 1,700,000,000.
func TestClockOfDates(t *testing.T) {
	const at = 1_700_000_000_400
	unset := judge.Clock{Off: 60_000, Late: 60_000}
	told := identity.Start{At: 1, From: identity.Metric}
	for _, c := range []struct {
		what      string
		date, age string
		start     identity.Start
		want      judge.Clock
	}{
		{"no date", "", "", told, unset},
		{"no date that is one", "yesterday", "", told, unset},
		{"the same second", "Tue, 14 Nov 2023 22:13:20 GMT", "", told, judge.Clock{Off: 3000, Late: 400}},
		{"two seconds to read the body", "Tue, 14 Nov 2023 22:13:18 GMT", "", told, judge.Clock{Off: 3000, Late: 2400}},
		{"ahead", "Tue, 14 Nov 2023 22:13:30 GMT", "", told, judge.Clock{Ahead: 9600 + 1500, Off: 3000, Late: 1500}},
		{"behind", "Tue, 14 Nov 2023 22:13:00 GMT", "", told, judge.Clock{Ahead: -20_400 + 1500, Off: 3000, Late: 1500}},
		{"kept elsewhere", "Tue, 14 Nov 2023 22:13:00 GMT", "20", told, unset},
		{"kept elsewhere in silence", "Tue, 14 Nov 2023 22:03:20 GMT", "", told, unset},
		{"the caller knows", "Tue, 14 Nov 2023 22:13:30 GMT", "", identity.Start{At: 1, From: identity.Given}, judge.Clock{}},
	} {
		h := http.Header{}
		h.Set("Date", c.date)
		if c.age != "" {
			h.Set("Age", c.age)
		}
		lead := evidence.LeadOf(h, at)
		assert.Equal(t, c.want, lead.Clock(c.start, &judge.Rules{}), c.what)
		assert.Equal(t, lead, lead.And(evidence.Lead{}), c.what)
		assert.Equal(t, lead, evidence.Lead{}.And(lead), c.what)
	}
	slow, quick := evidence.Lead{Most: -9000, Dated: true}, evidence.Lead{Most: -500, Dated: true}
	assert.Equal(t, quick, slow.And(quick), "the quickest answer tells most")
	assert.Equal(t, quick, quick.And(slow))
}
