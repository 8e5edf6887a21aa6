package tally

import (
	"math"
	"math/big"
	"slices"
	"time"

	"github.com/promfold/promfold/internal/judge"
	"github.com/promfold/promfold/internal/window"
)

// beginning is where growth of an instance is counted from: scrapes, −1 before the first one.
type beginning struct {
	most, least int
	part        float64 // how far from most to least
	older       bool    // no scrape is in the window
}

// begins finds the two held scrapes beside the start of a window by looking at all of them.
func (x *instance) begins(start int64) beginning {
	last := len(x.at) - 1
	if x.at[last] <= start {
		return beginning{most: last - 1, least: last - 1, older: true}
	}
	most, next := -1, last
	for i := last; i >= 0; i-- {
		held := slices.ContainsFunc(x.Held(), func(c window.Checkpoint) bool { return c.At == x.at[i] })
		switch {
		case held && x.at[i] > start:
			next = i
		case held && most < 0:
			most = i
		}
	}
	if most < 0 || x.at[most] == start || next-most == 1 {
		return beginning{most: most, least: most}
	}
	return beginning{most: most, least: next, part: float64(start-x.at[most]) / float64(x.at[next]-x.at[most])}
}

// naive is an increase as all steps say, in rational numbers.
type naive struct {
	value, lo, hi, back, older big.Rat
	open, between              bool
	resets                     int
}

func rat(x float64) *big.Rat { return new(big.Rat).SetFloat64(x) }

// since adds up what a column grew by after a scrape.
func (x *instance) since(col, scrape int) *big.Rat {
	sum := &big.Rat{}
	for i := scrape + 1; i < len(x.steps); i++ {
		s := &x.steps[i][col]
		sum.Add(sum, rat(s.Add)).Sub(sum, rat(s.Sub))
	}
	return sum
}

// add adds what a column grew by in a window.
func (n *naive) add(x *instance, col int, start int64) {
	b := x.begins(start)
	most, least := x.since(col, b.most), x.since(col, b.least)
	between := new(big.Rat).Sub(most, least)
	n.value.Add(&n.value, most).Sub(&n.value, between.Mul(between, rat(b.part)))
	n.lo.Add(&n.lo, least)
	n.hi.Add(&n.hi, most)
	n.between, n.open = n.between || b.part > 0, n.open || x.another
	for i := b.most + 1; i < len(x.steps) && !b.older; i++ {
		if s := &x.steps[i][col]; s.Verdict == judge.Reset {
			n.event(x, i, s, start, b)
		}
	}
}

// event sets the bounds apart by what a step leaves open. Nothing of a step that may have been before the window is in
// the lower bound.
func (n *naive) event(x *instance, scrape int, s *judge.Step, start int64, b beginning) {
	n.resets++
	if !(b.part > 0 && scrape <= b.least) {
		n.lo.Sub(&n.lo, rat(s.Value())).Add(&n.lo, rat(s.Lo))
		if start < s.From {
			n.back.Add(&n.back, rat(s.Back))
		}
	}
	if math.IsInf(s.Hi, 1) {
		n.open = true
	} else {
		n.hi.Add(&n.hi, rat(s.Hi)).Sub(&n.hi, rat(s.Value()))
	}
	begin := x.at[max(0, b.most)]
	if scrape > 0 && s.From < x.at[scrape-1] && s.From < begin {
		early := big.NewRat(min(begin, s.To)-s.From, s.To-s.From)
		n.older.Add(&n.older, early.Mul(early, new(big.Rat).Sub(rat(s.Add), rat(s.Sub))))
	}
}

func float(x *big.Rat) float64 {
	f, _ := x.Float64()
	return f
}

// estimate rounds each number once.
func (n *naive) estimate() estimate {
	e := estimate{Value: float(&n.value), Lo: float(&n.lo), Hi: float(&n.hi)}
	if n.back.Sign() > 0 {
		e.Lo = max(e.Lo-float(&n.back), min(e.Lo, 0))
	}
	if n.open {
		e.Hi = inf
	}
	return e
}

// columns returns the columns of an instance in a group.
func (x *instance) columns(group int32) (list []int) {
	for c := range x.Cols {
		if x.Cols[c].Group == group {
			list = append(list, c)
		}
	}
	return list
}

// unread reports whether no scrape in the window read a column of the group, which the instance has.
func (x *instance) unread(group int32, start int64) bool {
	if x.read == nil {
		return false
	}
	after := int64(0)
	if i := x.begins(start).most; i >= 0 {
		after = x.at[i]
	}
	if !x.born {
		after = max(after, x.at[0])
	}
	own := x.columns(group)
	return len(own) > 0 && !slices.ContainsFunc(own, func(c int) bool { return x.read[c] > after })
}

// covers returns the time that the steps in the window span.
func (x *instance) covers(start int64, outlives bool) time.Duration {
	at := func(scrape int) int64 {
		if scrape < 0 {
			return 0
		}
		process, lasting := x.span(scrape)
		if outlives {
			return lasting
		}
		return process
	}
	b := x.begins(start)
	most := at(b.most)
	return ms(at(len(x.at)-1) - most - int64(math.Round(b.part*float64(at(b.least)-most))))
}

// life returns the part of a window in which the instance was alive: half an interval more than its scrapes show.
func (x *instance) life(a Asked) float64 {
	from, to := x.at[0]-interval/2, a.End
	if !x.standing.Counts() {
		to = min(to, x.at[len(x.at)-1]+interval/2)
	}
	return float64(max(0, min(to, a.End)-max(from, a.Start))) / float64(a.window())
}

// said is a member as the oracle knows it.
type said struct {
	Member
	grown naive
	rate  float64
	rated bool
}

// members returns the members of a group in a window, by name.
func members(list []*instance, group int32, a Asked, outlives bool) []said {
	var all []said
	for _, x := range list {
		own := x.columns(group)
		if len(own) == 0 && !x.exposes {
			continue
		}
		b, last := x.begins(a.Start), len(x.at)-1
		m := said{Member: Member{
			Instance: x.name, Older: b.older, Live: x.standing.Counts(), Steps: last - b.most,
			Covers: x.covers(a.Start, outlives), Age: ms(a.End - x.at[last]), Weight: x.life(a),
		}}
		for _, c := range own {
			m.grown.add(x, c, a.Start)
		}
		m.Resets = m.grown.resets
		if !b.older {
			m.Estimate = m.grown.estimate()
		}
		if m.rated = !x.unread(group, a.Start) && m.Covers > 0; m.rated {
			m.rate = float(new(big.Rat).Sub(&m.grown.value, &m.grown.older)) / m.Covers.Seconds()
		}
		all = append(all, m)
	}
	return all
}
