package main

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"github.com/promfold/promfold/aggregate"
)

const (
	schedulerLeads  = `leader_election_master_status{name="kube-scheduler"}`
	controllerLeads = `leader_election_master_status{name="kube-controller-manager"}`
)

// pending is what waits in the scheduler. Only the leader works off its queues;
// a standby's are longer and mean nothing.
type pending struct{ queues *aggregate.GaugeView }

func newPending(d *declarer) question {
	q := &pending{d.gauge(aggregate.View{Select: "scheduler_pending_pods", By: []string{"queue"}, Combine: aggregate.Leader, Leader: schedulerLeads})}
	d.expose(func(e exposer) error {
		return e.Gauge("controlplane_pending_pods", "Pods that wait in the scheduler that leads, by queue.", q.queues)
	})
	return q
}

func (q *pending) row(m *moment) Row {
	r := Row{ID: "scheduler", Question: "What waits for the scheduler?", About: controllers}
	s := m.of(controllers)
	p := Panel{ID: "queues", Title: "Pods in the leader's queues", Chart: Stack, Key: "queue", Columns: []Column{{"pods", Count}}}
	total, leader := exactly(0), ""
	groups := s.gauges(q.queues)
	for _, g := range groups {
		r.from(g)
		v, who := s.led(g)
		if !v.Known {
			total.Known = false
			continue
		}
		leader, total = who, total.plus(v)
		p.add(g.Labels().Get("queue"), false, cell(v))
	}
	p.byKey()
	r.Panels = []Panel{p}
	switch {
	case len(groups) == 0:
	case !total.Known:
		r.figure("Pending pods", Count, Amount{}, "no leader")
		r.raise(Alarm, "No scheduler leads, or two do.")
	default:
		r.figure("Pending pods", Count, total, leader+" leads")
		r.raise(Fine, fmt.Sprintf("%s pods wait; %s leads.", Count.format(total), leader))
		for _, e := range p.Entries {
			if v := e.Cells[0].Amount.Value; e.Key == "unschedulable" && v > 0 {
				r.raise(Notice, fmt.Sprintf("%s pods fit on no node; %s leads.", Count.number(v), leader))
			}
		}
	}
	return r
}

// queues is what waits in the controllers: the leader's depth, and how long what
// was taken from them had waited.
type queues struct {
	depth       *aggregate.GaugeView
	adds, again *aggregate.CounterView
	wait, work  *aggregate.HistogramView
}

func newQueues(d *declarer) question {
	const here = `{component="controllers"}`
	by := []string{"name"}
	q := &queues{
		depth: d.gauge(aggregate.View{Select: "workqueue_depth" + here, By: by, Combine: aggregate.Leader, Leader: controllerLeads, Within: aggregate.Sum}),
		adds:  d.counter(aggregate.View{Select: "workqueue_adds_total" + here, By: by}),
		again: d.counter(aggregate.View{Select: "workqueue_retries_total" + here, By: by}),
		wait:  d.histogram(aggregate.View{Select: "workqueue_queue_duration_seconds" + here, By: by}),
		work:  d.histogram(aggregate.View{Select: "workqueue_work_duration_seconds" + here, By: by}),
	}
	d.expose(func(e exposer) error {
		return errors.Join(
			e.Gauge("controlplane_queue_depth", "What waits in the queues of the controller manager that leads.", q.depth),
			e.Counter("controlplane_queue_adds_total", "What was added to the controllers' queues.", q.adds),
			e.Histogram("controlplane_queue_wait_duration_seconds", "How long it waited there.", q.wait),
		)
	})
	return q
}

// A queue is behind if it is so long, or what it gave out waited so long.
const (
	queueLong  = 100
	queueSlow  = 10.0
	queueShown = 10
)

// queue is the work queue of a controller.
type queue struct{ depth, adds, again, wait, work Amount }

func (q *queues) row(m *moment) Row {
	r := Row{ID: "queues", Question: "Which controller is behind?", About: controllers}
	s := m.of(controllers)
	by := q.ask(s, &r)
	p := Panel{ID: "controllers", Title: "The leader's queues", Chart: Lines, Key: "controller",
		Columns: []Column{{"depth", Count}, {"p99 of the wait", Seconds}, {"p99 of the work", Seconds}, {"added", PerSecond}, {"retried", PerSecond}}}
	for name, x := range by {
		if x.depth.Hi > 0 || x.adds.Value > 0 {
			p.add(name, false, cell(x.depth), cell(x.wait), cell(x.work), cell(x.adds), cell(x.again))
		}
	}
	slices.SortFunc(p.Entries, func(a, b Entry) int {
		return cmp.Or(-cmp.Compare(a.Cells[0].Amount.Value, b.Cells[0].Amount.Value), -cmp.Compare(a.Cells[1].Amount.Value, b.Cells[1].Amount.Value), cmp.Compare(a.Key, b.Key))
	})
	p.cut(queueShown)
	r.Panels = []Panel{p}
	if len(p.Entries) == 0 {
		return r
	}
	top := p.Entries[0]
	depth := top.Cells[0].Amount
	longest := top.Key
	if depth.Known && depth.Value == 0 {
		longest = ""
	}
	r.figure("Longest queue", Count, depth, longest)
	slow := slices.MaxFunc(p.Entries, func(a, b Entry) int { return cmp.Compare(a.Cells[1].Amount.Value, b.Cells[1].Amount.Value) })
	r.figure("Longest wait, p99", Seconds, slow.Cells[1].Amount, slow.Key)
	switch {
	case !depth.Known:
		r.raise(Alarm, "No controller manager leads, or two do: the depth of the queues is unknown.")
	case depth.Value >= queueLong:
		r.raise(Notice, fmt.Sprintf("%s items wait in %s.", Count.format(depth), top.Key))
	case slow.Cells[1].Amount.Value >= queueSlow:
		r.raise(Notice, fmt.Sprintf("What %s works on had waited %s.", slow.Key, Seconds.says(slow.Cells[1].Amount)))
	case depth.Value == 0:
		r.raise(Fine, fmt.Sprintf("No queue holds anything; the longest wait, p99, is %s in %s.", Seconds.says(slow.Cells[1].Amount), slow.Key))
	default:
		r.raise(Fine, fmt.Sprintf("The longest queue holds %s items; the longest wait, p99, is %s in %s.", Count.format(depth), Seconds.says(slow.Cells[1].Amount), slow.Key))
	}
	return r
}

// ask asks all views, and joins their groups by the queue's name.
func (q *queues) ask(s *scope, r *Row) map[string]*queue {
	by := map[string]*queue{}
	at := func(g aggregate.Group) *queue {
		name := g.Labels().Get("name")
		if by[name] == nil {
			by[name] = &queue{}
		}
		r.Warnings = append(r.Warnings, g.Warnings()...)
		return by[name]
	}
	for i, g := range s.gauges(q.depth) {
		at(g).depth, _ = s.led(g)
		r.Coverage = g.Coverage().String()
		if i == 0 {
			r.Explain = g.Explain()
		}
	}
	for _, g := range s.counters(q.adds) {
		at(g).adds = s.rate(g)
	}
	for _, g := range s.counters(q.again) {
		at(g).again = s.rate(g)
	}
	for _, g := range s.histograms(q.wait) {
		at(g).wait = known(g.Quantile(.99))
	}
	for _, g := range s.histograms(q.work) {
		at(g).work = known(g.Quantile(.99))
	}
	return by
}
