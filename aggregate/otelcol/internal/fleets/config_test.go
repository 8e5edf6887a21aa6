package fleets

import (
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Whatever a configuration holds: an error that names the key and can be printed, or
// fleets that can be made of it. Nothing panics, and nothing takes more than its text.
func TestHostileConfig(t *testing.T) {
	views := func(n int, name string) (list []View) {
		for i := range n {
			list = append(list, View{Metrics: []string{fmt.Sprint(name, i)}})
		}
		return list
	}
	names := func(n int, name string) (list []string) {
		for _, v := range views(n, name) {
			list = append(list, v.Metrics...)
		}
		return list
	}
	of := func(metrics ...string) []View { return []View{{Metrics: metrics}} }
	for _, c := range []struct {
		what   string
		change func(c *Config)
		says   string // empty: it is right
	}{
		{"a metric that is not UTF-8", func(c *Config) { c.Views = of("a", "\xff\x1b[31m") }, `views::0::metrics: entry 1 is not UTF-8: "\xff\x1b[31m"`},
		{"an attribute that is not UTF-8", func(c *Config) { c.Views = []View{{Metrics: []string{"a"}, Keep: []string{"\xff"}}} }, `views::0::keep: entry 0 is not UTF-8: "\xff"`},
		{"a resource's that is not UTF-8", func(c *Config) { c.FleetBy = []string{"\xff"} }, `fleet_by: entry 0 is not UTF-8: "\xff"`},
		{"the longest name", func(c *Config) { c.Views = of(strings.Repeat("x", 16<<10)) }, ""},
		{"a longer one", func(c *Config) { c.Views = of(strings.Repeat("x", 16<<10+1)) }, "views::0::metrics: entry 0 has 16385 bytes, more than 16384"},
		{"a pattern of stars alone", func(c *Config) { c.Views = of(strings.Repeat("*", 1000)) }, ""},
		{"control characters", func(c *Config) { c.Views = of("\x1b[31m", "\x00", "a\nb") }, ""},
		{"control characters twice", func(c *Config) { c.Views = of("\x1b[31m", "\x1b[31m") }, `views::0::metrics: "\x1b[31m" stands there twice`},
		{"what is no regular expression", func(c *Config) { c.Views = of("(", "[", `\`, "a{9999}", "**") }, ""},
		{"labels that are ours", func(c *Config) {
			c.Views = []View{{Metrics: []string{"a"}, Drop: []string{scopeLabel, kindLabel, "__name__"}}}
		}, ""},
		{"many views", func(c *Config) { c.Views = views(100, "a") }, ""},
		{"a million views", func(c *Config) { c.Views = views(1_000_000, "a") }, "views: too many metrics in too many views"},
		{"many metrics", func(c *Config) { c.Views = of(names(1000, "a")...) }, ""},
		{"a million metrics", func(c *Config) { c.Views = of(names(1_000_000, "a")...) }, "views: too many metrics in too many views"},
		{"a million attributes", func(c *Config) { c.ResourceAttributes = names(1_000_000, "a") }, ""},
		{"the longest time", func(c *Config) { c.ForgetAfter = 1<<63 - 1 }, ""},
		{"the largest numbers", func(c *Config) {
			c.MaxBytes, c.MaxInstances = 1<<63-1, 1<<63-1
			c.Balanced = []Balanced{{Attributes: map[string]string{"\xff": "\x1b"}, Expected: 1<<63 - 1}}
		}, ""},
		{"the smallest", func(c *Config) { c.MaxBytes, c.MaxInstances = 1<<20, 1 }, ""},
	} {
		config := DefaultConfig()
		c.change(&config)
		err := config.Check()
		if c.says == "" {
			require.NoError(t, err, c.what)
			_, err = New(config, time.Unix(1, 0), 0)
			assert.NoError(t, err, c.what)
			continue
		}
		require.ErrorContains(t, err, c.says, c.what)
		assert.True(t, utf8.ValidString(err.Error()), c.what)
		assert.NotContains(t, err.Error(), "\x1b", c.what)
		assert.Less(t, len(err.Error()), 1000, c.what)
	}
}
