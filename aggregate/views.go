package aggregate

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"

	"github.com/promfold/promfold/internal/fold"
	"github.com/promfold/promfold/internal/gauge"
	"github.com/promfold/promfold/internal/growth"
	"github.com/promfold/promfold/internal/judge"
	"github.com/promfold/promfold/internal/kept"
	"github.com/promfold/promfold/internal/ledger"
	"github.com/promfold/promfold/internal/selector"
	"github.com/promfold/promfold/internal/tally"
	"github.com/promfold/promfold/internal/watch"
	"github.com/promfold/promfold/internal/window"
)

// view is a declared View and what the fleet keeps for it, under the fleet's
// lock.
type view struct {
	spec
	fleet  *Fleet
	kind   growth.Kind
	role   role
	index  int // in Fleet.views and instance.bindings
	groups tally.Groups
	own    fold.View // what its bindings have in common

	selection growth.Selection

	// Of the latest question:
	latest  tally.Latest
	scratch []tally.Share

	ledger ledger.Ledger

	elects *view // says who leads, if the view asks for it
	limit  *view // the limit of which values are shares, if any

	moved uint64 // the last snapshot before new labels of a target moved an instance to other groups
}

// seen returns those of a target's labels that matter to the view.
func (v *view) seen(target labels.Labels) labels.Labels {
	b := labels.NewBuilder(target)
	target.Range(func(l labels.Label) {
		if !v.selection.Mentions(l.Name) {
			b.Del(l.Name)
		}
	})
	return b.Labels()
}

// set is where the layouts of the view's columns are.
func (v *view) set() *window.Set {
	if v.Signed {
		return &v.fleet.signed
	}
	return &v.fleet.set
}

// single reports whether the view always has exactly one group.
func (v *view) single() bool { return len(v.By) == 0 && len(v.Without) == 0 && !v.every() }

// checkSingle refuses a view with several groups.
func (v *view) checkSingle() error {
	if v != nil && !v.single() {
		return fmt.Errorf("%w: One of %s, which groups; use In", errQuestion, v)
	}
	return nil
}

// A view whose selector fixes no name selects every family of its kind, by
// declared type. Counters include the _count and _sum of summaries; gauges
// include infos and state sets. A family without a TYPE has no kind, nor have
// quantiles of summaries: the role unmergeable selects those.
//
// Each group has the name of its metric as __name__: that of the series, for
// histograms that of the family. Matchers on __name__ compare the same name.
// The answers equal those of views of single metrics, except that a member is
// listed with 0 only if another series of the family is selected.

func (v *view) every() bool { return v.Every() }

// sweepGroups frees the groups of answers that have no column any more.
func (v *view) sweepGroups() {
	v.groups.Keep(func(used func(int32)) {
		for _, in := range v.fleet.ordered {
			for _, c := range in.bindings[v.index].Cols {
				used(c.Group)
			}
		}
	})
}

// watched returns what a view knows of processes, and other watchers told it.
func (v *view) watched() *watch.State {
	ordered := v.fleet.ordered
	return v.tell(v.ledger.Known, ordered, func(i int) *binding { return ordered[i].bindings[v.index] })
}

// tell adds to what is known what bindings know of the processes that answer.
// It leaves known as it is.
func (v *view) tell(known *watch.State, list []*instance, of func(i int) *binding) *watch.State {
	return watch.Together(known, v.fleet.cfg.StartTolerance.Milliseconds(), func(yield func(watch.Process, bool) bool) {
		for i, in := range list {
			for _, p := range of(i).processes(v, in, 0) {
				if !yield(p, in.pool != nil) {
					return
				}
			}
		}
	})
}

// heard makes k what the view knows. Processes of which it says that they were
// taken back, or are counted elsewhere, are followed anew.
func (v *view) heard(k *watch.State) {
	v.ledger.Known = k
	for _, in := range v.fleet.ordered {
		b := in.bindings[v.index]
		if b.Met == nil {
			continue
		}
		if version, begin := b.standing(in); version > b.Met.Version || begin > b.Met.Begin {
			b.Met.Again(b.Table, in.last, version, begin)
		}
	}
}

func (v *view) tellOwn(p watch.Process) {
	v.ledger.Tell(p, v.fleet.cfg.StartTolerance.Milliseconds())
}

// last returns the greatest index of the view and of the views that it needs.
func (v *view) last() int {
	n := v.index
	for _, o := range []*view{v.elects, v.limit} {
		if o != nil {
			n = max(n, o.index)
		}
	}
	return n
}

// key says what decides which rows the view keeps.
func (v *view) key() string {
	past := ""
	if v.kind == growth.Gauge && v.Window > 0 {
		past = fmt.Sprint(v.within(), v.Sentinels)
	}
	return kept.Key(&v.selection, uint8(v.role), v.Signed, past)
}

// claimed takes over what was kept for the view, if anything was.
func (v *view) claimed(f *Fleet, s *kept.View) {
	if s == nil {
		return
	}
	v.ledger = s.Ledger
	f.unclaimed = slices.DeleteFunc(f.unclaimed, func(x *kept.View) bool { return x == s })
	for i, in := range f.ordered {
		if p := s.Rows[i]; in.undo != nil && p.Undo != nil {
			in.undo.Set(v.index, p.UndoState())
		}
	}
}

// savedViews returns what the views of the fleet keep, and what no view has
// claimed, by key.
func savedViews(f *Fleet) []*kept.View {
	list := slices.Clone(f.unclaimed)
	for _, v := range f.views {
		s := &kept.View{Key: v.key(), Ledger: v.ledger}
		for _, in := range f.ordered {
			s.Rows = append(s.Rows, in.bindings[v.index].pack(in))
		}
		list = append(list, s)
	}
	kept.Sort(list)
	return list
}

// declaration is a view on its way into a fleet.
type declaration struct {
	spec
	kind growth.Kind
	role role
}

// spec is a View as it is kept.
type spec struct {
	selector.Selector
	By, Without []string
	Owner       judge.Owner
	BoundBirths bool
	WrapBits    uint8
	Window      time.Duration // 0: the fleet's; or ledgerOnly
	Type        model.MetricType
	Signed      bool
	Combine     Combine
	Within      Combine
	Sentinels   []float64
}

// within returns how the lines of one instance make its value.
func (s *spec) within() gauge.Combine {
	if s.Within != 0 {
		return gauge.Combine(s.Within)
	}
	return gauge.Combine(s.Combine).Within()
}

// electorate is the view of the gauge that says who leads: like any gauge's, it
// keeps when the value last changed. Views of one selector share it. The fleet's
// lock is held.
func (s spec) electorate(f *Fleet) *view {
	s.By = []string{electionLabel}
	e := s.newView(f, growth.Gauge, electoral)
	for _, v := range f.views {
		if v.key() == e.key() {
			return v
		}
	}
	return e
}

// newView returns a view that is not the fleet's yet.
func (s spec) newView(f *Fleet, k growth.Kind, r role) *view {
	d := &view{spec: s, fleet: f, kind: k, role: r}
	d.selection = growth.Selection{
		Kind: k, Metric: s.Metric, Every: s.Every(), Loose: r == unmergeable, Type: s.Type, Where: s.Where,
		By: s.By, Without: s.Without, Rules: judge.Rules{Owner: s.Owner, BoundBirths: s.BoundBirths, WrapBits: s.WrapBits}, Body: r == electoral,
	}
	if f.catalogue != nil && r != electoral {
		d.selection.Known = f.knowledge
	}
	d.groups.Selection = &d.selection
	return d
}

func (s *spec) String() string {
	text := s.Selector.String()
	if len(s.By) > 0 {
		text += fmt.Sprintf(" by (%s)", strings.Join(s.By, ", "))
	}
	if len(s.Without) > 0 {
		text += fmt.Sprintf(" without (%s)", strings.Join(s.Without, ", "))
	}
	return text
}

// role is what a view is needed for.
type role uint8

const (
	declared    role = iota // a program declared it
	electoral               // says who leads; the election is named in the body
	limiting                // is the limit of another one
	unmergeable             // selects what has no sum over instances: series without a type, quantiles of summaries
)

// knowledge is what the catalogue says of a metric to a view that may be of many.
type knowledge struct {
	owner  judge.Owner
	leaves []*labels.Matcher
}

// unpack makes a binding of a row again, of an instance whose lines are known.
func (v *view) unpack(r *kept.Row, in *instance) *binding {
	b := newBinding(v, &in.history)
	b.Table, b.Met, b.Tracks = r.Unpack(v.set(), v.kind, b.Slots(), &in.history, v.groups.Number)
	return b
}

// spec reads and checks a view.
func (v View) spec(f *Fleet, k growth.Kind) (s spec, full View, err error) {
	sel, err := parseSelector(v.Select)
	if err != nil {
		return s, v, err
	}
	v = v.completed(f, &sel, k)
	if err := v.validate(k, &sel); err != nil {
		return s, v, err
	}
	if v.Window > f.cfg.Window {
		return s, v, fmt.Errorf("%w: %s, of Config.Window %s", ErrWindow, v.Window, f.cfg.Window)
	}
	s = spec{
		Selector: sel, By: slices.Clone(v.By), Without: slices.Clone(v.Without), Owner: judge.Owner(v.Owner),
		WrapBits: v.WrapBits, Window: v.Window, Type: v.Type, Signed: v.Signed, Combine: v.Combine, Within: v.Within, Sentinels: slices.Clone(v.Sentinels),
	}
	if v.ByAllLabels {
		s.Without = []string{""} // as "without ()"
	}
	if v.TotalsOnly || k == everything {
		s.Window = ledgerOnly
	}
	if v.BoundBirths {
		s.BoundBirths = true
	}
	return s, v, nil
}

// parseSelector reads the selector of a view.
func parseSelector(text string) (selector.Selector, error) {
	s, err := selector.Parse(text)
	if err != nil {
		return s, fmt.Errorf("%w: %w", errView, err)
	}
	return s, nil
}

// completed takes over what the catalogue knows of the metric. What the view
// says itself stays.
func (v View) completed(f *Fleet, sel *selector.Selector, k growth.Kind) View {
	if f.catalogue == nil || sel.Every() {
		return v
	}
	known, ok := f.catalogue(sel.Metric)
	if !ok {
		return v
	}
	setDefault(&v.Type, known.Type)
	if k != growth.Gauge {
		setDefault(&v.Owner, known.Owner)
		setDefault(&v.BoundBirths, known.BoundBirths)
		if k == growth.Counter {
			setDefault(&v.WrapBits, known.WrapBits)
		}
		v.Signed = v.Signed || known.Signed && k == growth.Histogram
		return v
	}
	if v.Sentinels == nil {
		v.Sentinels = known.Sentinels
	}
	if v.Combine == 0 && v.Limit == "" {
		v.Combine = known.Combine
		setDefault(&v.Limit, known.Limit)
		setDefault(&v.Within, known.Within)
		setDefault(&v.Leader, known.Leader)
	}
	return v
}
