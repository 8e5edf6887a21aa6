package main

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// state is what a browser looks at. It is in the address, so that a link shows
// the same.
type state struct {
	At    time.Time // zero: the newest page, or the beginning of a recording
	Range time.Duration
	Find  string // entries whose name contains it
	Show  string // all, wrong, or a component
	Pause bool
}

// The choices for how much of the past charts show; 0 is all there is.
var ranges = []time.Duration{time.Minute, 2 * time.Minute, 5 * time.Minute, 15 * time.Minute, 0}

const (
	showAll   = "all"
	showWrong = "wrong"

	findLimit = 200 // bytes
)

// readState reads an address; what is no choice is left at its default.
func readState(q url.Values) state {
	s := state{Range: 2 * time.Minute, Find: q.Get("find"), Show: showAll, Pause: q.Get("pause") != ""}
	if ms, err := strconv.ParseInt(q.Get("at"), 10, 64); err == nil && ms > 0 {
		s.At = time.UnixMilli(ms)
	}
	for _, r := range ranges {
		if q.Get("range") == r.String() {
			s.Range = r
		}
	}
	if len(s.Find) > findLimit {
		s.Find = ""
	}
	for _, c := range showChoices() {
		if q.Get("show") == c.Value {
			s.Show = c.Value
		}
	}
	return s
}

// query returns the address of the state at another time.
func (s state) query(at time.Time) string {
	q := url.Values{}
	if !at.IsZero() {
		q.Set("at", strconv.FormatInt(at.UnixMilli(), 10))
	}
	q.Set("range", s.Range.String())
	if s.Find != "" {
		q.Set("find", s.Find)
	}
	if s.Show != showAll {
		q.Set("show", s.Show)
	}
	if s.Pause {
		q.Set("pause", "1")
	}
	return q.Encode()
}

// choice is an option of a form.
type choice struct {
	Value, Text string
	Chosen      bool
}

func showChoices() []choice {
	list := []choice{{Value: showAll, Text: "everything"}, {Value: showWrong, Text: "what needs attention"}}
	for _, c := range append(slices.Clone(components), auditLogs) {
		list = append(list, choice{Value: string(c), Text: c.String()})
	}
	return list
}

func (s state) shows() []choice {
	list := showChoices()
	for i := range list {
		list[i].Chosen = list[i].Value == s.Show
	}
	return list
}

func (s state) rangeChoices() (list []choice) {
	for _, r := range ranges {
		text := "all there is"
		if r > 0 {
			text = length(r)
		}
		list = append(list, choice{r.String(), text, r == s.Range})
	}
	return list
}

// wants reports whether a row is to be shown.
func (s state) wants(r *Row) bool {
	switch s.Show {
	case showAll:
		return true
	case showWrong:
		return r.State != Fine
	}
	return string(r.About) == s.Show
}

// found returns the panel with the entries that are looked for.
func (s state) found(p Panel) Panel {
	if s.Find == "" || p.Chart == Heat {
		return p
	}
	all := p.Entries
	p.Entries = nil
	for _, e := range all {
		if strings.Contains(strings.ToLower(e.Key), strings.ToLower(s.Find)) {
			p.Entries = append(p.Entries, e)
		}
	}
	return p
}
