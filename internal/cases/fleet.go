package cases

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"strings"
	"syscall"
	"time"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"google.golang.org/protobuf/encoding/protodelim"
	"google.golang.org/protobuf/encoding/prototext"

	"github.com/promfold/promfold/aggregate"
	"github.com/promfold/promfold/aggregate/catalogue"
	"github.com/promfold/promfold/counter"
)

// Fleet is the fleet of a case.
type Fleet struct {
	fleet *aggregate.Fleet
	views map[string]view // by selector
	now   time.Duration   // the latest time told
}

// view is one of its views; the others are nil.
type view struct {
	counter   *aggregate.CounterView
	gauge     *aggregate.GaugeView
	histogram *aggregate.HistogramView
}

var combines = map[string]aggregate.Combine{
	"sum": aggregate.Sum, "max": aggregate.Max, "min": aggregate.Min, "consensus": aggregate.Consensus,
	"leader": aggregate.Leader, "distinct": aggregate.Distinct,
}

var owners = map[string]counter.Owner{"process": counter.Process, "external": counter.External}

// failures are the errors of scrapes that failed.
var failures = map[string]error{
	"refused": &net.OpError{Op: "dial", Net: "tcp", Err: os.NewSyscallError("connect", syscall.ECONNREFUSED)},
	"timeout": &net.OpError{Op: "read", Net: "tcp", Err: os.ErrDeadlineExceeded},
}

// protobuf is the content type of scrapes with the word protobuf.
const protobuf = "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited"

// NewFleet returns the case's fleet with its views, before its steps.
func NewFleet(c *Case) (*Fleet, error) {
	config := aggregate.Config{Window: c.Window}
	if c.Since != nil {
		config.Since = Epoch.Add(*c.Since)
	}
	if c.Catalogue != "" {
		config.Catalogue = catalogue.Kubernetes().View
	}
	fleet, err := aggregate.NewFleet(config)
	if err != nil {
		return nil, err
	}
	f := &Fleet{fleet: fleet, views: make(map[string]view, len(c.Views))}
	for i := range c.Views {
		if err := f.declare(&c.Views[i]); err != nil {
			return nil, fmt.Errorf("view %s: %w", c.Views[i].Selector, err)
		}
	}
	return f, nil
}

// Fleet returns the fleet itself, for questions that no case asks.
func (f *Fleet) Fleet() *aggregate.Fleet { return f.fleet }

func (f *Fleet) declare(v *View) (err error) {
	full := aggregate.View{
		Select: v.Selector, By: v.By, Type: model.MetricType(v.Type), Combine: combines[v.Combine], Owner: owners[v.Owner],
	}
	var made view
	switch v.Kind {
	case "counter":
		made.counter, err = f.fleet.Counter(full)
	case "gauge":
		made.gauge, err = f.fleet.Gauge(full)
	case "histogram":
		made.histogram, err = f.fleet.Histogram(full)
	default:
		err = fmt.Errorf("unknown kind %q", v.Kind)
	}
	f.views[v.Selector] = made
	return err
}

// Tell carries out a step that is no question. A scrape that comes late, or for
// whose time another body was accepted, is no error: fleets are told such.
func (f *Fleet) Tell(s Step) error {
	switch s := s.(type) {
	case *Balanced:
		return f.fleet.Describe(Epoch.Add(f.now), aggregate.Target{Name: s.Target, Balanced: true, Expected: s.Expected})
	case *Expect:
		for _, name := range s.Targets {
			if err := f.fleet.Describe(Epoch.Add(f.now), aggregate.Target{Name: name}); err != nil {
				return err
			}
		}
		return nil
	case *Scrape:
		f.now = max(f.now, s.At)
		return f.scrape(s)
	case *Fail:
		f.now = max(f.now, s.At)
		return f.fleet.ScrapeFailed(s.Target, Epoch.Add(s.At), failures[s.How])
	case *Gone:
		f.now = max(f.now, s.At)
		f.fleet.Remove(Epoch.Add(s.At), s.Target)
		return nil
	}
	return fmt.Errorf("%T is nothing to tell", s)
}

func (f *Fleet) scrape(s *Scrape) error {
	at := Epoch.Add(s.At)
	if len(s.Labels) > 0 {
		b := labels.NewBuilder(labels.EmptyLabels())
		for _, l := range s.Labels {
			b.Set(l[0], l[1])
		}
		if err := f.fleet.Describe(at, aggregate.Target{Name: s.Target, Labels: b.Labels()}); err != nil {
			return err
		}
	}
	header := http.Header{}
	for _, h := range s.Header {
		header.Add(h[0], h[1])
	}
	body := []byte(s.Body)
	if s.Proto {
		header.Set("Content-Type", protobuf)
		var err error
		if body, err = delimited(s.Body); err != nil {
			return err
		}
	}
	_, err := f.fleet.Ingest(aggregate.Scrape{Target: s.Target, Time: at, Header: header, Body: body})
	if errors.Is(err, aggregate.ErrLate) || errors.Is(err, aggregate.ErrConflict) {
		return nil
	}
	return err
}

// delimited encodes metric families in text form, one on each line.
func delimited(text string) ([]byte, error) {
	var body bytes.Buffer
	for line := range strings.Lines(text) {
		var family dto.MetricFamily
		if err := prototext.Unmarshal([]byte(line), &family); err != nil {
			return nil, err
		}
		if _, err := protodelim.MarshalTo(&body, &family); err != nil {
			return nil, err
		}
	}
	return body.Bytes(), nil
}
