package lines

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestHelp(t *testing.T) {
	s := NewStore()
	r := NewReader(s, Limits{})
	var h Help
	for _, body := range []string{
		"# HELP a A\\\\b\\nc.\n# TYPE a counter\na 1\n# HELP \"q.\\\"r\" Quoted.\n{\"q.\\\"r\"} 1\n# HELP empty \nempty 1\n# HELP\n# nothing\n",
		"# HELP a Another.\n# HELP empty Not so.\na 2\n",
	} {
		var c Columns
		require.NoError(t, r.Read(&c, []byte(body), ""))
		r.Commit(&c)
		h.Read(s, &c)
		h.Read(s, &c)
	}
	for name, want := range map[string]string{"a": "A\\b\nc.", "q.\"r": "Quoted.", "empty": "Not so.", "none": ""} {
		got, ok := h.Of(name)
		assert.Equal(t, want != "", ok, name)
		assert.Equal(t, want, got)
	}
}
