package lines

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Comments are kept, too. One that means something may be as long as a line, to the byte, and those
// between two lines are no more than a heading. The error is at the comment.
func TestCommentsHaveALimit(t *testing.T) {
	for _, in := range []string{"text/plain", "application/openmetrics-text; version=1.0.0", asOpenMetrics2} {
		read := func(comments string) error {
			limits := Limits{Line: 100, OpenMetrics2: true}
			return NewReader(NewStore(), limits).Read(&Columns{}, []byte("b 1\n"+comments+"b2 2\n# EOF\n"), in)
		}
		refused := func(comments, why string, line int) {
			t.Helper()
			err := read(comments)
			require.ErrorIs(t, err, ErrLimit, in)
			assert.ErrorContains(t, err, why, in)
			var wrong *Error
			require.ErrorAs(t, err, &wrong)
			assert.Equal(t, line, wrong.Line, in)
		}
		for _, c := range [][2]string{{"# HELP ", " of a"}, {"# HELP a ", ""}, {"# TYPE ", " gauge"}, {"# UNIT ", "_s s"}} {
			if in == "text/plain" && c[0] == "# UNIT " {
				continue // there it means nothing
			}
			comment := func(n int) string {
				return c[0] + strings.Repeat("x", n-len(c[0])-len(c[1])-1) + c[1] + "\n"
			}
			most := 100
			if in == asOpenMetrics2 { // of what it says
				most += len("# HELP  \n")
			}
			assert.NoError(t, read(comment(most)), "%s: %s", in, c[0])
			refused(comment(most+1), "more than 100 bytes in a comment", 2)
			if in == "text/plain" {
				assert.NoError(t, read(strings.Repeat("\n", 100)+comment(most)), "blank lines before it are not its")
			}
		}

		rows := func(n int) string { // of 64 bytes
			var b strings.Builder
			for i := range n {
				fmt.Fprintf(&b, "# HELP a%06d %s\n", i, strings.Repeat("x", 48))
			}
			return b.String()
		}
		const fits = 1 << 20 / 64
		assert.NoError(t, read(rows(fits)), in)
		at := 2 // where they begin
		if in == asOpenMetrics2 {
			at += fits // where it is too much
		}
		refused(rows(fits+1), "more than 1048576 bytes of comments in a row", at)
	}
	assert.NoError(t, NewReader(NewStore(), Limits{Line: 100}).Read(&Columns{}, []byte("# "+strings.Repeat("x", 1000)+"\n"), ""), "it means nothing")
	list := "# HELP a n_buckets:[" + strings.Repeat("1,", 200) + "1]\n# EOF\n"
	assert.NoError(t, NewReader(NewStore(), Limits{Buckets: 100, OpenMetrics2: true}).Read(&Columns{}, []byte(list), asOpenMetrics2), "it is no histogram")
}
