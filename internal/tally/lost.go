package tally

import (
	"slices"

	"github.com/promfold/promfold/internal/explain"
)

// What a process counted after its last scrape is lost with it. Where it had shown a series, an event says so. Others may
// have been born and lost in that time: the error that killed it, for one. So where a process ended in the window, no
// group in which its instance may have a series has an upper bound.

// lost reports whether a process of the instance ended in the window or, of everything, since the view began.
func (sh *Share) lost(a *Asked) bool {
	since := sh.Edge.Most.At
	if a.All {
		if since = sh.Table.Begun.At; since == 0 {
			return sh.Source.Incarnations > 1
		}
	}
	return !sh.Older && slices.ContainsFunc(sh.Restarts, func(r explain.Restart) bool { return r.At > since })
}

// losing returns the indices of the instances that lost a process in the window, and may have series in the group.
func (g Growth) losing() (list []int32) {
	if g.Answer == nil || g.group().Outlives {
		return nil
	}
	for _, i := range g.ended {
		if _, ok := slices.BinarySearch(g.owners[g.from[g.Number]:g.from[g.Number+1]], i); ok || g.idle(int(i), g.group()) {
			list = append(list, i)
		}
	}
	return list
}

// loses reports whether a member lost a process in the window.
func (g Growth) loses(sh *Share) bool { return !g.group().Outlives && sh.lost(&g.asked) }

// tells reports whether an event of a member shows that it lost a process.
func (g Growth) tells(sh *Share, p *part) (told bool) {
	g.happenings(p, func(e *happening) {
		told = told || e.Open > 0 && slices.ContainsFunc(sh.Restarts, func(r explain.Restart) bool { return r.At == e.At })
	})
	return told
}

// untold returns the names of those that lost a process of which no event tells.
func (g Growth) untold() (names []string) {
	for _, i := range g.losing() {
		sh, p := &g.shares[i], &part{}
		owners, parts := g.own()
		if at, ok := slices.BinarySearch(owners, i); ok {
			p = &parts[at]
		}
		if !g.tells(sh, p) {
			names = append(names, sh.Name)
		}
	}
	return names
}

// end returns when the instance was met anew the last time, as far as it is known.
func (sh *Share) end() int64 {
	if n := len(sh.Restarts); n > 0 {
		return sh.Restarts[n-1].At
	}
	return sh.Begin
}
