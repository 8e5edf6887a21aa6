package roster_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/promfold/promfold/internal/lines"
	"github.com/promfold/promfold/internal/roster"
)

// A family that lost most of its lines is found, and is whole again once half of them are back.
func TestCompare(t *testing.T) {
	s := lines.NewStore()
	r := lines.NewReader(s, lines.Limits{})
	var cols lines.Columns
	var list []roster.Shrunk
	for i, c := range []struct {
		pods, nodes int
		found       []string
		open        bool
	}{
		{20, 20, nil, false},
		{20, 9, []string{"nodes"}, true},
		{20, 9, nil, true},
		{20, 10, nil, false}, // half of them are back
		{3, 0, []string{"nodes", "pods"}, true},
		{3, 20, nil, true}, // the pods are not
		{10, 20, nil, false},
	} {
		var body strings.Builder
		for _, f := range []struct {
			name string
			n    int
		}{{"pods", c.pods}, {"nodes", c.nodes}} {
			for j := range f.n {
				fmt.Fprintf(&body, "%s{i=\"%d\"} 1\n", f.name, j)
			}
		}
		require.NoError(t, r.Read(&cols, []byte(body.String()), ""))
		var found []roster.Shrunk
		at := int64(1000 * (i + 1))
		list, found = roster.Compare(list, s, r, &cols, at, 0)
		var names []string
		for _, x := range found {
			names = append(names, x.Family.Name)
		}
		assert.Equal(t, c.found, names, i)
		open := false
		for i := range list {
			open = open || list[i].Open(at)
		}
		assert.Equal(t, c.open, open, i)
		r.Commit(&cols)
	}
}
