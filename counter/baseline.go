package counter

import (
	"fmt"

	"github.com/promfold/promfold/internal/judge"
)

// baseline is what the next point is judged against.
type baseline struct {
	base  reading
	state state
}

type state uint8

const (
	noBaseline state = iota
	atBaseline
	fellToZero // base is the point before
)

// life weighs the starts of the processes of the baseline and of c: not of the last point, which may be a gap over a
// restart. The only counter it has to tell a fall from is this one. The error is ErrProcess.
func (b *baseline) life(r *judge.Rules, c reading) (judge.Life, error) {
	p := b.base
	if p.process == 0 || c.process == 0 {
		return judge.LifeUnknown, nil
	}
	e := judge.RestartEvidence{PrevStart: p.process, Start: c.process, PrevTime: p.Time, Common: 1}
	if c.Value < p.Value {
		e.Fell = 1
	}
	k := e.Judge(r)
	if k == judge.RestartOther {
		return judge.LifeUnknown, fmt.Errorf("%w: at %v, not at %v", ErrProcess, at(c.process), at(p.process))
	}
	return k.Life(e.Fell > 0), nil
}

// judge judges the step to c. The error is ErrProcess.
func (b *baseline) judge(r *judge.Rules, c reading, since int64) (judge.Step, error) {
	if b.state == noBaseline {
		return r.Appear(c.Point, judge.Appearance{Since: since, Start: c.process}), nil
	}
	life, err := b.life(r, c)
	if err != nil {
		return judge.Step{}, err
	}
	if b.state == fellToZero {
		return r.AfterZero(b.base.Point, c.Point, life, c.process), nil
	}
	return r.Next(b.base.Point, c.Point, life, c.process), nil
}

// move goes on to c, s being the step to it.
func (b *baseline) move(c reading, s judge.Step) {
	if s.Verdict == judge.Gap {
		return
	}
	p := b.base
	b.base, b.state = c, atBaseline
	b.base.Point = s.Baseline(p.Point, c.Point)
	if s.Doubt&judge.FellToZero != 0 {
		b.state = fellToZero
	}
}
