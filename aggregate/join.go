package aggregate

import (
	"github.com/promfold/promfold/internal/watch"
	"github.com/promfold/promfold/internal/window"
)

// standing returns the least version that counts of the process at hand, and
// until when it is counted elsewhere.
func (b *binding) standing(in *instance) (version, begin int64) {
	k := b.view.ledger.Known
	if k == nil {
		return 0, 0
	}
	version, begin = k.Standing(in.keys(watch.Unknown, b.met.Starts...)...)
	_, outliving := k.Standing(in.keys(watch.External)...)
	return version, max(begin, outliving)
}

// processes returns what the binding knows of the process that answers, and of
// what outlives processes. ended is when that one ended, 0 if it did not.
func (b *binding) processes(v *view, in *instance, ended int64) []watch.Process {
	if b.met == nil {
		return nil
	}
	t := b.Table
	if before := in.held(v.index); before != nil && in.pool != nil {
		t = b.As(before) // what came since may be another one's
	}
	list := b.met.Told(t, in.pool == nil, b.outlives, func(group int32) string { return window.GroupName(v.groups.At(group).Labels) })
	own, outliving := &list[0], &list[1]
	own.Keys, own.Last, own.Ended = in.keys(watch.Unknown, b.met.Starts...), in.last, ended
	if outliving.Keys, outliving.Last = in.keys(watch.External), in.last; ended <= in.last {
		outliving.Ended = ended // nobody follows the process
	}
	if len(outliving.Groups) == 0 {
		return list[:1]
	}
	return list
}

// note keeps what a binding knows of a process that ends, or is not followed any
// more.
func (b *binding) note(in *instance, ended int64) {
	for _, p := range b.processes(b.view, in, ended) {
		b.view.tellOwn(p)
	}
}

// disown says of the process that a binding follows that it never was.
func (b *binding) disown(in *instance, at int64) {
	if b.met != nil && len(b.met.Starts) > 0 {
		b.view.tellOwn(watch.Process{Keys: in.keys(watch.Unknown, b.met.Starts...), Version: at, Ended: at})
	}
}

// foldKnown keeps of the processes that ended longer ago than the horizon only
// what they counted together.
func foldKnown(f *Fleet, now int64) {
	for _, v := range f.views {
		if v.ledger.Known != nil {
			k := v.watched() // who lives is not folded
			k.Fold(now - f.cfg.JoinHorizon.Milliseconds())
			v.heard(k)
		}
	}
}
