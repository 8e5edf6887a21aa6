package selector_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/promfold/promfold/internal/selector"
)

// What PromQL makes of the same texts is compared in bench/oracle.
func TestSelectors(t *testing.T) {
	for text, want := range map[string]string{
		`up`:                                  `up []`,
		` up `:                                `up []`,
		`job:up:sum`:                          `job:up:sum []`,
		`up{}`:                                `up []`,
		`up{a="b"}`:                           `up [a="b"]`,
		`up{a="b",}`:                          `up [a="b"]`,
		"up { a = \"b\" , # why\n c=~'d.*' }": `up [a="b" c=~"d.*"]`,
		"up{a!=`\\n`,b!~\"x|y\"}":             `up [a!="\\n" b!~"x|y"]`,
		`{__name__="up"}`:                     `up []`,
		`{__name__="up",a="b"}`:               `up [a="b"]`,
		`{a="b",__name__="up"}`:               `up [a="b"]`,
		`{"up"}`:                              `up []`,
		`{"a.b", x="y"}`:                      `a.b [x="y"]`,
		`{"a.b","x.y"=~"z"}`:                  `a.b ["x.y"=~"z"]`,
		`{__name__=~".+"}`:                    ` [__name__=~".+"]`,
		`{__name__=~"a|b",x!=""}`:             ` [__name__=~"a|b" x!=""]`,
		`{__name__!="",__name__="a"}`:         `a [__name__!=""]`,
		`{__name__="a",__name__="b"}`:         `a [__name__="b"]`,
		`up{a="\"\\\n\t\x41\u00fc\101"}`:      `up [a="\"\\\n\tAüA"]`,
		`up{a='it\'s'}`:                       `up [a="it's"]`,
		`sum{by="x"}`:                         `sum [by="x"]`,
		`{job="x"} # the end)`:                ` [job="x"]`,
		`offset`:                              `offset []`,
	} {
		s, err := selector.Parse(text)
		require.NoError(t, err, text)
		assert.Equal(t, want, fmt.Sprint(s.Metric, " ", s.Where), text)
	}
}

// A selector that is wrong says where.
func TestSelectorsThatAreRefused(t *testing.T) {
	for text, want := range map[string]string{
		``:                    `at byte 0: expected the name of a metric or {, not the end`,
		`  `:                  `at byte 2: expected the name of a metric or {, not the end`,
		`{}`:                  `at byte 2: at least one matcher must not match an empty value`,
		`{a=""}`:              `at byte 6: at least one matcher must not match an empty value`,
		`{a=~".*"}`:           `at byte 9: at least one matcher must not match an empty value`,
		`up[5m]`:              `at byte 2: expected the end of a vector selector, not '['`,
		`up offset 5m`:        `at byte 3: expected the end of a vector selector, not 'o'`,
		`up @ 5`:              `at byte 3: expected the end of a vector selector, not '@'`,
		`rate(up)`:            `at byte 4: expected the end of a vector selector, not '('`,
		`5`:                   `at byte 0: expected the name of a metric or {, not '5'`,
		`NaN`:                 `at byte 0: "NaN" is a keyword`,
		`a.b`:                 `at byte 1: expected the end of a vector selector, not '.'`,
		`up{`:                 `at byte 3: expected a label name or "}", not the end`,
		`up{a}`:               `at byte 4: expected =, !=, =~ or !~, not '}'`,
		`up{a:b="c"}`:         `at byte 4: expected =, !=, =~ or !~, not ':'`,
		`up{a="b" c="d"}`:     `at byte 9: expected "," or "}", not 'c'`,
		`up{,}`:               `at byte 3: expected a label name or "}", not ','`,
		`up{a=b}`:             `at byte 5: expected a quoted value, not 'b'`,
		`up{a="b}`:            `at byte 8: a string without its end`,
		"up{a=\"b\n\"}":       `at byte 7: a line feed in a string`,
		"up{a=\"\xff\"}":      `at byte 6: invalid UTF-8`,
		`up{a="\q"}`:          `at byte 6: invalid escape in a string`,
		`up{a=~"("}`:          "at byte 6: error parsing regexp: missing closing ): `(`",
		`up{__name__="down"}`: `at byte 19: a second name: "down"`,
		`up{"down"}`:          `at byte 10: a second name: "down"`,
		`{"up"`:               `at byte 5: expected "," or "}", not the end`,
		`up{a="b"} > 5`:       `at byte 10: expected the end of a vector selector, not '>'`,
		`up,down`:             `at byte 2: expected the end of a vector selector, not ','`,
	} {
		_, err := selector.Parse(text)
		assert.EqualError(t, err, fmt.Sprintf("selector %q %s", text, want))
	}
}

// A selector as text selects the same.
func TestTextOfSelectors(t *testing.T) {
	for text, want := range map[string]string{
		`up`:                          `up`,
		`up{a='b'}`:                   `up{a="b"}`,
		`{"a.b", x="y"}`:              `{__name__="a.b",x="y"}`,
		`{"inf"}`:                     `{__name__="inf"}`,
		`{__name__=~"a|b"}`:           `{__name__=~"a|b"}`,
		`{__name__!="",__name__="a"}`: `{__name__="a",__name__!=""}`,
	} {
		s, err := selector.Parse(text)
		require.NoError(t, err, text)
		assert.Equal(t, want, s.String(), text)
	}
	assert.Empty(t, (&selector.Selector{}).String())
}

// Whatever the text is, a selector that is accepted reads the same once it is
// written down.
func FuzzParse(f *testing.F) {
	for _, text := range []string{`up{a="b",c=~"d|e"}`, `{"a.b","x.y"!~'z'}`, "{a=`\\`,b!=\"\\xff\"} # end"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		s, err := selector.Parse(text)
		if err != nil {
			return
		}
		again, err := selector.Parse(s.String())
		require.NoError(t, err, s.String())
		assert.Equal(t, s.String(), again.String())
		assert.Equal(t, s.Metric, again.Metric)
		assert.Len(t, again.Where, len(s.Where))
	})
}
