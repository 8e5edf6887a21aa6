// Package bench holds what promfold is measured against: the ways its users
// would otherwise go, each written as well as we can.
//
// How each is made fair is said beside it. All get the body in memory and keep
// buffers, symbol tables and caches from one scrape to the next, where their
// interfaces allow it. None pays for the garbage of another: the program in
// figures collects it between runs.
package bench

import (
	"bytes"
	"context"
	"io"
	"math"
	"slices"
	"strings"
	"time"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/histogram"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/textparse"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/tsdb/chunkenc"
	"github.com/prometheus/prometheus/tsdb/chunks"
	"github.com/prometheus/prometheus/util/annotations"
)

// Walk reads a body with textparse and looks at the values alone. It is the
// least that a program pays that lets textparse read. The body has room for the
// line feed that textparse appends, so that it need not copy it.
func Walk(body []byte, st *labels.SymbolTable) (sum float64, err error) {
	p := textparse.NewPromParser(body, st, false)
	for {
		entry, err := p.Next()
		if err != nil {
			return sum, eof(err)
		}
		if entry == textparse.EntrySeries {
			_, _, v := p.Series()
			sum += v
		}
	}
}

// WalkLabels is Walk that asks for the labels of each series too, into the same
// variable.
func WalkLabels(body []byte, st *labels.SymbolTable) (sum float64, err error) {
	p := textparse.NewPromParser(body, st, false)
	var ls labels.Labels
	for {
		entry, err := p.Next()
		if err != nil {
			return sum, eof(err)
		}
		if entry == textparse.EntrySeries {
			_, _, v := p.Series()
			p.Labels(&ls)
			sum += v
		}
	}
}

func eof(err error) error {
	if err == io.EOF {
		return nil
	}
	return err
}

// Families reads a body the way most Go programs do, into dto messages.
func Families(body []byte) (map[string]*dto.MetricFamily, error) {
	p := expfmt.NewTextParser(model.UTF8Validation)
	return p.TextToMetricFamilies(bytes.NewReader(body))
}

// Cache reads bodies of one target as the scrape loop of Prometheus does: the
// bytes of a series lead to what is known of it, and its labels are made only
// when they do not. Values and whether they changed are kept.
type Cache struct {
	refs map[string]*cached
	st   *labels.SymbolTable
	iter uint64
}

type cached struct {
	labels labels.Labels
	value  float64
	iter   uint64
	state  *counterState // of Columns
}

// NewCache returns an empty cache.
func NewCache() *Cache {
	return &Cache{refs: map[string]*cached{}, st: labels.NewSymbolTable()}
}

// Read reads a body and calls changed for the series whose value is not the one
// before.
func (c *Cache) Read(body []byte, changed func(s *cached, v float64, isNew bool)) error {
	p := textparse.NewPromParser(body, c.st, false)
	c.iter++
	for {
		entry, err := p.Next()
		if err != nil {
			return eof(err)
		}
		if entry != textparse.EntrySeries {
			continue
		}
		series, _, v := p.Series()
		s, ok := c.refs[string(series)]
		if !ok {
			s = &cached{value: math.NaN()}
			p.Labels(&s.labels)
			c.refs[string(series)] = s
		}
		s.iter = c.iter
		if !ok || math.Float64bits(s.value) != math.Float64bits(v) {
			if changed != nil {
				changed(s, v, !ok)
			}
			s.value = v
		}
	}
}

// Loop keeps grouped increases of a counter and of a histogram's buckets on top
// of a Cache, per target: what a program would write that knows the scrape loop
// of Prometheus. A series finds its group once, when it is new; then an increase
// is one subtraction and one addition. Series that a scrape does not hold are
// not looked for, restarts not told from resets, and nothing is exact, bounded
// or explained; so it does less than the fleet it is measured against.
type Loop struct {
	Counter   string // metric, and the labels to group by
	By        []string
	Histogram string // its family
	HistBy    []string

	targets map[string]*Cache
	groups  map[string]*group
	key     []byte
	now     int64
}

type group struct {
	total float64
	last  []point // one for each scrape in which it grew
}

type point struct {
	t int64
	v float64
}

type counterState struct{ group *group }

// NewLoop returns an empty one.
func NewLoop(counter string, by []string, hist string, histBy []string) *Loop {
	return &Loop{Counter: counter, By: by, Histogram: hist + "_bucket", HistBy: append(slices.Clone(histBy), "le"),
		targets: map[string]*Cache{}, groups: map[string]*group{}}
}

// Observe takes in one scrape.
func (l *Loop) Observe(target string, t int64, body []byte) error {
	c := l.targets[target]
	if c == nil {
		c = NewCache()
		l.targets[target] = c
	}
	l.now = t
	return c.Read(body, l.grow)
}

func (l *Loop) grow(s *cached, v float64, isNew bool) {
	if isNew {
		s.state = l.find(s.labels)
		return
	}
	if s.state == nil {
		return
	}
	step := v - s.value
	if v < s.value {
		step = v
	}
	g := s.state.group
	g.total += step
	if n := len(g.last); n > 0 && g.last[n-1].t == l.now {
		g.last[n-1].v = g.total
		return
	}
	if len(g.last) == 16 {
		copy(g.last, g.last[1:])
		g.last = g.last[:15]
	}
	g.last = append(g.last, point{l.now, g.total})
}

// find gives the group of a series that a view wants.
func (l *Loop) find(ls labels.Labels) *counterState {
	name := ls.Get(labels.MetricName)
	var by []string
	switch name {
	case l.Counter:
		by = l.By
	case l.Histogram:
		by = l.HistBy
	default:
		return nil
	}
	l.key = append(l.key[:0], name...)
	for _, b := range by {
		l.key = append(append(l.key, 0xff), ls.Get(b)...)
	}
	g := l.groups[string(l.key)]
	if g == nil {
		g = &group{}
		l.groups[string(l.key)] = g
	}
	return &counterState{group: g}
}

// Rates gives each group's increase per second over the window that ends now.
func (l *Loop) Rates(window int64, to func(key string, rate float64)) {
	for key, g := range l.groups {
		var before float64
		for _, p := range g.last {
			if p.t <= l.now-window {
				before = p.v
			}
		}
		to(key, (g.total-before)/float64(window)*1000)
	}
}

// Gateway merges pushed bodies as the popular aggregation gateway does: parse
// into families, and add each sample to the family's metric of the same labels,
// both in the order of labels.
type Gateway struct {
	families map[string]*mergedFamily
}

type mergedFamily struct {
	keys    []string
	metrics []*dto.Metric
	help    string
	kind    dto.MetricType
}

// NewGateway returns an empty one.
func NewGateway() *Gateway { return &Gateway{families: map[string]*mergedFamily{}} }

// Push parses a body and merges it in.
func (g *Gateway) Push(body []byte) error {
	families, err := Families(body)
	if err != nil {
		return err
	}
	for name, f := range families {
		in := &mergedFamily{help: f.GetHelp(), kind: f.GetType(), metrics: f.Metric}
		for _, m := range f.Metric {
			in.keys = append(in.keys, labelKey(m))
		}
		in.sort()
		if g.families[name] == nil {
			g.families[name] = in
			continue
		}
		g.families[name].merge(in)
	}
	return nil
}

func labelKey(m *dto.Metric) string {
	slices.SortFunc(m.Label, func(a, b *dto.LabelPair) int { return strings.Compare(a.GetName(), b.GetName()) })
	var b strings.Builder
	for _, l := range m.Label {
		b.WriteString(l.GetName())
		b.WriteByte(0xff)
		b.WriteString(l.GetValue())
		b.WriteByte(0xff)
	}
	return b.String()
}

func (f *mergedFamily) sort() {
	order := make([]int, len(f.keys))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return strings.Compare(f.keys[a], f.keys[b]) })
	keys, metrics := make([]string, len(order)), make([]*dto.Metric, len(order))
	for i, o := range order {
		keys[i], metrics[i] = f.keys[o], f.metrics[o]
	}
	f.keys, f.metrics = keys, metrics
}

// merge adds the metrics of another family, both being sorted.
func (f *mergedFamily) merge(in *mergedFamily) {
	keys := make([]string, 0, len(f.keys))
	metrics := make([]*dto.Metric, 0, len(f.keys))
	i := 0
	for j, k := range in.keys {
		for i < len(f.keys) && f.keys[i] < k {
			keys, metrics = append(keys, f.keys[i]), append(metrics, f.metrics[i])
			i++
		}
		m := in.metrics[j]
		if i < len(f.keys) && f.keys[i] == k {
			add(f.metrics[i], m)
			m = f.metrics[i]
			i++
		}
		keys, metrics = append(keys, k), append(metrics, m)
	}
	f.keys, f.metrics = append(keys, f.keys[i:]...), append(metrics, f.metrics[i:]...)
}

func add(a, b *dto.Metric) {
	switch {
	case a.Counter != nil && b.Counter != nil:
		*a.Counter.Value += b.Counter.GetValue()
	case a.Gauge != nil && b.Gauge != nil:
		*a.Gauge.Value += b.Gauge.GetValue()
	case a.Untyped != nil && b.Untyped != nil:
		*a.Untyped.Value += b.Untyped.GetValue()
	case a.Histogram != nil && b.Histogram != nil && len(a.Histogram.Bucket) == len(b.Histogram.Bucket):
		*a.Histogram.SampleCount += b.Histogram.GetSampleCount()
		*a.Histogram.SampleSum += b.Histogram.GetSampleSum()
		for i, bucket := range b.Histogram.Bucket {
			*a.Histogram.Bucket[i].CumulativeCount += bucket.GetCumulativeCount()
		}
	}
}

// Engine is the PromQL engine over series held in memory: no block, chunk or
// index has to be read, and a selector is answered by the metric's name from a
// map. It is asked instant queries that were parsed at each question, as its
// interface wants it; that is a small part of the time.
type Engine struct {
	engine *promql.Engine
	byName map[string][]*memSeries
	byKey  map[string]*memSeries
}

type memSeries struct {
	labels  labels.Labels
	samples []chunks.Sample
}

// NewEngine returns an engine without data.
func NewEngine() *Engine {
	return &Engine{
		engine: promql.NewEngine(promql.EngineOpts{MaxSamples: math.MaxInt, Timeout: time.Hour, Parser: parser.NewParser(parser.Options{})}),
		byName: map[string][]*memSeries{},
		byKey:  map[string]*memSeries{},
	}
}

// Append adds the samples of a body, with a label for the instance.
func (e *Engine) Append(instance string, t int64, body []byte) error {
	p := textparse.NewPromParser(slices.Clone(body), labels.NewSymbolTable(), false)
	var ls labels.Labels
	for {
		entry, err := p.Next()
		if err != nil {
			return eof(err)
		}
		if entry != textparse.EntrySeries {
			continue
		}
		series, _, v := p.Series()
		key := instance + "\xff" + string(series)
		s := e.byKey[key]
		if s == nil {
			p.Labels(&ls)
			b := labels.NewBuilder(ls)
			s = &memSeries{labels: b.Set("instance", instance).Labels()}
			e.byKey[key] = s
			name := ls.Get(labels.MetricName)
			e.byName[name] = append(e.byName[name], s)
		}
		s.samples = append(s.samples, floatSample{t, v})
	}
}

// Query evaluates an instant query and gives the number of its results.
func (e *Engine) Query(query string, t int64) (int, error) {
	q, err := e.engine.NewInstantQuery(context.Background(), e, nil, query, time.UnixMilli(t))
	if err != nil {
		return 0, err
	}
	defer q.Close()
	v, err := q.Exec(context.Background()).Vector()
	return len(v), err
}

// Querier implements storage.Queryable.
func (e *Engine) Querier(mint, maxt int64) (storage.Querier, error) {
	return &memQuerier{e: e, mint: mint, maxt: maxt}, nil
}

type memQuerier struct {
	storage.LabelQuerier
	e          *Engine
	mint, maxt int64
}

func (q *memQuerier) Close() error { return nil }

func (q *memQuerier) Select(_ context.Context, _ bool, _ *storage.SelectHints, ms ...*labels.Matcher) storage.SeriesSet {
	var name string
	for _, m := range ms {
		if m.Name == labels.MetricName {
			name = m.Value
		}
	}
	return &memSet{series: q.e.byName[name], at: -1}
}

type memSet struct {
	series []*memSeries
	at     int
}

func (s *memSet) Next() bool                        { s.at++; return s.at < len(s.series) }
func (s *memSet) Err() error                        { return nil }
func (s *memSet) Warnings() annotations.Annotations { return nil }

func (s *memSet) At() storage.Series {
	return storage.NewListSeries(s.series[s.at].labels, s.series[s.at].samples)
}

type floatSample struct {
	t int64
	v float64
}

func (s floatSample) T() int64                      { return s.t }
func (s floatSample) ST() int64                     { return 0 }
func (s floatSample) F() float64                    { return s.v }
func (s floatSample) H() *histogram.Histogram       { return nil }
func (s floatSample) FH() *histogram.FloatHistogram { return nil }
func (s floatSample) Type() chunkenc.ValueType      { return chunkenc.ValFloat }
func (s floatSample) Copy() chunks.Sample           { return s }

// WalkLabelsOf is WalkLabels for any format.
func WalkLabelsOf(p textparse.Parser) (sum float64, err error) {
	var ls labels.Labels
	for {
		entry, err := p.Next()
		if err != nil {
			return sum, eof(err)
		}
		if entry == textparse.EntrySeries {
			_, _, v := p.Series()
			p.Labels(&ls)
			sum += v
		}
	}
}
