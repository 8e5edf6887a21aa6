package aggregate

import (
	"math"
	"net/http"
	"strconv"

	"github.com/prometheus/common/model"

	"github.com/promfold/promfold/internal/growth"
	"github.com/promfold/promfold/internal/judge"
	"github.com/promfold/promfold/internal/lines"
)

// start is when a process began, and who says so: two readings are compared
// only when they come from the same place.
type start struct {
	at   int64 // Unix ms
	from startSource
}

type startSource uint8

const (
	startUnknown startSource = iota
	startHeaderField
	startMetric
)

func (s start) known() bool { return s.from != startUnknown }

func (s start) later(than int64) bool { return s.known() && s.at > than }

// startMetricName is exposed by every client library that follows Prometheus'
// conventions, in seconds.
const startMetricName = "process_start_time_seconds"

// startHeaderName is set by Kubernetes components and client_golang, in seconds.
const startHeaderName = "Process-Start-Time-Unix"

// churnLimit is the part of a body's lines that, when it appeared or vanished
// between two scrapes, makes absence a poor proof of birth.
const churnLimit = 0.20

// readStart takes the start from the body, finer than the header's whole
// seconds. Several in one body are of several processes: no evidence.
func (s *staged) readStart(h http.Header) start {
	pos := s.in.startPos
	if s.in.last == 0 || s.r.Structural() {
		pos = s.findStart()
	}
	s.startPos = pos
	if pos >= 0 {
		if _, _, v, _ := s.r.At(pos); v > 0 && !math.IsInf(v, 1) {
			return start{int64(math.Round(v * 1000)), startMetric}
		}
	}
	if field := h.Get(startHeaderName); pos != startSeveral && field != "" {
		if v, err := strconv.ParseFloat(field, 64); err == nil && v > 0 && v < math.MaxInt64/1e4 {
			return start{int64(math.Round(v * 1000)), startHeaderField}
		}
	}
	return start{}
}

// Positions that are none.
const (
	startNone    = -1
	startSeveral = -2
)

func (s *staged) findStart() int {
	found := startNone
	for pos := range s.r.Len() {
		id, _, _, _ := s.r.At(pos)
		if s.f.store.Line(id).Name == startMetricName {
			if found != startNone {
				return startSeveral
			}
			found = pos
		}
	}
	return found
}

// judge weighs what the scrape says about the process: the same as before,
// started anew, or another one.
func (s *staged) judge() {
	in := s.in
	s.baseline = !in.seen()
	if s.baseline {
		return
	}
	e := judge.RestartEvidence{PrevTime: in.last}
	if s.start.from == in.start.from {
		e.PrevStart, e.Start = in.start.at, s.start.at
	}
	rules := judge.Rules{StartTolerance: s.f.cfg.StartTolerance.Milliseconds(), ClockSkew: s.f.cfg.ClockSkew.Milliseconds()}
	// Counters are weighed only where it matters: that is dear, and nearly never.
	if blind := !in.start.known() && !s.start.known(); e.Start-e.PrevStart > rules.StartTolerance || blind && s.anyFell() {
		e.Fell, e.Common = s.weigh()
	}
	s.verdict = e.Judge(&rules)
	moved := s.verdict == judge.RestartProven || s.verdict == judge.RestartMoved || s.verdict == judge.RestartOther
	s.alternating = moved && s.returned()
	if s.alternating || s.another() {
		s.verdict = judge.RestartOther
	}
	switch s.verdict {
	case judge.RestartProven:
		s.restart = RestartProven
	case judge.RestartGuessed:
		s.restart = RestartGuessed
	case judge.RestartOther:
		s.restart, s.baseline = AnotherInstance, true
	}
	s.churned = s.restart == NoRestart && s.churn()
}

// weigh counts the counters that are non-zero in both scrapes, and those of
// them that fell, whose families it notes.
func (s *staged) weigh() (fell, common int) {
	r := s.r
	for pos := range r.Len() {
		id, old, c, _ := r.At(pos)
		if old < 0 {
			continue
		}
		l := s.f.store.Line(id)
		p := s.in.pointOf(old)
		if !cumulative(l) || !(p.Value > 0) {
			continue
		}
		common++
		if c < p.Value {
			fell++
			s.fell[l.Family.Name] = true
		}
	}
	return fell, common
}

// anyFell looks at the lines that changed alone: an instance without a start
// time nearly always goes on, and then none of them did.
func (s *staged) anyFell() bool {
	for _, pos := range s.r.Changed() {
		id, old, c, _ := s.r.At(int(pos))
		if old >= 0 && c < s.in.cols.Value(old) && cumulative(s.f.store.Line(id)) {
			return true
		}
	}
	return false
}

// cumulative: the line counts something. A sum is no evidence: observations
// may be negative.
func cumulative(l *lines.Line) bool {
	switch l.Family.Type {
	case model.MetricTypeCounter:
		return l.Role == lines.Value
	case model.MetricTypeHistogram:
		return l.Role == lines.Bucket || l.Role == lines.Count || l.Role == lines.Native
	case model.MetricTypeSummary:
		return l.Role == lines.Count
	}
	return false
}

// churn: so many lines came or went that absence is a poor proof of birth.
func (s *staged) churn() bool {
	if !s.r.Structural() {
		return false
	}
	moved := s.newLines() + len(s.r.Gone())
	return float64(moved) >= churnLimit*float64(max(s.r.Len(), s.in.cols.Len()))
}

// pointOf returns what the line that stood at a position grows from.
func (in *instance) pointOf(old int) judge.Point {
	if in.plan == nil {
		return growth.ColumnPoint(&in.cols, old, in.last)
	}
	return in.state.PointAt(in.plan, &in.cols, old, in.last)
}
