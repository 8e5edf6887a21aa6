package fleets

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pmetric"

	"github.com/promfold/promfold/aggregate/otelcol/internal/pointtext"
)

// Metrics that come in another order are read in that in which they came first.
func TestOrder(t *testing.T) {
	var o order
	of := func(names ...string) (got []string) {
		text := ""
		for _, name := range names {
			text += "shop/a " + name + " gauge 10 1\n"
		}
		md, err := pointtext.Read(text)
		require.NoError(t, err)
		var all []pmetric.ResourceMetrics
		for _, rm := range md.ResourceMetrics().All() {
			all = append(all, rm, rm)
		}
		for i, m := range o.of(all, func(name string) bool { return name != "unwanted" }) {
			if i%2 == 0 {
				got = append(got, m.Name())
			}
		}
		return got
	}
	for _, x := range []struct{ in, want string }{
		{"c a b", "c a b"}, {"a b c", "c a b"}, {"b unwanted a c", "c a b"}, {"d c b", "c b d"}, {"a b c d", "c a b d"}, {"x", "x"}, {"x d c b a", "c a b d x"},
	} {
		require.Equal(t, strings.Fields(x.want), of(strings.Fields(x.in)...))
	}
	for i := range 3 * spare {
		of(fmt.Sprint("m", i))
	}
	require.Less(t, len(o.ranks), 2*spare)
	require.Equal(t, []string{"b", "a"}, of("b", "a"), "those of before are forgotten")
}
