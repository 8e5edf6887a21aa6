package cases

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// String returns the case in the grammar; Read reads it back.
func (c *Case) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "case %s\n", c.Name)
	for _, line := range c.Why {
		fmt.Fprintf(&b, "# %s\n", line)
	}
	if c.Since != nil {
		fmt.Fprintf(&b, "since %s\n", seconds(*c.Since))
	}
	if c.Window != 0 {
		fmt.Fprintf(&b, "window %s\n", c.Window)
	}
	if c.Catalogue != "" {
		fmt.Fprintf(&b, "catalogue %s\n", c.Catalogue)
	}
	for i := range c.Views {
		c.Views[i].write(&b)
	}
	for _, s := range c.Steps {
		s.write(&b)
	}
	return b.String()
}

func (v *View) write(b *strings.Builder) {
	fmt.Fprintf(b, "%s %s", v.Kind, v.Selector)
	for _, opt := range [][2]string{
		{"by", strings.Join(v.By, ",")}, {"type", v.Type}, {"combine", v.Combine}, {"owner", v.Owner},
	} {
		if opt[1] != "" {
			fmt.Fprintf(b, " %s=%s", opt[0], opt[1])
		}
	}
	if v.Signed {
		b.WriteString(" signed=true")
	}
	b.WriteByte('\n')
}

func (s *Balanced) write(b *strings.Builder) {
	fmt.Fprintf(b, "balanced %s %d\n", s.Target, s.Expected)
}

func (s *Expect) write(b *strings.Builder) {
	fmt.Fprintf(b, "expect %s\n", strings.Join(s.Targets, " "))
}

func (s *Scrape) write(b *strings.Builder) {
	fmt.Fprintf(b, "scrape %s %s", s.Target, seconds(s.At))
	if s.Proto {
		b.WriteString(" protobuf")
	}
	for _, l := range s.Labels {
		fmt.Fprintf(b, " %s=%s", l[0], l[1])
	}
	for _, h := range s.Header {
		fmt.Fprintf(b, " header:%s=%s", h[0], strings.ReplaceAll(h[1], " ", "_"))
	}
	b.WriteByte('\n')
	for line := range strings.Lines(s.Body) {
		b.WriteString("> " + strings.TrimSuffix(line, "\n") + "\n")
	}
}

func (s *Fail) write(b *strings.Builder) {
	fmt.Fprintf(b, "fail %s %s %s\n", s.Target, seconds(s.At), s.How)
}

func (s *Gone) write(b *strings.Builder) {
	fmt.Fprintf(b, "gone %s %s\n", s.Target, seconds(s.At))
}

func (s *Ask) write(b *strings.Builder) {
	window := "all"
	if s.Window != 0 {
		window = s.Window.String()
	}
	fmt.Fprintf(b, "ask %s %s %s %s %s\n", seconds(s.At), window, s.View, s.Question, s.Expect)
}

// seconds returns a time as a decimal number of seconds.
func seconds(d time.Duration) string { return number(float64(d.Milliseconds()) / 1000) }

func number(x float64) string { return strconv.FormatFloat(x, 'f', -1, 64) }
