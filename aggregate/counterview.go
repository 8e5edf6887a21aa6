package aggregate

import "fmt"

// CounterView answers how much a counter grew, and how fast. The sum of raw
// values is not offered: it falls when an instance restarts.
type CounterView struct{ v *view }

// kept is the view behind a handle; nil for the zero handle.
func (v *CounterView) kept() *view {
	if v == nil {
		return nil
	}
	return v.v
}

// In returns the groups in a window, sorted by labels; a view without By has
// exactly one.
func (v *CounterView) In(w Window) ([]*CounterGroup, error) {
	q, err := w.ask(v.kept())
	if err != nil {
		return nil, err
	}
	defer q.close()
	groups, _, err := q.grown()
	return groups, err
}

// One returns the group of a view without By.
func (v *CounterView) One(w Window) (*CounterGroup, error) {
	if err := v.kept().checkSingle(); err != nil {
		return nil, err
	}
	return only(v.In(w))
}

// Totals returns the groups as counters to expose; none ever falls. There are
// none of a part of the fleet.
func (v *CounterView) Totals(s Snapshot) []Series {
	return totalsAt(s, v.kept(), (*view).counterTotals)
}

// Status says what the view selects.
func (v *CounterView) Status(s Snapshot) Status { return statusAt(s, v.kept()) }

// grown are the groups of a counter or a histogram, and the shares behind them.
func (q *question) grown() ([]*CounterGroup, []share, error) {
	q.departs = q.all
	shares, err := q.shares()
	if err != nil {
		return nil, nil, err
	}
	return q.addDepartures(q.counters(shares)), shares, nil
}

// checkSingle refuses a view with several groups.
func (v *view) checkSingle() error {
	if v != nil && !v.single() {
		return fmt.Errorf("%w: One of %s, which groups; use In", errQuestion, v)
	}
	return nil
}

// only is the one of a list.
func only[T any](list []T, err error) (x T, _ error) {
	if err == nil {
		x = list[0]
	}
	return x, err
}
