package main

import (
	"cmp"
	"slices"
)

// add adds an entry of amounts.
func (p *Panel) add(key string, lost bool, cells ...Cell) {
	p.Entries = append(p.Entries, Entry{Key: key, Lost: lost, Cells: cells})
}

// cut keeps the first n entries and counts the others.
func (p *Panel) cut(n int) {
	if len(p.Entries) > n {
		p.LeftOut = len(p.Entries) - n
		p.Entries = p.Entries[:n]
	}
}

// bound keeps at most n entries, in their order: servers that do not answer, and
// then those with the greatest first cells. The others are counted.
func (p *Panel) bound(n int) {
	if len(p.Entries) <= n || p.Chart == Heat {
		return
	}
	kept := make([]int, len(p.Entries))
	for i := range kept {
		kept[i] = i
	}
	slices.SortStableFunc(kept, func(i, j int) int {
		a, b := p.Entries[i], p.Entries[j]
		return cmp.Or(-cmp.Compare(btoi(a.Lost), btoi(b.Lost)), -cmp.Compare(a.Cells[0].Amount.Value, b.Cells[0].Amount.Value))
	})
	kept = slices.Sorted(slices.Values(kept[:n]))
	out := make([]Entry, n)
	for i, from := range kept {
		out[i] = p.Entries[from]
	}
	p.Entries, p.LeftOut = out, p.LeftOut+len(p.Entries)-n
}

// silent adds the servers that do not answer and of which nothing is known any
// more: they stay in sight, without a number.
func (p *Panel) silent(s *scope) {
	for _, i := range s.instances {
		if gone(i) && !slices.ContainsFunc(p.Entries, func(e Entry) bool { return e.Key == i.Name }) {
			p.add(i.Name, true, make([]Cell, len(p.Columns))...)
		}
	}
}

// byKey sorts the entries so that each keeps its place and its colour.
func (p *Panel) byKey() {
	slices.SortFunc(p.Entries, func(a, b Entry) int { return cmp.Compare(a.Key, b.Key) })
}

// byValue sorts the entries by their first cell, greatest first. What is unknown
// comes last.
func (p *Panel) byValue() {
	slices.SortStableFunc(p.Entries, func(a, b Entry) int {
		x, y := a.Cells[0].Amount, b.Cells[0].Amount
		return cmp.Or(-cmp.Compare(btoi(x.Known), btoi(y.Known)), -cmp.Compare(x.Value, y.Value), cmp.Compare(a.Key, b.Key))
	})
}

// greatest returns the entry with the greatest first cell.
func (p *Panel) greatest() (e Entry, ok bool) {
	for _, x := range p.Entries {
		if a := x.Cells[0].Amount; a.Known && (!ok || a.Value > e.Cells[0].Amount.Value) {
			e, ok = x, true
		}
	}
	return e, ok
}

// tellApart adds the account to the names of agents that several accounts use.
func (p *Panel) tellApart() {
	accounts := map[string]int{}
	for _, e := range p.Entries {
		accounts[e.Key]++
	}
	for i := range p.Entries {
		if e := &p.Entries[i]; accounts[e.Key] > 1 {
			e.Key += " as " + e.account
		}
	}
}
