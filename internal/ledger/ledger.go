package ledger

import (
	"cmp"
	"iter"
	"maps"
	"unsafe"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"

	"github.com/promfold/promfold/internal/watch"
	"github.com/promfold/promfold/internal/window"
)

// Ledger keeps the totals of one view: an account for each group.
type Ledger struct {
	Created  int64        // when all totals were 0, in Unix ms; 0: since the fleet began
	given    int64        // until when growth was given out as deltas, in Unix ms; 0: none was
	Known    *watch.State // what watchers know of processes; nil: nothing
	accounts map[string]*Account
	bytes    int64 // that they take, as far as measured
	known    int64 // bytes of Known, as far as measured, and told since

	// Types are those as which families were shown.
	Types map[string]model.MetricType
}

// Account returns that of a group, which it opens if it is new.
func (l *Ledger) Account(group labels.Labels) *Account {
	key := string(group.Bytes(nil))
	a, ok := l.accounts[key]
	if !ok {
		a = &Account{Labels: group}
		l.put(key, a)
	}
	return a
}

func (l *Ledger) put(key string, a *Account) {
	l.bytes += accountBytes + 3*int64(len(key))
	if l.accounts == nil {
		l.accounts = map[string]*Account{}
	}
	l.accounts[key] = a
}

// accountBytes is what an account takes besides labels and what is counted in it.
const accountBytes = int64(unsafe.Sizeof(Account{})) + 64

// Bytes returns the memory held: of the accounts there are and, of what they hold
// and what is known of processes, as it was measured last.
func (l *Ledger) Bytes() int64 { return l.bytes + l.known }

// Measure measures what the accounts hold, and what is known.
func (l *Ledger) Measure() {
	l.bytes, l.known = 0, l.Known.Bytes()
	for key, a := range l.accounts {
		l.bytes += accountBytes + 3*int64(len(key)) + window.ClassBytes(a.Retired) + 16*int64(cap(a.bounds))
		if d := a.Left; d != nil {
			l.bytes += int64(unsafe.Sizeof(*d)) + window.ClassBytes(d.Classes) + int64(unsafe.Sizeof(opened{}))*int64(cap(d.begun))
		}
	}
}

// Accounts yields all accounts, in no order.
func (l *Ledger) Accounts() iter.Seq[*Account] { return maps.Values(l.accounts) }

// Tell adds what this watcher itself knows of a process to what is known.
func (l *Ledger) Tell(p watch.Process, c watch.Clocks) {
	if l.Known == nil {
		l.Known = watch.New(c)
	}
	if l.Known.Tell(p) == nil { // else it is no news
		l.known += p.Bytes()
	}
}

// Hear makes k what is known of processes.
func (l *Ledger) Hear(k *watch.State) { l.Known, l.known = k, k.Bytes() }

// Departures returns what departed instances leave in a group.
func (l *Ledger) Departures(group labels.Labels) *Departures { return l.Account(group).left() }

// Begin makes Created that of both ledgers, of fleets that began at mine and
// theirs and together begin at both: the earlier time at which all totals were 0.
// Once totals were shown it never moves.
func (l *Ledger) Begin(o *Ledger, mine, theirs, both int64) {
	at := cmp.Or(l.Created, mine)
	if other := cmp.Or(o.Created, theirs); at == 0 || !l.Exposed() && other != 0 && other < at {
		at = other
	}
	if l.Created = at; at == both {
		l.Created = 0
	}
}

// Merge adds the accounts of other instances, and what is known of their
// processes, which o may no longer use.
func (l *Ledger) Merge(o *Ledger) {
	l.given = max(l.given, o.given)
	l.rememberTypes(o)
	if o.Known != nil {
		if l.Known != nil {
			o.Known.Join(l.Known)
		}
		l.Known = o.Known
	}
	for key, b := range o.accounts {
		a := l.accounts[key]
		if a == nil {
			l.put(key, b)
			continue
		}
		window.MergeClasses(&a.Retired, b.Retired)
		a.mergeLeft(b.Left)
		a.remember(b)
		a.given.merge(&b.given)
	}
}

// Remember makes what either ledger showed the least that is shown, and what
// either gave out what was given out.
func (l *Ledger) Remember(o *Ledger) {
	l.given = max(l.given, o.given)
	l.rememberTypes(o)
	for _, b := range o.accounts {
		a := l.Account(b.Labels)
		a.remember(b)
		a.given.join(&b.given)
	}
}

// rememberTypes takes over the types of families that l never showed.
func (l *Ledger) rememberTypes(o *Ledger) {
	if len(o.Types) > 0 {
		types := maps.Clone(o.Types)
		maps.Copy(types, l.Types)
		l.Types = types
	}
}

// Exposed reports whether a total was shown.
func (l *Ledger) Exposed() bool {
	for _, a := range l.accounts {
		if len(a.bounds) > 0 {
			return true
		}
	}
	return false
}

// Vacant returns a ledger of its own that has what l showed, gave out and was
// told, but nothing that instances counted.
func (l *Ledger) Vacant() Ledger {
	v := *l
	v.accounts, v.bytes = nil, 0
	for key, a := range l.accounts {
		if len(a.bounds) > 0 || len(a.natives) > 0 || a.given.bounds != nil {
			b := *a
			b.Retired, b.Left = nil, nil
			v.put(key, &b)
		}
	}
	return v
}

// Inherit adds what instances of o counted that are evicted or departed, which o
// may no longer use.
func (l *Ledger) Inherit(o *Ledger) {
	for _, b := range o.accounts {
		a := l.Account(b.Labels)
		window.MergeClasses(&a.Retired, b.Retired)
		a.mergeLeft(b.Left)
	}
}
