package fleets

import (
	"bytes"
	"encoding/gob"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/pmetric"

	"github.com/promfold/promfold/aggregate"
	"github.com/promfold/promfold/aggregate/otelcol/internal/pointtext"
)

const exemplary = "shop/a seconds hist 7..10 n=2 sum=4.5 1:1 min=0.5 max=4.0 ex=4.0\nshop/a requests sum 7..10 10"

// leafState returns what a leaf saved that took points in.
func leafState(t require.TestingT, text string) *Saved {
	s, err := New(DefaultConfig(), time.Unix(6, 0), time.Hour)
	require.NoError(t, err)
	md, err := pointtext.Read(text)
	require.NoError(t, err)
	require.Empty(t, s.Ingest(md, time.Unix(10, 0)).Refused)
	states, err := s.Save()
	require.NoError(t, err)
	require.Contains(t, states, "service.name=shop")
	return states["service.name=shop"]
}

func newRoot(t require.TestingT) *Set {
	s, err := New(DefaultConfig(), time.Unix(6, 0), time.Hour)
	require.NoError(t, err)
	return s
}

// The exemplars of a frame are metrics, of which a reader may not ask for what
// is not there.
func TestHostileExemplars(t *testing.T) {
	for what, make := range map[string]func(pmetric.Metric){
		"no type":   func(pmetric.Metric) {},
		"a sum":     func(m pmetric.Metric) { m.SetEmptySum().DataPoints().AppendEmpty() },
		"no series": func(m pmetric.Metric) { m.SetEmptyGauge().DataPoints().AppendEmpty().Exemplars().AppendEmpty() },
		"a text": func(m pmetric.Metric) {
			m.SetEmptyGauge().DataPoints().AppendEmpty().Attributes().PutStr(exemplarsKey, "seconds")
		},
		"a map": func(m pmetric.Metric) {
			m.SetEmptyGauge().DataPoints().AppendEmpty().Attributes().PutEmptyMap(exemplarsKey)
		},
	} {
		md := pmetric.NewMetrics()
		make(md.ResourceMetrics().AppendEmpty().ScopeMetrics().AppendEmpty().Metrics().AppendEmpty())
		b, err := new(pmetric.ProtoMarshaler).MarshalMetrics(md)
		require.NoError(t, err)
		requireRefused(t, what, func(x *frame) { x.Exemplars = b })
	}
	requireRefused(t, "no metrics", func(x *frame) { x.Exemplars = []byte("\xff") })
}

func requireRefused(t *testing.T, what string, change func(*frame)) {
	saved := leafState(t, exemplary)
	_, err := saved.Brief(time.Unix(10, 0))
	require.NoError(t, err)
	change(&saved.brief)
	head, err := saved.brief.head()
	require.NoError(t, err)
	root := newRoot(t)
	require.ErrorIs(t, root.SetPart("left", time.Unix(10, 0), slices.Concat(head, saved.state)), aggregate.ErrCorrupt, what)
	require.Empty(t, root.list(), what)
	require.Zero(t, root.Leaves(), what)
}

// Types of attributes that there are not are text.
func TestStrangeTypes(t *testing.T) {
	s := newShapes()
	s.learn(&frame{Attributes: map[string]int32{"a": 99, "b": -1, "c": int32(pcommon.ValueTypeMap)}})
	m := pcommon.NewMap()
	for _, key := range []string{"a", "b", "c"} {
		s.put(m, key, "1")
	}
	require.Equal(t, map[string]any{"a": "1", "b": "1", "c": "1"}, m.AsRaw())
}

// Whatever comes as a state is taken in or refused, and then the root answers as
// before. The checksum of the head fits, or nothing behind it would be read.
func FuzzSetPart(f *testing.F) {
	own, err := leafState(f, "shop/c requests sum 7..10 7").Brief(time.Unix(9, 0))
	require.NoError(f, err)
	for _, text := range []string{exemplary, "shop/b memory gauge 10 3\nshop/b d exp 7..10 n=3 sum=4.5 scale=1 zero=1 pos=-2:1,1"} {
		saved := leafState(f, text)
		_, err := saved.Brief(time.Unix(10, 0))
		require.NoError(f, err)
		head := new(bytes.Buffer)
		require.NoError(f, gob.NewEncoder(head).Encode(&saved.brief))
		f.Add(head.Bytes(), saved.state)
	}
	f.Fuzz(func(t *testing.T, head, state []byte) {
		root := newRoot(t)
		require.NoError(t, root.SetPart("right", time.Unix(11, 0), own))
		at := time.Unix(12, 0)
		before := pointtext.Write(root.Metrics(at, false))
		if root.SetPart("left", time.Unix(11, 0), append(framed(head), state...)) != nil {
			require.Equal(t, before, pointtext.Write(root.Metrics(at, false)))
			return
		}
		root.Metrics(at, false) // with the exemplars, which are not saved
		saved, err := root.Save()
		require.NoError(t, err)
		again := newRoot(t)
		for _, x := range saved {
			require.NoError(t, again.Load(x.Full()))
		}
		require.Equal(t, pointtext.Write(root.Metrics(at, false)), pointtext.Write(again.Metrics(at, false)))
		require.Equal(t, pointtext.Write(root.Metrics(at, true)), pointtext.Write(again.Metrics(at, true)))
	})
}
