package main

import (
	"errors"
	"fmt"
	"math"

	"github.com/promfold/promfold/aggregate"
)

// etcdMembers is the store: how full, how slow, and whether it has a leader. Its
// members are replicas, so nothing is added up: the worst one counts.
type etcdMembers struct {
	size, leaders, seen *aggregate.GaugeView
	changes             *aggregate.CounterView
	fsync, commit       *aggregate.HistogramView
}

func newEtcd(d *declarer) question {
	q := &etcdMembers{
		size:    d.gauge(aggregate.View{Select: "etcd_mvcc_db_total_size_in_bytes", Combine: aggregate.Max, Limit: "etcd_server_quota_backend_bytes"}),
		leaders: d.gauge(aggregate.View{Select: "etcd_server_is_leader", Combine: aggregate.Sum}),
		seen:    d.gauge(aggregate.View{Select: "etcd_server_has_leader", Combine: aggregate.Min}),
		changes: d.counter(aggregate.View{Select: "etcd_server_leader_changes_seen_total"}),
		fsync:   d.histogram(aggregate.View{Select: "etcd_disk_wal_fsync_duration_seconds"}),
		commit:  d.histogram(aggregate.View{Select: "etcd_disk_backend_commit_duration_seconds"}),
	}
	d.expose(func(e exposer) error {
		return errors.Join(
			e.Gauge("controlplane_etcd_size_ratio", "Size of etcd's database of its quota, at the fullest member.", q.size),
			e.Gauge("controlplane_etcd_leaders", "Members that say that they lead.", q.leaders),
			e.Histogram("controlplane_etcd_commit_duration_seconds", "How long commits to disk took.", q.commit),
			e.Histogram("controlplane_etcd_fsync_duration_seconds", "How long the write-ahead log took to reach the disk.", q.fsync),
		)
	})
	return q
}

// Limits that etcd's own documentation gives, and shares of the quota.
const (
	fsyncSlow   = 0.010
	commitSlow  = 0.025
	quotaNotice = 0.7
	quotaAlarm  = 0.9
)

func (q *etcdMembers) row(m *moment) Row {
	r := Row{ID: "etcd", Question: "Is etcd full, slow, or without a leader?", About: etcd}
	s := m.of(etcd)
	size := Panel{ID: "size", Title: "Size of the quota by member", Chart: Lines, Key: "member", Columns: []Column{{"of the quota", Share}}}
	if g := first(s.gauges(q.size)); g != nil {
		if most, who := s.most(g); most.Known {
			r.from(g)
			r.figure("Fullest member", Share, most, who)
			switch used := most.Value; {
			case used >= quotaAlarm:
				r.raise(Alarm, fmt.Sprintf("%s has used %s of its quota.", who, Share.number(used)))
			case used >= quotaNotice:
				r.raise(Notice, fmt.Sprintf("%s has used %s of its quota.", who, Share.number(used)))
			case math.IsInf(most.Hi, 1):
				r.doubt(fmt.Sprintf("%s of the quota was used when %s answered last; of others it is not known.", Share.number(used), who))
			default:
				r.raise(Fine, fmt.Sprintf("%s of the quota is used.", Share.number(used)))
			}
		}
		size.readings(s, g)
	}
	size.silent(s)
	q.election(s, &r)
	fsync := q.disk(s, &r, q.fsync, "fsync", "Write-ahead log", fsyncSlow)
	commit := q.disk(s, &r, q.commit, "commit", "Commit to disk", commitSlow)
	r.Panels = []Panel{size, commit, fsync}
	return r
}

// election asks who leads, and how often that changed. All members count the
// same changes, so the one that saw most counts.
func (q *etcdMembers) election(s *scope, r *Row) {
	if g := first(s.gauges(q.leaders)); g != nil {
		if n := s.sum(g); n.Known {
			most, leader := s.most(g)
			if most.Value == 0 {
				leader = ""
			}
			r.figure("Leaders", Count, n, leader)
			switch {
			case n.Lo > 1 || n.Hi < 1:
				r.raise(Alarm, fmt.Sprintf("%s members say that they lead.", Count.number(n.Value)))
			case n.Value != 1:
				r.raise(Notice, fmt.Sprintf("%s of the members that answer say that they lead.", Count.number(n.Value)))
			}
			r.Warnings = append(r.Warnings, g.Warnings()...)
		}
	}
	if g := first(s.gauges(q.seen)); g != nil {
		if low, ok := g.Min(); ok && low.Estimate.Value < 1 && s.current(low.Instance) {
			r.raise(Alarm, low.Instance+" sees no leader.")
		}
	}
	if g := first(s.counters(q.changes)); g != nil {
		if most, ok := g.MaxIncrease(); ok {
			r.figure("Leader changes", Count, known(most.Estimate, ok), "in the window")
			if most.Estimate.Value > 0 {
				r.raise(Notice, fmt.Sprintf("Leader changes in the window: %s.", Count.number(most.Estimate.Value)))
			}
		}
	}
}

// disk asks for the slowest disk: one slow member holds up the quorum.
func (q *etcdMembers) disk(s *scope, r *Row, v *aggregate.HistogramView, id, title string, slow float64) Panel {
	p := Panel{ID: id, Title: title + ", p99 by member", Chart: Lines, Key: "member", Columns: []Column{{"p99", Seconds}, {"median", Seconds}, {"count", Count}}}
	g := first(s.histograms(v))
	if g == nil {
		return p
	}
	worst, ok := g.WorstQuantile(.99)
	r.figure(title+" p99, worst", Seconds, known(worst.Estimate, ok), worst.Instance)
	if ok {
		r.Warnings = append(r.Warnings, g.Warnings()...)
		r.Explain += g.Explain()
		if worst.Estimate.Value >= slow {
			r.raise(Notice, fmt.Sprintf("%s: p99 %s at %s.", title, Seconds.says(known(worst.Estimate, ok)), worst.Instance))
		}
	}
	counts := map[string]Amount{}
	for _, x := range g.Observations().Increases() {
		counts[x.Instance] = known(x.Estimate, true)
	}
	for name, d := range g.Distributions() {
		p.add(name, s.lost(name), cell(known(d.Quantile(.99))), cell(known(d.Quantile(.5))), cell(counts[name]))
	}
	p.silent(s)
	if !ok {
		p.Note = "None in the window, so there is no duration."
	}
	return p
}
