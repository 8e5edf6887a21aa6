package growth

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/promfold/promfold/internal/lines"
)

// What a scrape tells of the lines that were there before.
func TestChurn(t *testing.T) {
	counters := func(from, to, value int) string {
		var b strings.Builder
		b.WriteString("# TYPE c counter\n")
		for i := from; i < to; i++ {
			fmt.Fprintf(&b, "c{i=\"%d\"} %d\n", i, value)
		}
		return b.String()
	}
	for _, x := range []struct {
		name            string
		before, now     string
		fell, vanishing bool
	}{
		{"nothing happens", counters(0, 10, 5), counters(0, 10, 5), false, false},
		{"it grows", counters(0, 10, 5), counters(0, 10, 6), false, false},
		{"it falls", counters(0, 10, 5), counters(0, 10, 4), true, false},
		{"a tenth goes", counters(0, 10, 5), counters(1, 10, 5), false, false},
		{"a fifth goes", counters(0, 10, 5), counters(2, 12, 5), false, true},
		{"a gauge falls", "# TYPE g gauge\ng 5\n", "# TYPE g gauge\ng 4\n", false, false},
		{"a sum falls", "# TYPE h histogram\nh_bucket{le=\"+Inf\"} 1\nh_count 1\nh_sum 5\n",
			"# TYPE h histogram\nh_bucket{le=\"+Inf\"} 1\nh_count 1\nh_sum 4\n", false, false},
	} {
		t.Run(x.name, func(t *testing.T) {
			s := lines.NewStore()
			r := lines.NewReader(s, lines.Limits{})
			var c lines.Columns
			require.NoError(t, r.Read(&c, []byte(x.before), ""))
			r.Commit(&c)
			require.NoError(t, r.Read(&c, []byte(x.now), ""))
			assert.Equal(t, x.fell, AnyFell(s, r))
			assert.Equal(t, x.vanishing, Vanishing(s, r, &c))
		})
	}
}
