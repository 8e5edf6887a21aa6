package main

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"
)

// Charts have no styles: what has a colour has a class, so that dark mode,
// contrast and hover are the style sheet's. All coordinates are in the units of
// the view box.
const (
	chartWidth, chartHeight = 480, 190
	plotLeft, plotRight     = 58, 472
	plotTop, plotBottom     = 8, 162
	chartSeries             = 8  // entries that a chart shows
	chartMoments            = 36 // of the past; more are thinned out
	heatClasses             = 9
	labelGap                = 14
)

// chart is a panel over time.
type chart struct {
	Kind   Chart
	Title  string
	Unit   Unit
	X      []tick
	Y      []tick
	Series []series
	Cells  []heatCell
	Bars   []bar
	Table  numbers
}

// tick is a label of an axis, and where it stands.
type tick struct {
	At    float64
	Label string
}

// series is an entry over time.
type series struct {
	Key    string
	Class  string
	Line   string // paths
	Band   string
	Open   string // the band where nothing bounds the truth from above
	Lost   string // where the server does not answer
	Points []Amount
	lost   []bool
}

// bar is a part of a stacked bar, heatCell a square of a heatmap.
type bar struct {
	X, Y, W, H float64
	Class      string
}

type heatCell struct {
	X, Y, W, H float64
	Class      string
}

// numbers is the table of a chart's numbers: a line for each moment.
type numbers struct {
	Keys  []string
	Lines []tableLine
}

type tableLine struct {
	Time  string
	X     float64
	Cells []string
}

// newChart returns the chart of a panel over pages, the last of which it is of;
// nil if the panel has no chart, or nothing to show.
func newChart(row string, p *Panel, past []*Page) *chart {
	if p.Chart == "" || len(p.Entries) == 0 {
		return nil
	}
	past = thin(past)
	c := &chart{Kind: p.Chart, Title: p.Title, Unit: p.Columns[0].Unit}
	keys := shown(row, p, past)
	for i, key := range keys {
		c.Series = append(c.Series, overTime(row, p.ID, key, fmt.Sprintf("s%d", i%chartSeries), past))
	}
	if i := slices.IndexFunc(c.Series, func(s series) bool { return s.Key == "all servers" }); i >= 0 {
		c.Series[i].Class = "all"
	}
	c.timeAxis(past)
	switch p.Chart {
	case Heat:
		c.heat(past)
	case Stack:
		c.stack(past)
	default:
		c.lines(past)
	}
	c.table(past)
	return c
}

// thin keeps every n-th page, counted from the last, so that few are left.
func thin(past []*Page) (out []*Page) {
	every := (len(past) + chartMoments - 1) / chartMoments
	for i := len(past) - 1; i >= 0; i -= max(1, every) {
		out = append(out, past[i])
	}
	slices.Reverse(out)
	return out
}

// shown returns the keys of a chart: those of the panel, and of a heatmap all
// there were.
func shown(row string, p *Panel, past []*Page) (keys []string) {
	if p.Chart != Heat {
		for _, e := range p.Entries[:min(len(p.Entries), chartSeries)] {
			keys = append(keys, e.Key)
		}
		return keys
	}
	most := p
	for _, x := range past {
		if r := x.row(row); r != nil {
			if q := r.panel(p.ID); q != nil && len(q.Entries) > len(most.Entries) {
				most = q
			}
		}
	}
	for _, e := range most.Entries {
		keys = append(keys, e.Key)
	}
	return keys
}

// overTime returns an entry over the pages.
func overTime(row, panel, key, class string, past []*Page) series {
	s := series{Key: key, Class: class}
	for _, page := range past {
		a, lost := Amount{}, false
		if r := page.row(row); r != nil {
			if p := r.panel(panel); p != nil {
				if i := slices.IndexFunc(p.Entries, func(e Entry) bool { return e.Key == key }); i >= 0 {
					a, lost = p.Entries[i].Cells[0].Amount, p.Entries[i].Lost
				}
			}
		}
		s.Points, s.lost = append(s.Points, a), append(s.lost, lost)
	}
	return s
}

// x returns where a moment stands: the first left, the last right.
func x(past []*Page, i int) float64 {
	span := past[len(past)-1].At.Sub(past[0].At)
	if span == 0 {
		return plotRight
	}
	return plotLeft + (plotRight-plotLeft)*float64(past[i].At.Sub(past[0].At))/float64(span)
}

// timeAxis labels the first, the middle and the last moment.
func (c *chart) timeAxis(past []*Page) {
	for _, i := range slices.Compact([]int{0, (len(past) - 1) / 2, len(past) - 1}) {
		c.X = append(c.X, tick{x(past, i), past[i].At.UTC().Format(time.TimeOnly)})
	}
}

// valueAxis labels round values up to the greatest, and returns the scale.
func (c *chart) valueAxis(most float64) func(float64) float64 {
	if most <= 0 {
		most = 1
	}
	scale := 1.0
	if c.Unit == Bytes {
		scale = math.Pow(1024, math.Floor(math.Log2(max(1, most))/10))
	}
	step := scale * math.Pow(10, math.Floor(math.Log10(most/scale)))
	for _, part := range []float64{0.2, 0.5, 1, 2, 5} {
		if most/(step*part) <= 4 {
			step *= part
			break
		}
	}
	top := math.Ceil(most/step-1e-9) * step
	y := func(v float64) float64 {
		return plotBottom - (plotBottom-plotTop)*min(1, max(0, v/top))
	}
	for v := 0.0; v <= top*1.0001; v += step {
		c.Y = append(c.Y, tick{y(v), c.Unit.number(v)})
	}
	return y
}

// lines draws each series, and the band between its bounds. A bound beyond the
// chart ends at its edge.
func (c *chart) lines(past []*Page) {
	most := 0.0
	for _, s := range c.Series {
		for _, a := range s.Points {
			if a.Known && !math.IsInf(a.Value, 0) {
				most = max(most, a.Value)
			}
		}
	}
	y := c.valueAxis(most * 1.1)
	for i := range c.Series {
		s := &c.Series[i]
		s.Line = through(past, s.Points, y, func(j int) bool { return !s.lost[j] })
		s.Lost = through(past, s.Points, y, func(j int) bool { return s.lost[j] || j+1 < len(s.lost) && s.lost[j+1] && !s.lost[j] })
		s.Band = band(past, s.Points, y, false)
		s.Open = band(past, s.Points, y, true)
	}
}

// through returns a path through the known points that want selects; where one is
// missing there is a gap.
func through(past []*Page, points []Amount, y func(float64) float64, want func(int) bool) string {
	var b strings.Builder
	pen := false
	for i, a := range points {
		if !a.Known || !want(i) {
			pen = false
			continue
		}
		fmt.Fprintf(&b, "%c%.1f %.1f", map[bool]byte{true: 'L', false: 'M'}[pen], x(past, i), y(a.Value))
		if !pen && (i+1 == len(points) || !points[i+1].Known || !want(i+1)) {
			b.WriteString("h1") // a point alone
		}
		pen = true
	}
	return b.String()
}

// band returns an area for each run of points with bounds: those with an upper
// one, or the others, whose area ends at the edge of the chart.
func band(past []*Page, points []Amount, y func(float64) float64, open bool) string {
	var b strings.Builder
	fits := func(a Amount) bool { return a.Known && math.IsInf(a.Hi, 1) == open }
	for i := 0; i < len(points); i++ {
		from := i
		wide := false
		for i < len(points) && fits(points[i]) {
			wide = wide || points[i].Lo != points[i].Hi
			i++
		}
		if !wide || i-from < 2 {
			continue
		}
		for j := from; j < i; j++ {
			fmt.Fprintf(&b, "%c%.1f %.1f", map[bool]byte{true: 'M', false: 'L'}[j == from], x(past, j), y(points[j].Hi))
		}
		for j := i - 1; j >= from; j-- {
			fmt.Fprintf(&b, "L%.1f %.1f", x(past, j), y(points[j].Lo))
		}
		b.WriteString("Z")
		i--
	}
	return b.String()
}

// slot is the width of a moment in charts of bars and squares.
func slot(past []*Page) float64 { return (plotRight - plotLeft) / float64(len(past)) }

// stack draws a bar for each moment.
func (c *chart) stack(past []*Page) {
	most := 0.0
	for i := range past {
		sum := 0.0
		for _, s := range c.Series {
			sum += s.Points[i].Value
		}
		most = max(most, sum)
	}
	y := c.valueAxis(most)
	w := slot(past)
	c.X = nil
	for i, p := range past {
		base := 0.0
		for _, s := range c.Series {
			if v := s.Points[i].Value; v > 0 {
				top := y(base + v)
				c.Bars = append(c.Bars, bar{plotLeft + w*float64(i) + w*.1, top, w * .8, y(base) - top, s.Class})
				base += v
			}
		}
		c.slotLabel(past, i, p)
	}
}

func (c *chart) slotLabel(past []*Page, i int, p *Page) {
	if i == 0 || i == len(past)-1 || i == (len(past)-1)/2 {
		c.X = append(c.X, tick{plotLeft + slot(past)*(float64(i)+.5), p.At.UTC().Format(time.TimeOnly)})
	}
}

// heat draws a square for each bucket and moment: the darker, the more of that
// moment's requests are in it.
func (c *chart) heat(past []*Page) {
	w, h := slot(past), (plotBottom-plotTop)/float64(len(c.Series))
	c.X = nil
	for i, p := range past {
		sum := 0.0
		for _, s := range c.Series {
			sum += s.Points[i].Value
		}
		for j, s := range c.Series {
			if v := s.Points[i].Value; v > 0 && sum > 0 {
				class := 1 + int(math.Sqrt(v/sum)*(heatClasses-1))
				c.Cells = append(c.Cells, heatCell{plotLeft + w*float64(i), plotBottom - h*float64(j+1), w, h - .6, fmt.Sprintf("h%d", min(class, heatClasses))})
			}
		}
		c.slotLabel(past, i, p)
	}
	every := 1 + len(c.Series)*labelGap/(plotBottom-plotTop)
	for j, s := range c.Series {
		if j%every == 0 {
			c.Y = append(c.Y, tick{plotBottom - h*(float64(j)+.5), s.Key})
		}
	}
}

// table lists the numbers of the chart.
func (c *chart) table(past []*Page) {
	for _, s := range c.Series {
		c.Table.Keys = append(c.Table.Keys, s.Key)
	}
	for i, p := range past {
		l := tableLine{Time: p.At.UTC().Format(time.TimeOnly), X: math.Round(10*x(past, i)) / 10}
		if c.Kind != Lines {
			l.X = math.Round(10*(plotLeft+slot(past)*(float64(i)+.5))) / 10
		}
		for _, s := range c.Series {
			text := cell(s.Points[i]).text(c.Unit)
			if s.lost[i] {
				text += " (silent)"
			}
			l.Cells = append(l.Cells, text)
		}
		c.Table.Lines = append(c.Table.Lines, l)
	}
}
