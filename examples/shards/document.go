package main

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
)

// document is all that is known of a round: what -json prints, and what the
// table is made of.
type document struct {
	At       time.Time   `json:"at"`
	Scenario string      `json:"scenario,omitempty"`
	Shards   []shardInfo `json:"shards"`
	Pods     counts      `json:"pods"`
	Series   counts      `json:"series"`
	Stored   *storedInfo `json:"stored,omitempty"`

	// TotalPods is how many pods there are; absent where that is not known.
	TotalPods *int      `json:"total_pods,omitempty"`
	Complete  bool      `json:"complete"`
	Recreated int       `json:"recreated,omitempty"` // pods whose older namesake is still told of
	Findings  []finding `json:"findings"`
}

type shardInfo struct {
	Name    string   `json:"name"`
	State   string   `json:"state"` // ok, silent, frozen, cut off, partial
	Setting *setting `json:"setting,omitempty"`
	By      string   `json:"by,omitempty"` // uids, telemetry
	Pods    *int     `json:"pods,omitempty"`
	Series  *int     `json:"series,omitempty"`
}

// counts are of all bodies: added up, each once, in more than one.
type counts struct {
	Sum   int `json:"sum"`
	Union int `json:"union"`
	Twice int `json:"twice"`
}

// storedInfo compares with what the API has.
type storedInfo struct {
	Pods    int  `json:"pods"`
	Missing int  `json:"missing"`
	Gone    *int `json:"gone,omitempty"` // told of, but not there any more
}

// observe judges a round.
func (w *watch) observe(scenario string, r round) (document, *union) {
	list := w.take(r)
	u := unite(list)
	d := document{At: r.at.UTC(), Scenario: scenario, Shards: []shardInfo{}, Recreated: u.older, Findings: judge(list, u, r.stored)}
	if d.Findings == nil {
		d.Findings = []finding{}
	}
	for _, s := range list {
		info := shardInfo{Name: s.name, State: s.state(), By: s.by}
		if s.by != "" {
			info.Setting = &s.setting
		}
		if c := s.content; c != nil {
			pods, series := len(c.pods), len(c.series)
			info.Pods, info.Series = &pods, &series
			d.Pods.Sum += pods
			d.Series.Sum += series
		}
		d.Shards = append(d.Shards, info)
	}
	d.Pods.Union, d.Pods.Twice = len(u.pods), len(u.overlapping())
	d.Series.Union, d.Series.Twice = len(u.series), u.twice
	if r.stored != nil {
		d.Stored = &storedInfo{Pods: r.stored.pods, Missing: max(0, r.stored.missing(u))}
		if r.stored.uids != nil {
			gone := 0
			for uid := range u.pods {
				if !r.stored.uids[uid] {
					gone++
				}
			}
			d.Stored.Gone = &gone
		}
	}
	d.Complete = !slices.ContainsFunc(d.Findings, func(f finding) bool { return slices.Contains(withheld, f.Kind) })
	if d.Complete {
		pods := d.Pods.Union - u.older
		d.TotalPods = &pods
	}
	return d, u
}

func (s *shard) state() string {
	switch {
	case s.content == nil:
		return silent
	case len(s.frozen) > 0:
		return frozen
	case s.cutOff:
		return cutOff
	case s.partial:
		return partial
	}
	return "ok"
}

// screen shows rounds: as documents all, as tables those that tell other
// things than the one before.
type screen struct {
	o        options
	stdout   io.Writer
	shown    map[string]bool // what the latest table told
	union    *union
	wrong    bool // something is, in the latest round
	complete bool
	answered bool
}

func (s *screen) show(d document, u *union) error {
	s.answered = s.answered || slices.ContainsFunc(d.Shards, func(i shardInfo) bool { return i.Pods != nil })
	s.union, s.complete, s.wrong = u, d.Complete, len(d.Findings) > 0
	switch {
	case s.o.union == "-":
		return nil
	case s.o.json:
		return json.NewEncoder(s.stdout).Encode(d)
	}
	if !s.news(d) {
		return nil
	}
	_, err := io.WriteString(s.stdout, render(d))
	return err
}

// news: the findings are others than in the round before.
func (s *screen) news(d document) bool {
	now := map[string]bool{"scenario " + d.Scenario: true}
	for _, f := range d.Findings {
		now[fmt.Sprint(f.Kind, f.Shards)] = true
	}
	none := fmt.Sprint(incomplete, []string(nil))
	if d.Stored == nil && s.shown[none] {
		now[none] = true // nobody said that it is over
	}
	news := !maps.Equal(now, s.shown)
	s.shown = now
	return news
}

// end writes the union, if it is asked for.
func (s *screen) end() error {
	switch {
	case !s.answered:
		return fmt.Errorf("no shard answered")
	case s.o.union == "":
		return nil
	case s.o.union == "-":
		return s.union.write(s.stdout, !s.wrong)
	}
	file, err := os.Create(s.o.union)
	if err != nil {
		return err
	}
	if err := s.union.write(file, !s.wrong); err != nil {
		file.Close()
		return err
	}
	return file.Close()
}

func render(d document) string {
	var b strings.Builder
	total := "withheld"
	if d.TotalPods != nil {
		total = fmt.Sprint(*d.TotalPods)
	}
	title := d.At.Format(time.TimeOnly)
	if d.Scenario != "" {
		title = clean(d.Scenario) + "  " + title
	}
	fmt.Fprintf(&b, "%s  pods: total %s, told of %d, added up %d\n", title, total, d.Pods.Union, d.Pods.Sum)
	t := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	for _, s := range d.Shards {
		setting, pods := "?", "–"
		if s.Setting != nil {
			setting = s.Setting.String()
		}
		if s.Pods != nil {
			pods = fmt.Sprint(*s.Pods)
		}
		by := map[string]string{"uids": "proven by UIDs", "telemetry": "by its telemetry"}[s.By]
		fmt.Fprintf(t, "  %s\t%s\t%s\t%s pods\t%s\n", clean(s.Name), s.State, setting, pods, by)
	}
	t.Flush()
	for _, f := range d.Findings {
		fmt.Fprintf(&b, "  ! %s: %s", f.Kind, clean(f.Text))
		if len(f.Objects) > 0 {
			fmt.Fprintf(&b, ": %s", clean(strings.Join(f.Objects, ", ")))
			if f.Count > len(f.Objects) {
				b.WriteString(", …")
			}
		}
		b.WriteByte('\n')
	}
	b.WriteByte('\n')
	return b.String()
}

// clean takes away what could move the cursor of a terminal.
func clean(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return '�'
		}
		return r
	}, s)
}
