package ledger

import (
	"iter"
	"maps"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/promfold/promfold/internal/window"
)

// Ledger keeps the totals of one view: an account for each group.
type Ledger struct {
	Created  int64 // when all totals were 0, in Unix ms; 0: since the fleet began
	accounts map[string]*Account
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
	if l.accounts == nil {
		l.accounts = map[string]*Account{}
	}
	l.accounts[key] = a
}

// Accounts yields all accounts, in no order.
func (l *Ledger) Accounts() iter.Seq[*Account] { return maps.Values(l.accounts) }

// Merge adds the accounts of other instances, which o may no longer use.
func (l *Ledger) Merge(o *Ledger) {
	for key, b := range o.accounts {
		a := l.accounts[key]
		if a == nil {
			l.put(key, b)
			continue
		}
		window.MergeClasses(&a.Retired, b.Retired)
		a.Left.Merge(&b.Left)
		a.remember(b)
	}
}

// Remember makes what either ledger showed the least that is shown.
func (l *Ledger) Remember(o *Ledger) {
	for _, b := range o.accounts {
		l.Account(b.Labels).remember(b)
	}
}
