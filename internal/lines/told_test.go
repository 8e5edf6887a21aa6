package lines

import (
	"strings"
	"testing"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// What a line says of its labels before they are built is what they are, and its
// hash is theirs.
func TestLabelsBeforeTheyAreBuilt(t *testing.T) {
	value := rapid.SampledFrom([]string{"", "1", "0.10", "+Inf", "-0", "x", "a,le=", "{b=", "}", "}, ", ` "`, "\\\\", "é", "long enough, to be read by words"})
	name := rapid.SampledFrom([]string{"a", "le", "quantile", "A", "b", "lea", "_le"})
	typ := rapid.SampledFrom([]string{"counter", "histogram", "gauge", "summary", "untyped"})
	metric := rapid.SampledFrom([]string{"h", "h_bucket", "h_count", "hh"})
	rapid.Check(t, func(rt *rapid.T) {
		var b strings.Builder
		for range rapid.IntRange(1, 3).Draw(rt, "families") {
			b.WriteString("# TYPE h " + typ.Draw(rt, "type") + "\n")
			for range rapid.IntRange(1, 4).Draw(rt, "lines") {
				b.WriteString(metric.Draw(rt, "metric"))
				if names := rapid.SliceOfNDistinct(name, 0, 4, rapid.ID[string]).Draw(rt, "names"); len(names) > 0 {
					var list []string
					for _, n := range names {
						list = append(list, n+`="`+strings.ReplaceAll(value.Draw(rt, "value"), `"`, `\"`)+`"`)
					}
					b.WriteString("{" + strings.Join(list, ",") + "}")
				}
				b.WriteString(" 1\n")
			}
		}
		s := NewStore()
		var c Columns
		r := NewReader(s, Limits{})
		require.NoError(rt, r.Read(&c, []byte(b.String()), ""))
		r.Commit(&c)
		checkTold(rt, s, &c)
	})
}

func checkTold(t require.TestingT, s *Store, c *Columns) {
	names := []string{"__name__", "a", "le", "quantile", "A", "b", "lea", "_le", "none", "verb", "component"}
	said := map[ID][]string{}
	var beside [][2]*Line
	for pos, id := range c.IDs() {
		for _, name := range names {
			said[id] = append(said[id], s.Line(id).Label(name))
		}
		if pos > 0 && s.Line(c.ID(pos-1)).Beside(s.Line(id)) {
			beside = append(beside, [2]*Line{s.Line(c.ID(pos - 1)), s.Line(id)})
		}
	}
	for _, id := range c.IDs() {
		l := s.Line(id)
		for i, name := range names {
			require.Equal(t, l.Labels().Get(name), said[id][i], "%s of %s", name, l.Labels())
			require.Equal(t, said[id][i], l.Label(name))
		}
		require.Equal(t, s.hashOf(l.Labels()), l.hash, "%q", s.lines.text(uint32(id)))
	}
	for _, two := range beside {
		without := func(l *Line) labels.Labels { return l.Labels().MatchLabels(false, labels.BucketLabel) }
		require.Equal(t, without(two[0]), without(two[1]))
		require.Equal(t, []any{two[0].Name, two[0].Role}, []any{two[1].Name, two[1].Role})
	}
}

// The recorded lines are told before they are built, and buckets by the line before.
func TestRecordedLabelsBeforeTheyAreBuilt(t *testing.T) {
	for _, body := range recordedBodies(t) {
		s := NewStore()
		var c Columns
		r := NewReader(s, Limits{})
		require.NoError(t, r.Read(&c, body, ""))
		r.Commit(&c)
		buckets, beside := 0, 0
		for pos, id := range c.IDs() {
			if l := s.Line(id); l.Role == Bucket && l.Bound > 0.005 {
				buckets++
				if l.Beside(s.Line(c.ID(pos - 1))) {
					beside++
				}
			}
		}
		assert.Zero(t, s.lineBytes.Load(), "labels are built")
		assert.Greater(t, beside, buckets*2/3)
		checkTold(t, s, &c)
		assert.Positive(t, s.lineBytes.Load())
	}
}
