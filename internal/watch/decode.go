package watch

import (
	"bytes"
	"errors"
	"math"
	"slices"

	"github.com/promfold/promfold/internal/exact"
	"github.com/promfold/promfold/internal/layout"
	"github.com/promfold/promfold/internal/saved"
)

// ErrEncoding is returned for bytes that no State was encoded to.
var ErrEncoding = errors.New("watch: not the encoding of a state")

// reader reads a State.
type reader struct {
	*saved.Reader
	names, groups []string
	layouts       layout.Set
	classes       []Class
}

// Decode reads what AppendTo wrote, all of data. It accepts nothing else: the
// error is then ErrEncoding.
func Decode(data []byte) (*State, error) {
	r := &reader{Reader: saved.Read(data)}
	s := r.state()
	if rest, ok := r.Rest(); !ok || len(rest) > 0 {
		return nil, ErrEncoding
	}
	// There is one encoding of a state. What reads as one but was not in order,
	// or told of one process in two places, was not written by AppendTo.
	if !bytes.Equal(s.AppendTo(make([]byte, 0, len(data))), data) {
		return nil, ErrEncoding
	}
	return s, nil
}

func (r *reader) state() *State {
	if r.Byte() != format {
		r.Fail()
	}
	s := New(Clocks{r.Int(), r.Int()})
	for _, table := range []*[]string{&r.names, &r.groups} {
		for range r.Count(1) {
			*table = append(*table, r.Text())
		}
	}
	for range r.Count(2) {
		r.classes = append(r.classes, r.class())
	}
	before := Key{}
	for range r.Count(6) {
		p := r.process()
		if r.Failed() || p.keys[0].compare(before) <= 0 {
			r.Fail()
			return s
		}
		before = p.keys[0]
		s.put(p)
	}
	for range r.Count(3) {
		s.accounts = append(s.accounts, r.account())
		if n := len(s.accounts); n > 1 && s.accounts[n-2].compare(s.accounts[n-1]) >= 0 {
			r.Fail()
		}
	}
	return s
}

func (r *reader) class() (c Class) {
	n := r.Count(1)
	if n == 0 {
		schema := r.Int()
		if schema < math.MinInt32 || schema > math.MaxInt32 {
			r.Fail()
		}
		return Class{Schema: int32(schema), Zero: r.Float()}
	}
	signed := r.Bool()
	var bounds []float64
	for range n {
		bounds = append(bounds, r.Float())
	}
	if r.Failed() {
		return c
	}
	l, err := r.layouts.Of(bounds, signed)
	if err != nil || l.Len() != n {
		r.Fail()
	}
	return Class{Layout: l}
}

func (r *reader) pick(table []string) string {
	i := r.Uint()
	if i >= uint64(len(table)) {
		r.Fail()
		return ""
	}
	return table[i]
}

func (r *reader) key() Key { return Key{r.pick(r.names), r.Int()} }

func (r *reader) process() *process {
	x := Process{}
	for range r.Count(2) {
		x.Keys = append(x.Keys, r.key())
	}
	x.Version, x.Last, x.Ended = r.Int(), r.Int(), r.Int()
	p := &process{keys: x.Keys, version: x.Version, last: x.Last, ended: x.Ended}
	n := r.Count(4)
	if r.Failed() || !x.proper() || !slices.IsSortedFunc(x.Keys, Key.compare) {
		r.Fail()
		return p
	}
	p.records = make([]record, 0, n)
	for i := range n {
		p.records = append(p.records, r.record(p))
		if r.Failed() || i > 0 && p.records[i-1].group >= p.records[i].group {
			r.Fail()
			return p
		}
	}
	return p
}

func (r *reader) record(p *process) record {
	x := record{group: r.pick(r.groups), met: Reading{At: p.keys[0].Start}}
	switch r.Small(shapes - 1) {
	case ofBirth:
		if x.left = r.reading(p); x.met.At <= 0 {
			r.Fail()
		}
	case ofMeeting:
		x.met = r.reading(p)
		x.left = r.reading(p)
	default:
		r.more(&x, p)
	}
	return x
}

func (r *reader) more(x *record, p *process) {
	x.met.At, x.more = never, &more{}
	var lists [3][]Reading
	for i := range lists {
		for range r.Count(3) {
			lists[i] = append(lists[i], r.reading(p))
		}
	}
	x.more.grown = r.maybe()
	if r.Bool() {
		x.more.base = &base{r.Int(), r.reading(p), r.maybe()}
	}
	x.more.own = lists[2]
	switch mets, lefts := lists[0], lists[1]; {
	case (len(mets) == 0) != (len(lefts) == 0):
		r.Fail()
	case len(mets) > 0:
		x.met, x.more.mets = mets[0], mets[1:]
		x.left, x.more.lefts = lefts[0], lefts[1:]
	}
	if !r.Failed() {
		own := *x
		own.joinAll(&own, x, loose(p.keys)) // in order, and nothing without use
	}
}

func (r *reader) maybe() *Value {
	if !r.Bool() {
		return nil
	}
	v := r.value()
	return &v
}

// reading reads one that a watcher made, or that stands for none.
func (r *reader) reading(p *process) Reading {
	x := Reading{At: p.last - r.Int()}
	x.Value = r.value()
	none := x.At == never && x.Count.Sign() == 0 && x.Histogram == nil
	if !none && (x.At <= 0 || x.At > p.last) {
		r.Fail()
	}
	return x
}

func (r *reader) sum() (s exact.Sum) {
	n := r.Int()
	switch {
	case n&1 == 0:
		s.AddInt(n >> 1)
	case n == 1:
		s = r.real()
	default:
		r.Fail()
	}
	return s
}

// real reads a sum that is no integer.
func (r *reader) real() (s exact.Sum) {
	r.Through(s.DecodeBinary)
	if _, ok := s.Int64(); ok {
		r.Fail()
	}
	return s
}

func (r *reader) value() (v Value) {
	v.Count = r.sum()
	if r.Bool() {
		h := &Histogram{NoSum: r.Bool(), Sum: r.sum()}
		for range r.Count(3) {
			h.Parts = append(h.Parts, r.part())
		}
		v.Histogram = h
	}
	if !r.Failed() && !v.proper() {
		r.Fail()
	}
	return v
}

func (r *reader) part() (p Part) {
	n := r.Uint()
	if n >= uint64(len(r.classes)) {
		r.Fail()
		return p
	}
	p.Class, p.Count = r.classes[n], r.sum()
	r.Through(p.Counts.DecodeBinary)
	if r.Failed() || p.Class.Layout != nil {
		return p
	}
	last := int64(0)
	for range p.Counts.Len() {
		last += r.Int()
		p.Places = append(p.Places, last)
	}
	return p
}

func (r *reader) account() *account {
	c := &account{gaveUp: r.Small(math.MaxInt32)}
	for range r.Count(7) {
		m := line{Key: r.key(), version: r.Int(), first: r.Int(), last: r.Int(), ended: r.Bool(), amount: r.sum()}
		if m.Start < Unknown || m.version < 0 || m.last <= 0 || !plain(&m.amount) {
			r.Fail()
		}
		c.lines = append(c.lines, m)
		if n := len(c.lines); n > 1 && c.lines[n-2].compare(m.Key) >= 0 {
			r.Fail()
		}
	}
	for range r.Count(4) {
		t := Total{Group: r.pick(r.groups), Value: r.value(), Lost: r.sum()}
		if !plain(&t.Lost) {
			r.Fail()
		}
		c.totals = append(c.totals, t)
		if n := len(c.totals); n > 1 && c.totals[n-2].Group >= t.Group {
			r.Fail()
		}
	}
	return c
}
