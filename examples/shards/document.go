package main

import (
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/promfold/promfold/examples/internal/example"
)

// document holds the answers of a round. -json prints it, and the table shows
// it.
type document struct {
	At       time.Time   `json:"at"`
	Scenario string      `json:"scenario,omitempty"`
	Shards   []shardInfo `json:"shards"`
	Pods     counts      `json:"pods"`
	Series   counts      `json:"series"`
	Stored   *storedInfo `json:"stored,omitempty"`

	// TotalPods is the number of pods, absent if it is unknown.
	TotalPods *int      `json:"total_pods,omitempty"`
	Complete  bool      `json:"complete"`
	Recreated int       `json:"recreated,omitempty"` // pods whose older namesake is still exposed
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

// counts are of all bodies.
type counts struct {
	Sum   int `json:"sum"`   // added up
	Union int `json:"union"` // each once
	Twice int `json:"twice"` // in more than one body
}

// storedInfo compares the union with what the API server has.
type storedInfo struct {
	Pods    int  `json:"pods"`
	Missing int  `json:"missing"`
	Gone    *int `json:"gone,omitempty"` // exposed, but deleted
}

// observe returns the document and the union of a round.
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
			pods, series := len(c.pods), len(c.samples)
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

// screen prints rounds: every document, but a table only if its findings differ
// from those of the table before.
type screen struct {
	o        options
	stdout   io.Writer
	screen   *example.Screen
	shown    map[string]bool // the findings of the latest table
	union    *union
	wrong    bool // something is, in the latest round
	complete bool
	answered bool
}

func newScreen(o options, stdout, stderr io.Writer) *screen {
	return &screen{o: o, stdout: example.Data(stdout), screen: example.NewScreen(o.Output, stdout, stderr)}
}

func (s *screen) show(d document, u *union) error {
	s.answered = s.answered || slices.ContainsFunc(d.Shards, func(i shardInfo) bool { return i.Pods != nil })
	s.union, s.complete, s.wrong = u, d.Complete, len(d.Findings) > 0
	switch {
	case s.o.union == "-":
		return nil
	case s.o.JSON:
		return s.screen.Show(d, nil, false)
	case !s.news(d):
		return nil
	}
	return s.screen.Print(render(d)...)
}

// news reports whether the findings differ from those of the round before.
func (s *screen) news(d document) bool {
	now := map[string]bool{"scenario " + d.Scenario: true}
	for _, f := range d.Findings {
		now[fmt.Sprint(f.Kind, f.Shards)] = true
	}
	none := fmt.Sprint(incomplete, []string(nil))
	if d.Stored == nil && s.shown[none] {
		now[none] = true // the number is unknown in this round
	}
	news := !maps.Equal(now, s.shown)
	s.shown = now
	return news
}

// end writes the union if a flag says where.
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

// render returns the table of a round, and a line after it.
func render(d document) []example.Line {
	total := "withheld"
	if d.TotalPods != nil {
		total = fmt.Sprint(*d.TotalPods)
	}
	title := d.At.Format(time.TimeOnly)
	if d.Scenario != "" {
		title = d.Scenario + "  " + title
	}
	lines := []example.Line{{example.Bold(title), example.Normal(fmt.Sprintf("  pods: total %s, told of %d, added up %d", total, d.Pods.Union, d.Pods.Sum))}}
	var t example.Table
	t.Left("", "", "", "", "")
	for _, s := range d.Shards {
		setting, pods := "?", "–"
		if s.Setting != nil {
			setting = s.Setting.String()
		}
		if s.Pods != nil {
			pods = fmt.Sprint(*s.Pods)
		}
		state := example.Normal(s.State)
		if s.State != "ok" {
			state = example.Alarm(s.State)
		}
		by := map[string]string{"uids": "proven by UIDs", "telemetry": "by its telemetry"}[s.By]
		t.Add(example.Normal(s.Name), state, example.Normal(setting), example.Normal(pods+" pods"), example.Dim(by))
	}
	lines = append(lines, t.Lines()...)
	for _, f := range d.Findings {
		text := fmt.Sprintf("  ! %s: %s", f.Kind, f.Text)
		if len(f.Objects) > 0 {
			text += ": " + strings.Join(f.Objects, ", ")
			if f.Count > len(f.Objects) {
				text += ", …"
			}
		}
		lines = append(lines, example.Line{example.Warning(text)})
	}
	return append(lines, nil)
}
