package truth

import (
	"fmt"
	"math"

	"github.com/promfold/promfold"
	"github.com/promfold/promfold/internal/cases"
)

// Side is the bound that misses the truth.
type Side uint8

// The sides.
const (
	None Side = iota
	Lo        // the lower bound is above the truth
	Hi        // the upper bound is below it
)

// Verdict is an answer and its truth.
type Verdict struct {
	Ask      *cases.Ask
	Step     int // of the case
	Truth    Truth
	Estimate promfold.Estimate
	Miss     Side
	Excused  bool // the miss
}

// rounding is how far an answer may be off, relatively.
const rounding = 1e-9

// judge compares an answer with its truth.
func judge(e promfold.Estimate, t Truth) Side {
	switch {
	case e.Lo > t.LoMax+rounding*math.Abs(t.LoMax):
		return Lo
	case e.Hi < t.HiMin-rounding*math.Abs(t.HiMin):
		return Hi
	}
	return None
}

// Run tells and asks a fleet, and returns the verdict on each answer whose
// truth is known. An answer that is absent or doubtful of itself (it warns that
// it may count a process twice) claims nothing.
func (f *Fleet) Run() ([]Verdict, error) {
	fleet, err := cases.NewFleet(f.Case)
	if err != nil {
		return nil, err
	}
	var list []Verdict
	counts := map[string]promfold.Estimate{} // of the groups whose distributions are asked
	for i, s := range f.Case.Steps {
		a, ok := s.(*cases.Ask)
		if !ok {
			if err := fleet.Tell(s); err != nil {
				return nil, fmt.Errorf("%s: step %d: %w", f.Case.Name, i, err)
			}
			continue
		}
		answer, err := fleet.Ask(a)
		if err != nil {
			return nil, fmt.Errorf("%s: step %d: %w", f.Case.Name, i, err)
		}
		start, end := answer.Start.Sub(cases.Epoch).Milliseconds(), answer.End.Sub(cases.Epoch).Milliseconds()
		group := fmt.Sprint(a.View, a.At, a.Window)
		if a.Question.Word == "count" {
			counts[group] = answer.Estimate
		}
		t, known := f.Truth(a, i, start, end, counts[group], answer.Who)
		if !known || !answer.OK || answer.Doubled() {
			continue
		}
		v := Verdict{Ask: a, Step: i, Truth: t, Estimate: answer.Estimate, Miss: judge(answer.Estimate, t)}
		v.Excused = v.Miss == Lo && t.LoExcused || v.Miss == Hi && t.HiExcused
		list = append(list, v)
	}
	return list, nil
}

// Missed returns the fleet as a case of package cases that ends with the first
// answer that misses, and fails with it; the other questions are left out.
func (f *Fleet) Missed(v Verdict) *cases.Case {
	c := *f.Case
	c.Name += "-" + v.Ask.Question.Word
	c.Steps, c.Views = nil, nil
	for _, s := range f.Case.Steps[:v.Step] {
		if _, ok := s.(*cases.Ask); !ok {
			c.Steps = append(c.Steps, s)
		}
	}
	for _, view := range f.Case.Views {
		if view.Selector == v.Ask.View {
			c.Views = append(c.Views, view)
		}
	}
	ask := *v.Ask
	ask.Expect = cases.Expectation{Word: "holds", X: v.Truth.LoMax}
	if v.Miss == Hi {
		ask.Expect.X = v.Truth.HiMin
	}
	c.Steps = append(c.Steps, &ask)
	c.Why = []string{fmt.Sprintf("%s. Answered %s.", About(f.Kind), v.Estimate)}
	return &c
}

// width is how wide an interval is, relative to the truth; false if there is
// no truth to compare it with.
func (v *Verdict) width() (float64, bool) {
	if v.Truth.HiMin <= 0 {
		return 0, false
	}
	return (v.Estimate.Hi - v.Estimate.Lo) / v.Truth.HiMin, true
}

// Truth returns the truth of a question that was asked about a window
// (start, end], in ms since cases.Epoch, after so many steps of the case; false
// if it is not known. Of a distribution, count is how many observations the
// answer is about; of a member, who is its name.
func (f *Fleet) Truth(a *cases.Ask, order int, start, end int64, count promfold.Estimate, who string) (Truth, bool) {
	m := moment{f, span{start, end}, order, f.opening(order)}
	if m.window.length() == 0 {
		return Truth{}, false
	}
	v := selected(a.View)
	switch a.Question.Word {
	case "increase", "count":
		return m.increase(v), true
	case "rate":
		return m.rate(v), true
	case "ratenow":
		return m.rateNow(v)
	case "hottest":
		return m.member(v, who)
	case "share":
		return m.share(v, who)
	case "quantile":
		return overSets(m.observations(v.family), count, func(x []float64) (float64, bool) { return quantile(x, a.Question.Param) })
	case "over":
		return overSets(m.observations(v.family), count, func(x []float64) (float64, bool) { return over(x, a.Question.Param) })
	}
	return Truth{}, false
}
