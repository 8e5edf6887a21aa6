package aggregate

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/promfold/promfold/internal/growth"
)

// Election says who leads, for gauges of [MeaningLeader]. The zero value goes
// by leader_election_master_status, which Kubernetes' components expose.
//
// An instance leads from the scrape that first showed it to, until one that
// does not, or until a scrape of it fails: its successor may be at work
// already. Of two that say they lead, it is the one that began later; if both
// began at once, or before they were looked at, the one scraped last.
type Election struct {
	// Metric is a gauge that is 1 at the leader, in the same scrape as the
	// value. Empty: leader_election_master_status.
	Metric string

	// Name is the election's: the value of Metric's label "name". Empty: the
	// one in which the instances that expose the view's metric take part.
	Name string

	// Ask, if given, is asked instead: which instance leads at now, if any? It
	// is called from [GaugeView.At] and must not use the fleet.
	Ask func(now time.Time) (instance string, ok bool)
}

const (
	electionMetric = "leader_election_master_status"
	electionLabel  = "name"
)

// companion is the view of the metric that says who leads: like any gauge's,
// it keeps when the value last changed. Views of one metric share it. The
// fleet's lock is held.
func (f *Fleet) companion(e *Election) *view {
	metric := cmp.Or(e.Metric, electionMetric)
	for _, v := range f.views {
		if v.companion && v.Metric == metric {
			return v
		}
	}
	c := f.newView(View{Metric: metric, By: []string{electionLabel}}, growth.Gauge)
	c.companion, c.selection.Body = true, true
	return c
}

// candidate is an instance that says it leads an election.
type candidate struct {
	in    *instance
	since int64 // 0: before it was looked at
}

// elect finds who leads, where the view asks for it, or says why it is nobody.
func (q *question) elect(now time.Time) (leader string, said []string) {
	if q.v.Meaning != MeaningLeader {
		return "", nil
	}
	if ask := q.v.Election.Ask; ask != nil {
		return q.appointed(ask(now))
	}
	name, why := q.election()
	if why != "" {
		return "", []string{why}
	}
	var claim []candidate
	var failed []string
	opening := q.f.opening()
	for in, b := range q.presentOf(q.v.elects) {
		since, ok := b.leads(in, name, opening)
		switch {
		case !ok:
		case q.f.unheard(in):
			failed = append(failed, in.name)
		default:
			claim = append(claim, candidate{in, since})
		}
	}
	slices.SortFunc(claim, func(a, b candidate) int {
		return cmp.Or(cmp.Compare(b.since, a.since), cmp.Compare(b.in.last, a.in.last))
	})
	switch {
	case len(claim) == 0 && len(failed) > 0:
		return "", []string{"nobody is known to lead, the last scrape failed: " + strings.Join(failed, ", ")}
	case len(claim) == 0:
		return "", []string{"nobody leads"}
	case len(claim) == 1:
		return claim[0].in.name, nil
	}
	names := claim[0].in.name + ", " + claim[1].in.name
	if claim[0].since == claim[1].since && claim[0].in.last == claim[1].in.last {
		return "", []string{"two lead: " + names}
	}
	why = "began later"
	if claim[0].since == claim[1].since {
		why = "was scraped later"
	}
	return claim[0].in.name, []string{"two say they lead, the first " + why + ": " + names}
}

// appointed is a leader that the caller knows.
func (q *question) appointed(name string, ok bool) (string, []string) {
	if !ok {
		return "", []string{"nobody leads"}
	}
	for in := range q.present() {
		if in.name == name && !q.f.unheard(in) {
			return name, nil
		}
	}
	return "", []string{"the leader does not answer: " + name}
}

// election is the one that the view names, or that which concerns those who
// expose its metric; or why it is none.
func (q *question) election() (name, why string) {
	if name = q.v.Election.Name; name != "" {
		return name, ""
	}
	var names []string
	for in, b := range q.present() {
		if len(in.plan.Gauges(b.view.index)) == 0 {
			continue
		}
		c := in.bindings[q.v.elects.index]
		for _, e := range in.plan.Gauges(c.view.index) {
			names = append(names, c.election(e))
		}
	}
	slices.Sort(names)
	names = slices.Compact(names)
	switch len(names) {
	case 0:
		return "", "nobody says who leads: no " + q.v.elects.Metric
	case 1:
		return names[0], ""
	}
	return "", "several elections, the view names none: " + strings.Join(names, ", ")
}

// election is that of a companion's line.
func (b *binding) election(e growth.GaugeLine) string {
	return b.labelsOf(int(e.Col)).Get(electionLabel)
}

// leads: the instance's last scrape says that it leads the election, since
// then. What joined after the first round of scrapes led from its first one.
func (b *binding) leads(in *instance, name string, opening int64) (since int64, ok bool) {
	for _, e := range in.plan.Gauges(b.view.index) {
		if b.election(e) != name || in.cols.Value(int(e.Pos)) != 1 {
			continue
		}
		since, ok = b.changed[e.Col], true
		if late := b.Begun.At != 0; since == 0 && !late && in.first >= opening {
			since = in.first
		}
	}
	return since, ok
}

// unheard: since the instance's last scrape its address failed, or another
// instance answered there. Behind a balancer only a failure says so.
func (f *Fleet) unheard(in *instance) bool {
	return slices.ContainsFunc(in.targets, func(name string) bool {
		t, tried := f.targets[name], f.targets[name].tried.Load()
		shared := f.balancers[name] != nil
		switch {
		case t.gone || shared && in.pool == nil:
			return false // it has another address
		case t.failed.Load():
			return tried >= in.last
		}
		return !shared && tried > in.last
	})
}

// Leader is the elected instance's part, for views of [MeaningLeader]: false
// where nobody leads, two do, or the leader has no series in the group; the
// warnings say which.
func (g *GaugeGroup) Leader() (GaugeMember, bool) {
	i, ok := slices.BinarySearchFunc(g.members, g.leader, func(m GaugeMember, name string) int { return cmp.Compare(m.Instance, name) })
	if !ok || g.leader == "" {
		return GaugeMember{}, false
	}
	return g.members[i], true
}
