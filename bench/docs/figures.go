package main

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/promfold/promfold/aggregate"
	"github.com/promfold/promfold/parse"
)

// The size of a figure, and of the part that has the curves.
const (
	width, height           = 720.0, 340.0
	left, right, top, floor = 70.0, 20.0, 40.0, 290.0
)

// colours can be told apart by most readers; marks differ, too.
var colours = []string{"#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00"}

// plot draws curves over the seconds of the recording.
type plot struct {
	b             strings.Builder
	seconds, most float64
}

func newPlot(title string, seconds, most float64, unit string) *plot {
	p := &plot{seconds: seconds, most: most}
	fmt.Fprintf(&p.b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %g %g" font-family="sans-serif" font-size="12">`+"\n", width, height)
	fmt.Fprintf(&p.b, "<title>%s</title>\n<rect width=\"100%%\" height=\"100%%\" fill=\"white\"/>\n", title)
	p.text(left, 20, "start", "#000", title)
	for i := range 5 {
		y := most * float64(i) / 4
		fmt.Fprintf(&p.b, `<line x1="%g" x2="%g" y1="%.1f" y2="%.1f" stroke="#ddd"/>`+"\n", left, width-right, p.y(y), p.y(y))
		p.text(left-6, p.y(y)+4, "end", "#555", fmt.Sprintf("%.0f", y))
	}
	for s := 0.0; s <= seconds; s += 30 {
		p.text(p.x(s), floor+16, "middle", "#555", fmt.Sprintf("%.0f s", s))
	}
	p.text(left-6, top-8, "end", "#555", unit)
	return p
}

func (p *plot) x(s float64) float64 { return left + (width-left-right)*s/p.seconds }
func (p *plot) y(v float64) float64 { return floor - (floor-top)*min(v, p.most*1.05)/p.most }

func (p *plot) text(x, y float64, anchor, colour, text string) {
	fmt.Fprintf(&p.b, `<text x="%.1f" y="%.1f" text-anchor="%s" fill="%s">%s</text>`+"\n", x, y, anchor, colour, text)
}

// point is a moment and a value.
type point struct{ s, v float64 }

func (p *plot) path(points []point) string {
	var parts []string
	for _, q := range points {
		parts = append(parts, fmt.Sprintf("%.1f,%.1f", p.x(q.s), p.y(q.v)))
	}
	return strings.Join(parts, " ")
}

func (p *plot) line(points []point, style string) {
	fmt.Fprintf(&p.b, `<polyline fill="none" %s points="%s"/>`+"\n", style, p.path(points))
}

func (p *plot) mark(s float64, text string) {
	fmt.Fprintf(&p.b, `<line x1="%.1f" x2="%.1f" y1="%g" y2="%g" stroke="#999" stroke-dasharray="3 3"/>`+"\n", p.x(s), p.x(s), top, floor)
	p.text(p.x(s)+3, top+10, "start", "#555", text)
}

func (p *plot) end() string { return p.b.String() + "</svg>\n" }

// identity draws what the balancer's address reads, and whose each reading is.
func (r *recorded) identity() (string, error) {
	f, err := aggregate.NewFleet(aggregate.Config{})
	if err != nil {
		return "", err
	}
	var all []point
	of := map[string][]point{}
	err = r.replay(f, true, func(s one, told aggregate.Report) error {
		if s.err != nil {
			return nil
		}
		list, err := parse.Samples(s.Header(), s.body)
		sum := 0.0
		for _, p := range list {
			if p.Name == total {
				sum += p.Value
			}
		}
		q := point{s.At().Sub(r.first).Seconds(), sum}
		all = append(all, q)
		who := fmt.Sprintf("%s, process %d", told.Instance, told.Incarnation)
		of[who] = append(of[who], q)
		return err
	})
	if err != nil {
		return "", err
	}
	most := 0.0
	for _, q := range all {
		most = max(most, q.v)
	}
	p := newPlot("apiserver_request_total of one address, scraped every 5 s", r.last.Sub(r.first).Seconds(), math.Ceil(most/2000)*2000, "requests")
	p.line(all, `stroke="#bbb"`)
	names := make([]string, 0, len(of))
	for name := range of {
		names = append(names, name)
	}
	slices.SortFunc(names, func(a, b string) int {
		return strings.Compare(fmt.Sprint(of[a][0].s+1000), fmt.Sprint(of[b][0].s+1000))
	})
	for i, name := range names {
		colour := colours[i%len(colours)]
		p.line(of[name], fmt.Sprintf(`stroke="%s" stroke-width="2"`, colour))
		for _, q := range of[name] {
			fmt.Fprintf(&p.b, `<circle cx="%.1f" cy="%.1f" r="3" fill="%s"/>`+"\n", p.x(q.s), p.y(q.v), colour)
		}
		p.text(left+float64(i)*128, floor+38, "start", colour, "● "+name)
	}
	return p.end(), nil
}

// bounds draws a rate over the last minute with its interval, beside PromQL's.
func (r *recorded) bounds() (string, error) {
	const minute = time.Minute
	f, err := aggregate.NewFleet(aggregate.Config{Window: minute})
	if err != nil {
		return "", err
	}
	view, err := f.Counter(requests)
	if err != nil {
		return "", err
	}
	var value, lo, hi, theirs []point
	last := -1
	err = r.replay(f, false, func(s one, _ aggregate.Report) error {
		at := s.At().Sub(r.first).Seconds()
		if s.Step == last || at < minute.Seconds() {
			return nil
		}
		last = s.Step
		g, err := view.One(f.Snapshot(s.At()).Last(minute))
		if err != nil {
			return err
		}
		e, ok := g.Rate()
		v, answered, err := r.ask(withJob("sum(rate("+total+"[1m]))", "apiserver"), s.At())
		if ok && answered && err == nil {
			value, lo, hi, theirs = append(value, point{at, e.Value}), append(lo, point{at, e.Lo}), append(hi, point{at, e.Hi}), append(theirs, point{at, v})
		}
		return err
	})
	if err != nil {
		return "", err
	}
	p := newPlot("Requests a second of three servers over the last minute", r.last.Sub(r.first).Seconds(), 80, "1/s")
	slices.Reverse(hi)
	fmt.Fprintf(&p.b, `<polygon fill="#0072b2" fill-opacity="0.2" points="%s"/>`+"\n", p.path(append(lo, hi...)))
	p.line(theirs, `stroke="#d55e00" stroke-width="1.5" stroke-dasharray="6 3"`)
	p.line(value, `stroke="#0072b2" stroke-width="2"`)
	down := map[string]bool{}
	for _, s := range r.scrapes {
		if s.err != nil && !s.ThroughLB && !down[s.Target] {
			down[s.Target] = true
			p.mark(s.At().Sub(r.first).Seconds(), strings.TrimPrefix(s.Target, "apiserver-")+" does not answer")
		}
	}
	p.text(left, floor+38, "start", "#0072b2", "— Rate, and its interval [Lo, Hi]")
	p.text(left+260, floor+38, "start", "#d55e00", "- - PromQL, sum(rate(…[1m]))")
	return p.end(), nil
}
